"""The operations of Parameter Store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.ssm import keys
from netflux.aws.ssm.label import LabelOperations
from netflux.aws.ssm.listing import ListOperations
from netflux.aws.ssm.parameter import ParameterOperations
from netflux.aws.ssm.tag import TagOperations
from netflux.controlplane.call import Call
from netflux.resources.ssm import SECURE


class SsmApi(ParameterOperations, ListOperations, LabelOperations, TagOperations):
    """Handlers of Parameter Store; the rest of Systems Manager is refused by name."""

    service = "ssm"
    whole = True

    async def precheck(self, call: Call, params: Mapping[str, Any]) -> None:
        """InvalidKeyId where a SecureString's key can't be used: KMS is asked before the transaction begins."""
        if call.operation != "PutParameter":
            return
        before = self.kept.find(params["Name"].strip()) if params.get("Overwrite") else None
        kind = params.get("Type") or (before.current.type if before is not None else "")
        key = params.get("KeyId") or (before.current.key if before is not None else "")
        if kind == SECURE and key:
            await keys.check(self.apis, key)
