"""The operations on stack policies, and the policies that come with others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.cloudformation import stackpolicy
from netflux.cloudformation.fetched import fetched
from netflux.cloudformation.reading import Reading
from netflux.cloudformation.types.table import Caller
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

SHOWN = "StackPolicy"
"""Where a stack keeps its policy's text."""
DURING = "StackPolicyDuringUpdate"


async def given(call: Caller, request: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a request's policies, by StackPolicy and StackPolicyDuringUpdate. Raises AwsError for none."""
    found: dict[str, str] = {}
    for name in (SHOWN, DURING):
        body, url = request.get(f"{name}Body"), request.get(f"{name}URL")
        if body and url:
            raise AwsError("ValidationError", f"You cannot specify both {name}URL and {name}Body")
        text = await fetched(call, str(url)) if url else body
        if text is not None:
            found[name] = stackpolicy.check(str(text))
    return found


class StackPolicies(Reading):
    """SetStackPolicy and GetStackPolicy."""

    @operation("StackName StackPolicyBody StackPolicyURL")
    async def set_stack_policy(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The policy that updates are held to from now on."""
        policies = await given(self._apis.call, request)
        stack = self._live(request["StackName"])
        if policies:
            self._store.put_stack(replace(stack, shown=stack.shown | policies))
        return {}

    @operation("StackName")
    async def get_stack_policy(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The policy's text; no member where there never was one."""
        stack = self._live(request["StackName"])
        return {"StackPolicyBody": stack.shown[SHOWN]} if SHOWN in stack.shown else {}
