"""KMS: keys and their aliases."""

from __future__ import annotations

from typing import Any

from netflux.cloudformation.shape import text
from netflux.cloudformation.types.table import Facts, Read, Row, Step, Tagging

_GONE = ("NotFoundException",)
_WINDOW = 30
_TAG = {"Key": "TagKey", "Value": "TagValue"}


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


def _rotation(facts: Facts) -> list[dict[str, Any]]:
    if not _true(facts.new.get("EnableKeyRotation", False)):
        return []
    days = facts.new.get("RotationPeriodInDays")
    return [{"KeyId": facts.id, **({"RotationPeriodInDays": int(days)} if days else {})}]


def _no_rotation(facts: Facts) -> list[dict[str, Any]]:
    """A key that never rotated is not asked: some kinds can't."""
    before = _true(facts.old.get("EnableKeyRotation", False))
    return [{"KeyId": facts.id}] if before and not _true(facts.new.get("EnableKeyRotation", False)) else []


def _enabled(facts: Facts) -> list[dict[str, Any]]:
    return [{"KeyId": facts.id}] if facts.old and _true(facts.new.get("Enabled", True)) else []


def _disabled(facts: Facts) -> list[dict[str, Any]]:
    return [] if _true(facts.new.get("Enabled", True)) else [{"KeyId": facts.id}]


def _policy(facts: Facts) -> list[dict[str, Any]]:
    return [{"KeyId": facts.id, "PolicyName": "default", "Policy": text(facts.new["KeyPolicy"])}]


def _window(facts: Facts) -> list[dict[str, Any]]:
    return [{"KeyId": facts.id, "PendingWindowInDays": int(facts.new.get("PendingWindowInDays", _WINDOW))}]


_KEY = Row(
    type="AWS::KMS::Key",
    service="kms",
    create=Step(
        "CreateKey",
        ("BypassPolicyLockoutSafetyCheck", "Description", "KeyPolicy", "KeySpec", "KeyUsage", "MultiRegion", "Origin",
         "Tags"),
        renames={"KeyPolicy": "Policy", **_TAG},
    ),
    id="$response.KeyMetadata.KeyId",
    read=Read("DescribeKey", {"KeyId": "$id"}, "$response.KeyMetadata"),
    attributes={"Arn": "$item.Arn", "KeyId": "$id"},
    also=(
        Step("EnableKey", ("Enabled",), build=_enabled, defaults={"Enabled": True}),
        Step(
            "EnableKeyRotation",
            ("EnableKeyRotation", "RotationPeriodInDays"),
            build=_rotation,
            defaults={"EnableKeyRotation": False, "RotationPeriodInDays": 365},
        ),
        Step("DisableKeyRotation", ("EnableKeyRotation",), build=_no_rotation, defaults={"EnableKeyRotation": False}),
        Step("DisableKey", ("Enabled",), build=_disabled, defaults={"Enabled": True}),
    ),
    update=(
        Step("UpdateKeyDescription", ("Description",), params={"KeyId": "$id"}, defaults={"Description": ""}),
        Step("PutKeyPolicy", ("KeyPolicy",), build=_policy),
    ),
    consumed=("PendingWindowInDays", "BypassPolicyLockoutSafetyCheck"),
    delete=(Step("ScheduleKeyDeletion", build=_window, ignore=("KMSInvalidStateException",)),),
    gone=_GONE,
    tags=Tagging("TagResource", "UntagResource", {"KeyId": "$id"}, renames=_TAG),
)  # fmt: skip

_ALIAS = Row(
    type="AWS::KMS::Alias",
    service="kms",
    create=Step("CreateAlias", ("AliasName", "TargetKeyId")),
    id="$new.AliasName",
    probe=Read("DescribeKey", {"KeyId": "$new.AliasName"}, "$response.KeyMetadata.KeyId"),
    update=(Step("UpdateAlias", ("TargetKeyId",), params={"AliasName": "$id"}),),
    delete=(Step("DeleteAlias", params={"AliasName": "$id"}),),
    gone=_GONE,
)

ROWS = (_KEY, _ALIAS)
