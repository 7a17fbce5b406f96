"""KMS keys that queues and topics are encrypted with: whether there is such a key and it can be used."""

from __future__ import annotations

from netflux.controlplane.call import Caller
from netflux.errors import AwsError

_STATES = {"Disabled": "Disabled"}


async def check(apis: Caller, key: str, prefix: str) -> None:
    """Raises an AwsError unless the key is there, enabled and symmetric.

    Args:
        apis: KMS is asked through them.
        key: as a queue or topic has it; `alias/aws/…` are the account's own and always there.
        prefix: of the service's error codes, `Kms` or `KMS`.
    """
    if not key or key.rpartition(":")[2].startswith("alias/aws/"):
        return
    try:
        found = (await apis.call("kms", "DescribeKey", {"KeyId": key}))["KeyMetadata"]
    except AwsError as error:
        raise AwsError(f"{prefix}NotFound", f"The key {key} is not there ({error.message}). Choose another.") from error
    state = str(found.get("KeyState"))
    if state != "Enabled":
        code = f"{prefix}{_STATES.get(state, 'InvalidState')}"
        raise AwsError(code, f"The key {found['Arn']} is {state}. Enable it, or cancel its deletion.")
    if found.get("KeySpec") != "SYMMETRIC_DEFAULT":
        raise AwsError(f"{prefix}InvalidState", f"The key {found['Arn']} is no symmetric encryption key.")
