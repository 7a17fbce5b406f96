"""Macros: transforms that functions are ("Create a CloudFormation macro definition", User Guide)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netflux.cloudformation.syntax import LIMITS, malformed
from netflux.cloudformation.transforms.calls import Untransformed
from netflux.cloudformation.types.table import Caller
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema
from netflux.decoding import json as json_text
from netflux.decoding.limits import Malformed
from netflux.errors import AwsError

SERVICE = "netflux-macro"
"""The name by which the row of AWS::CloudFormation::Macro calls this one; no client can."""


@dataclass(frozen=True)
class Macro:
    """A macro's name and its function, by name or ARN."""

    name: str
    function: str
    description: str = ""


MACRO = Schema("cloudformation/macro", Macro, lambda one: one.name)


@dataclass(frozen=True)
class Fragment:
    """What a macro is given.

    Attributes:
        value: the template, or the members beside Fn::Transform.
        parameters: of the call.
        values: of the template's parameters.
    """

    value: Any
    parameters: Mapping[str, Any]
    values: Mapping[str, Any]


class Macros:
    """The account's macros.

    Args:
        place: account and region.
    """

    def __init__(self, documents: Documents, place: tuple[str, str]) -> None:
        self._documents = documents
        self._table = documents.table(MACRO)
        self._account, self._region = place

    async def call(self, _caller: Caller, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Put, Describe and Delete, for the engine."""
        name = params["Name"]
        with self._documents.transaction():
            if operation == "Put":
                self._table.put(Macro(name, params["FunctionName"], params.get("Description", "")))
            elif operation == "Delete":
                self._table.delete(name)
        found = self._table.get(name)
        return {} if found is None else {"Macro": {"Name": found.name, "FunctionName": found.function}}

    async def run(self, call: Caller, name: str, fragment: Fragment) -> Any:
        """What the macro makes of the fragment. Raises Untransformed with its reason when it makes nothing."""
        own, _, short = name.rpartition("::")
        macro = self._table.get(short) if own in ("", self._account) else None
        named = f"{own or self._account}::{short}"
        if macro is None:
            raise Untransformed(f"No transform named {named} found.")
        event = {
            "region": self._region,
            "accountId": self._account,
            "fragment": fragment.value,
            "transformId": named,
            "params": fragment.parameters,
            "requestId": str(uuid.uuid4()),
            "templateParameterValues": fragment.values,
        }
        asked = {"FunctionName": macro.function, "Payload": json.dumps(event).encode()}
        try:
            answer = await call("lambda", "Invoke", asked)
        except AwsError as error:
            raise Untransformed(f"Transform {named} failed with: {error.message}") from error
        said = _read(answer.get("Payload"))
        if answer.get("FunctionError") or not isinstance(said, dict) or said.get("requestId") != event["requestId"]:
            raise Untransformed(f"Received malformed response from transform {named}")
        if str(said.get("status", "")).lower() != "success":
            reason = said.get("errorMessage")
            told = f"failed with: {reason}" if reason else "failed without an error message."
            raise Untransformed(f"Transform {named} {told}")
        if "fragment" not in said:
            raise Untransformed(f"Received malformed response from transform {named}")
        return said["fragment"]


def _read(payload: Any) -> Any:
    data = payload.read() if hasattr(payload, "read") else payload or b""
    try:
        return json_text.decode(bytes(data), LIMITS)
    except Malformed:
        return None


def as_template(value: Any) -> dict[str, Any]:
    """What a macro made of a whole template."""
    if not isinstance(value, dict):
        raise malformed("unsupported structure.")
    return value
