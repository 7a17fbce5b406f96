"""Object lock: what protects a version is asked at each deletion and change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from netflux.aws.s3 import retention
from netflux.errors import AwsError
from netflux.resources.s3objects import Description, Retention
from tests.aws.s3.conftest import Running
from tests.aws.s3.test_service import in_thread, refused

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SOON, LATER = NOW + timedelta(days=1), NOW + timedelta(days=9)


def _held(mode: str, until: datetime = SOON) -> Retention:
    return Retention(mode, until)


@pytest.mark.parametrize(
    ("before", "after", "bypass", "allowed"),
    [
        (None, _held("COMPLIANCE"), False, True),
        (_held("GOVERNANCE"), _held("GOVERNANCE", LATER), False, True),
        (_held("GOVERNANCE", LATER), _held("GOVERNANCE"), False, False),
        (_held("GOVERNANCE", LATER), _held("GOVERNANCE"), True, True),
        (_held("GOVERNANCE"), None, False, False),
        (_held("GOVERNANCE"), None, True, True),
        (_held("GOVERNANCE"), _held("COMPLIANCE", LATER), False, False),
        (_held("COMPLIANCE"), _held("COMPLIANCE", LATER), False, True),
        (_held("COMPLIANCE", LATER), _held("COMPLIANCE"), True, False),
        (_held("COMPLIANCE"), _held("GOVERNANCE", LATER), True, False),
        (_held("COMPLIANCE", NOW - timedelta(days=1)), None, False, True),
    ],
)
def test_a_retention_is_only_made_longer(
    before: Retention | None, after: Retention | None, bypass: bool, allowed: bool
) -> None:
    if allowed:
        retention.check_change(before, after, NOW, bypass=bypass)
    else:
        with pytest.raises(AwsError, match="AccessDenied"):
            retention.check_change(before, after, NOW, bypass=bypass)


@pytest.mark.parametrize(
    ("held", "bypass", "allowed"),
    [
        (Description(), False, True),
        (Description(retention=_held("GOVERNANCE")), False, False),
        (Description(retention=_held("GOVERNANCE")), True, True),
        (Description(retention=_held("COMPLIANCE")), True, False),
        (Description(retention=_held("COMPLIANCE", NOW)), False, True),
        (Description(legal_hold="ON"), True, False),
        (Description(legal_hold="OFF"), False, True),
    ],
)
def test_a_locked_version_is_not_deleted(held: Description, bypass: bool, allowed: bool) -> None:
    if allowed:
        retention.check_delete(held, NOW, bypass=bypass)
    else:
        with pytest.raises(AwsError, match="AccessDenied"):
            retention.check_delete(held, NOW, bypass=bypass)


def _locked(s3: Running, **rule: Any) -> Any:
    client = s3.client()
    client.create_bucket(Bucket="things", ObjectLockEnabledForBucket=True)
    if rule:
        client.put_object_lock_configuration(
            Bucket="things",
            ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": rule}},
        )
    return client


@in_thread
def test_the_default_retention_protects_each_new_version_and_no_marker(s3: Running) -> None:
    client = _locked(s3, Mode="GOVERNANCE", Days=2)
    version = client.put_object(Bucket="things", Key="k", Body=b"x")["VersionId"]
    named = {"Bucket": "things", "Key": "k", "VersionId": version}
    until = client.get_object_retention(**named)["Retention"]["RetainUntilDate"]
    assert timedelta(days=1.9) < until - datetime.now(UTC) < timedelta(days=2.1)
    assert refused(client.delete_object, **named) == "AccessDenied"
    told = client.delete_objects(
        Bucket="things", Delete={"Objects": [{"Key": "k", "VersionId": version}, {"Key": "other"}]}
    )
    assert [one["Code"] for one in told["Errors"]] == ["AccessDenied"]
    marker = client.delete_object(Bucket="things", Key="k")["VersionId"]
    client.delete_object(Bucket="things", Key="k", VersionId=marker)
    client.delete_object(**named, BypassGovernanceRetention=True)
    assert refused(client.get_object, **named) == "NoSuchVersion"


@in_thread
def test_a_legal_hold_holds_until_it_is_taken_off(s3: Running) -> None:
    client = _locked(s3)
    made = client.put_object(Bucket="things", Key="k", Body=b"x", ObjectLockLegalHoldStatus="ON")
    named = {"Bucket": "things", "Key": "k", "VersionId": made["VersionId"]}
    assert refused(client.delete_object, **named, BypassGovernanceRetention=True) == "AccessDenied"
    client.put_object_legal_hold(**named, LegalHold={"Status": "OFF"})
    client.delete_object(**named)


@in_thread
def test_a_bucket_with_object_lock_keeps_its_versioning(s3: Running) -> None:
    client = _locked(s3)
    status = {"Status": "Suspended"}
    assert refused(client.put_bucket_versioning, Bucket="things", VersioningConfiguration=status) == (
        "InvalidBucketState"
    )
    client.create_bucket(Bucket="plain")
    rule = {"ObjectLockEnabled": "Enabled"}
    assert refused(client.put_object_lock_configuration, Bucket="plain", ObjectLockConfiguration=rule) == (
        "InvalidBucketState"
    )
    client.put_object(Bucket="plain", Key="k", Body=b"x")
    assert refused(client.get_object_retention, Bucket="plain", Key="k") == "InvalidRequest"
    assert refused(client.get_object_lock_configuration, Bucket="plain") == "ObjectLockConfigurationNotFoundError"
