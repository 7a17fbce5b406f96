"""When objects expire: what rules say, which rules are taken, and what a pass does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.s3.api import S3Api
from netflux.aws.s3.lifecycle import expiry, rules
from netflux.aws.s3.lifecycle.controller import LifecycleController
from netflux.aws.s3.lifecycle.expiry import Aged
from netflux.clock import Clock
from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.call import Call
from netflux.errors import AwsError
from netflux.resources.s3 import Bucket
from netflux.resources.s3objects import Content, Description, Version
from tests.aws.s3.conftest import ACCOUNT, REGION, open_service

BORN = datetime(2026, 3, 1, 15, tzinfo=UTC)
CALL = Call("s3", "", REGION, ACCOUNT)
OBJECT = Version("bbb", "logs/a", "null", 1, BORN, Description(tags={"t": "v"}), Content(200_000, '"0"', "f"))


def _bucket(*given: Mapping[str, Any], **more: Any) -> Bucket:
    lifecycle = {"Rules": rules.kept({"Rules": [{"Status": "Enabled", **rule} for rule in given]}), **more}
    return Bucket("bbb", REGION, BORN, lifecycle=lifecycle)


def _rule(**given: Any) -> dict[str, Any]:
    return {"ID": "r", "Filter": {}, **given}


DAYS = {"Expiration": {"Days": 3}}
LATER = datetime(2026, 3, 5, tzinfo=UTC)
"""Three days after BORN, at the next midnight."""


@pytest.mark.parametrize(
    ("rule", "moment"),
    [
        (_rule(**DAYS), LATER),
        (_rule(Expiration={"Date": datetime(2027, 1, 1, tzinfo=UTC)}), datetime(2027, 1, 1, tzinfo=UTC)),
        (_rule(**DAYS, Filter={"Prefix": "logs/"}), LATER),
        (_rule(**DAYS, Filter={"Prefix": "other/"}), None),
        (_rule(**DAYS, Filter={"Tag": {"Key": "t", "Value": "v"}}), LATER),
        (_rule(**DAYS, Filter={"Tag": {"Key": "t", "Value": "w"}}), None),
        (_rule(**DAYS, Filter={"ObjectSizeGreaterThan": 199_999}), LATER),
        (_rule(**DAYS, Filter={"ObjectSizeGreaterThan": 200_000}), None),
        (_rule(**DAYS, Filter={"ObjectSizeLessThan": 200_000}), None),
        (_rule(**DAYS, Filter={"And": {"Prefix": "logs/", "Tags": [{"Key": "t", "Value": "v"}]}}), LATER),
        (_rule(**DAYS, Status="Disabled"), None),
        (_rule(NoncurrentVersionExpiration={"NoncurrentDays": 1}), None),
    ],
)
def test_a_current_version_expires_by_the_rules_that_are_for_it(rule: dict[str, Any], moment: datetime | None) -> None:
    found = expiry.expires(_bucket(rule), Aged(OBJECT, BORN))
    assert found == (None if moment is None else (moment, "r"))


def test_the_earliest_of_several_rules_counts_and_is_foretold() -> None:
    bucket = _bucket(_rule(**DAYS), {**_rule(Expiration={"Days": 1}), "ID": "so on"})
    told = 'expiry-date="Tue, 03 Mar 2026 00:00:00 GMT", rule-id="so%20on"'
    assert expiry.foretold(bucket, OBJECT, BORN) == told


def test_noncurrent_versions_expire_but_for_the_newest_of_them() -> None:
    bucket = _bucket(_rule(NoncurrentVersionExpiration={"NoncurrentDays": 3, "NewerNoncurrentVersions": 2}))
    aged = Aged(OBJECT, BORN - timedelta(days=90), BORN, newer=1)
    assert expiry.expires(bucket, aged) is None
    assert expiry.expires(bucket, replace(aged, newer=2)) == (LATER, "r")


def test_a_delete_marker_expires_when_nothing_is_behind_it() -> None:
    marker = replace(OBJECT, content=None)
    for rule in (_rule(Expiration={"ExpiredObjectDeleteMarker": True}), _rule(**DAYS)):
        assert expiry.expires(_bucket(rule), Aged(marker, BORN, alone=False)) is None
        assert expiry.expires(_bucket(rule), Aged(marker, BORN)) is not None


def test_a_version_moves_down_to_the_class_that_is_due() -> None:
    bucket = _bucket(
        _rule(Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 60, "StorageClass": "GLACIER"}])
    )
    found = [expiry.moves(bucket, Aged(OBJECT, BORN), BORN + timedelta(days=days)) for days in (29, 32, 62)]
    assert found == [None, "STANDARD_IA", "GLACIER"]
    small = replace(OBJECT, content=Content(100, '"0"', "f"))
    assert expiry.moves(bucket, Aged(small, BORN), BORN + timedelta(days=62)) is None
    varies = replace(bucket, lifecycle={**bucket.lifecycle, "TransitionDefaultMinimumObjectSize": expiry.VARIES})
    assert expiry.moves(varies, Aged(small, BORN), BORN + timedelta(days=62)) == "GLACIER"
    cold = replace(OBJECT, description=Description(storage_class="GLACIER"))
    assert expiry.moves(bucket, Aged(cold, BORN), BORN + timedelta(days=32)) is None


class Calendar(Clock):
    """A clock that a test sets forward."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


async def _begun(state: Path, **bucket: Any) -> tuple[S3Api, LifecycleController, Calendar]:
    api, _, _ = open_service(state, Keys())
    clock = Calendar()
    api.clock = clock
    await api.create_bucket(CALL, {"Bucket": "bbb", **bucket})
    return api, LifecycleController(api.store, clock), clock


async def _pass(controller: LifecycleController, clock: Calendar, days: int) -> None:
    clock.ahead += timedelta(days=days)
    await controller.reconcile("bbb")


async def _rules(api: S3Api, *given: dict[str, Any]) -> None:
    request = {"Bucket": "bbb", "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", **one} for one in given]}}
    await api.put_bucket_lifecycle_configuration(CALL, request)


async def test_a_pass_removes_what_is_due_and_its_body(tmp_path: Path) -> None:
    api, controller, clock = await _begun(tmp_path)
    await _rules(api, _rule(Expiration={"Days": 2}, Filter={"Prefix": "logs/"}))
    for key in ("logs/a", "kept"):
        await api.put_object(CALL, {"Bucket": "bbb", "Key": key, "Body": b"x"})
    assert await controller.keys() == ["bbb"]
    await _pass(controller, clock, 1)
    assert [*api.store.index.listed("bbb")] == ["kept", "logs/a"]
    await _pass(controller, clock, 2)
    assert [*api.store.index.listed("bbb")] == ["kept"]
    assert len([*(tmp_path / "objects").iterdir()]) == 1
    result = await controller.reconcile("bbb")
    assert 0 < (result.requeue_after or 0) <= 86_401


async def test_with_versioning_an_object_gets_a_marker_and_both_go_in_their_time(tmp_path: Path) -> None:
    api, controller, clock = await _begun(tmp_path)
    await api.put_bucket_versioning(CALL, {"Bucket": "bbb", "VersioningConfiguration": {"Status": "Enabled"}})
    await _rules(
        api,
        _rule(Expiration={"Days": 2}),
        {**_rule(NoncurrentVersionExpiration={"NoncurrentDays": 5}), "ID": "old"},
        {**_rule(Expiration={"ExpiredObjectDeleteMarker": True}), "ID": "markers"},
    )
    await api.put_object(CALL, {"Bucket": "bbb", "Key": "k", "Body": b"x"})
    await _pass(controller, clock, 3)
    assert [version.content is None for version in api.store.stack("bbb", "k")] == [True, False]
    await _pass(controller, clock, 6)
    await _pass(controller, clock, 1)
    assert api.store.stack("bbb", "k") == []


async def test_a_locked_version_stays(tmp_path: Path) -> None:
    api, controller, clock = await _begun(tmp_path, ObjectLockEnabledForBucket=True)
    await _rules(api, _rule(Expiration={"Days": 1}, NoncurrentVersionExpiration={"NoncurrentDays": 1}))
    hold = {"ObjectLockLegalHoldStatus": "ON"}
    await api.put_object(CALL, {"Bucket": "bbb", "Key": "k", "Body": b"x", **hold})
    for _ in range(4):
        await _pass(controller, clock, 5)
    assert [version.content is None for version in api.store.stack("bbb", "k")] == [True, False]


async def test_an_upload_that_nobody_completes_is_ended(tmp_path: Path) -> None:
    api, controller, clock = await _begun(tmp_path)
    await _rules(api, _rule(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 2}))
    told = await api.create_multipart_upload(CALL, {"Bucket": "bbb", "Key": "k"})
    assert told["AbortRuleId"] == "r"
    await api.upload_part(
        CALL, {"Bucket": "bbb", "Key": "k", "UploadId": told["UploadId"], "PartNumber": 1, "Body": b"x"}
    )
    await _pass(controller, clock, 1)
    assert len(api.store.uploads) == 1
    await _pass(controller, clock, 3)
    assert (len(api.store.uploads), len(api.store.parts)) == (0, 0)
    assert [*(tmp_path / "objects").iterdir()] == []


async def test_an_archived_object_says_its_class_and_is_not_read(tmp_path: Path) -> None:
    api, controller, clock = await _begun(tmp_path)
    await _rules(api, _rule(Transitions=[{"Days": 1, "StorageClass": "GLACIER"}], Filter={"ObjectSizeGreaterThan": 0}))
    await api.put_object(CALL, {"Bucket": "bbb", "Key": "k", "Body": b"x"})
    await _pass(controller, clock, 3)
    assert (await api.head_object(CALL, {"Bucket": "bbb", "Key": "k"}))["StorageClass"] == "GLACIER"
    with pytest.raises(AwsError, match="InvalidObjectState"):
        await api.get_object(CALL, {"Bucket": "bbb", "Key": "k"})


def test_simulated_time_passes_at_the_clocks_speed() -> None:
    clock = Clock(speed=86_400)
    moment = clock.now() - timedelta(seconds=2)
    assert timedelta(days=1.9) < clock.calendar() - expiry.begun(moment, clock) < timedelta(days=2.2)
