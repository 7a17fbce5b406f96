"""Whether a KMS key can encrypt what a service keeps."""

from __future__ import annotations

from netflux.controlplane.call import Caller
from netflux.errors import AwsError


async def unusable(apis: Caller, key: str) -> str:
    """Why a customer managed key can't be used; nothing when it can.

    Args:
        key: id, ARN or alias.
    """
    return (await _looked_at(apis, key))[1]


async def check(apis: Caller, key: str, prefix: str) -> None:
    """Raises an AwsError unless the key of a queue or topic can be used.

    Args:
        apis: KMS is asked through them.
        key: as a queue or topic has it; `alias/aws/…` are the account's own and always there.
        prefix: of the service's error codes, `Kms` or `KMS`.
    """
    if not key or key.rpartition(":")[2].startswith("alias/aws/"):
        return
    state, why = await _looked_at(apis, key)
    if not state:
        raise AwsError(f"{prefix}NotFound", f"The key {key} is not there ({why}). Choose another.")
    if why:
        code = f"{prefix}{'Disabled' if state == 'Disabled' else 'InvalidState'}"
        raise AwsError(code, f"The key {key} can't be used: {why}. Enable it, or choose another.")


async def _looked_at(apis: Caller, key: str) -> tuple[str, str]:
    """The key's state, empty where there is none, and why it can't be used, empty where it can."""
    try:
        found = (await apis.call("kms", "DescribeKey", {"KeyId": key}))["KeyMetadata"]
    except AwsError as error:
        return "", f"{error.code}: {error.message}".rstrip(".")
    state = str(found.get("KeyState"))
    if state != "Enabled":
        return state, f"it is {state}"
    return state, "" if found.get("KeySpec") == "SYMMETRIC_DEFAULT" else "it is no symmetric encryption key"
