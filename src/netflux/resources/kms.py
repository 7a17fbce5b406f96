"""Whether a KMS key can encrypt what a service keeps."""

from __future__ import annotations

from netflux.controlplane.call import Caller
from netflux.errors import AwsError


async def unusable(apis: Caller, key: str) -> str:
    """Why a customer managed key can't be used; nothing when it can.

    Args:
        key: id, ARN or alias.
    """
    try:
        found = (await apis.call("kms", "DescribeKey", {"KeyId": key}))["KeyMetadata"]
    except AwsError as error:
        return f"{error.code}: {error.message}".rstrip(".")
    if found.get("KeyState") != "Enabled":
        return f"it is {found.get('KeyState')}"
    if found.get("KeySpec") != "SYMMETRIC_DEFAULT":
        return "it is no symmetric encryption key"
    return ""
