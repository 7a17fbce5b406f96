"""The operations of Parameter Store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netflux.aws.ssm import keys, names
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
    prechecked = frozenset(["GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory"])

    async def precheck(self, call: Call, params: Mapping[str, Any]) -> None:
        """InvalidKeyId where a customer managed key that the call needs can't be used. KMS is asked before the
        transaction begins.
        """
        needed = {
            "PutParameter": self._encrypting, "GetParameter": self._read, "GetParameters": self._read,
            "GetParametersByPath": self._read_below, "GetParameterHistory": self._recalled,
        }.get(call.operation)  # fmt: skip
        if needed is not None:
            for key in {key for key in needed(call, params) if key}:
                await keys.check(self.apis, key)

    def _encrypting(self, _call: Call, params: Mapping[str, Any]) -> Iterator[str]:
        before = self.kept.find(params["Name"].strip()) if params.get("Overwrite") else None
        kind = params.get("Type") or (before.current.type if before is not None else "")
        if kind == SECURE:
            yield keys.own(params.get("KeyId") or (before.current.key if before is not None else ""))

    def _read(self, call: Call, params: Mapping[str, Any]) -> Iterator[str]:
        if not params.get("WithDecryption"):
            return
        for text in params.get("Names") or [params["Name"]]:
            wanted = names.wanted(text, call.account, call.region)
            parameter = self.kept.find(wanted.name)
            if parameter is not None:
                yield (self.selected(parameter, wanted.selector) or parameter.current).key

    def _read_below(self, _call: Call, params: Mapping[str, Any]) -> Iterator[str]:
        if params.get("WithDecryption"):
            for parameter in self.kept.under(params["Path"], recursive=params.get("Recursive", False)):
                yield parameter.current.key

    def _recalled(self, _call: Call, params: Mapping[str, Any]) -> Iterator[str]:
        parameter = self.kept.find(params["Name"].strip())
        if parameter is not None and params.get("WithDecryption"):
            for version in self.kept.of(parameter):
                yield version.key
