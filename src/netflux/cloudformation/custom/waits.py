"""Wait conditions and their handles: what was signalled, on disk, and how long is still waited."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from netflux.clock import Clock
from netflux.cloudformation.custom.address import Grant, address, wait_bucket
from netflux.cloudformation.custom.signals import Signal, joined, signal, terms
from netflux.cloudformation.types.table import Caller
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError

SERVICE = "netflux-wait-condition"
"""The name by which rows of the table call this one; no client can."""
_ADDRESS = 86_399.0
"""Real seconds for which a handle's address takes signals: X-Amz-Expires of AWS's own."""


@dataclass(frozen=True)
class Handle:
    """Where signals come in: a WaitConditionHandle, or a resource with a CreationPolicy.

    Attributes:
        token: of the resource's record in its stack.
        key: stack and logical id.
        url: the address; empty where SignalResource is the only way.
    """

    token: str
    key: str
    secret: str
    until: float
    url: str = ""
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True)
class Wait:
    """A wait under way or over.

    Attributes:
        handle: the token of its handle.
        until: seconds since the epoch.
    """

    token: str
    handle: str
    count: int
    until: float


HANDLE = Schema(
    "cloudformation/handle",
    Handle,
    lambda one: one.token,
    indices={"key": lambda one: (one.key,), "url": lambda one: (one.url,)},
)
WAIT = Schema("cloudformation/wait", Wait, lambda one: one.token)


class Waits:
    """The engine's door to what waits for signals.

    Args:
        base: where this region's S3 is found by who signals.
    """

    def __init__(self, documents: Documents, clock: Clock, base: str) -> None:
        self._documents = documents
        self._handles = documents.table(HANDLE)
        self._waits = documents.table(WAIT)
        self._clock = clock
        self._base = base

    async def call(self, _caller: Caller, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """CreateHandle, CreateWait, Describe and Delete, each of which bears repetition."""
        with self._documents.transaction():
            return _OPERATIONS[operation](self, params)

    def _create_handle(self, params: Mapping[str, Any]) -> dict[str, Any]:
        known = self._handles.get(params["Token"])
        if known is None:
            stack, logical = params["Stack"], params["Logical"]
            key, grant = f"{stack}/{logical}", Grant(secrets.token_urlsafe(27), self._now() + _ADDRESS)
            url = address(self._base, wait_bucket(stack.split(":")[3]), key, grant)
            known = Handle(params["Token"], key, grant.secret, grant.until, url)
            self._handles.put(known)
        return {"Id": known.url}

    def _create_wait(self, params: Mapping[str, Any]) -> dict[str, Any]:
        properties = params["Properties"]
        try:
            asked = terms(properties)
        except ValueError as problem:
            raise AwsError("ValidationError", str(problem)) from problem
        if "CreationPolicy" in properties:
            handle = Handle(params["Token"], f"{params['Stack']}/{params['Logical']}", "", 0.0)
            handle = self._handles.get(handle.token) or handle
            self._handles.put(handle)
        else:
            handle = self._by_url(str(properties["Handle"]))
        if self._waits.get(params["Token"]) is None:
            until = self._now() + self._clock.real(asked.seconds)
            self._waits.put(Wait(params["Token"], handle.token, asked.count, until))
        return {"Id": handle.key}

    def _by_url(self, url: str) -> Handle:
        found = self._handles.where("url", url) if url else []
        if not found:
            raise AwsError("ValidationError", "Handle must be the Ref of an AWS::CloudFormation::WaitConditionHandle.")
        return found[0]

    def _describe(self, params: Mapping[str, Any]) -> dict[str, Any]:
        token = params["Token"]
        wait = self._waits.get(token)
        handle = self._handles.get(wait.handle if wait is not None else token)
        if handle is None:
            return {}
        item: dict[str, Any] = {"Signals": handle.signals, "Id": handle.url or handle.key}
        if wait is not None:
            item |= {"Count": wait.count, "Over": self._now() > wait.until, "Id": handle.key}
        return {"Item": item}

    def _delete(self, params: Mapping[str, Any]) -> dict[str, Any]:
        self._waits.delete(params["Token"])
        self._handles.delete(params["Token"])
        return {}

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def take(self, key: str, secret: str, body: str) -> bool:
        """Keeps the signal that was put to an address; False where the address is none, or is over."""
        for one in self._handles.where("key", key):
            if one.url and Grant(one.secret, one.until).admits(secret):
                with self._documents.transaction():
                    self._handles.put(replace(one, signals=joined(one.signals, signal(body))))
                return True
        return False

    def told(self, key: str, said: Signal) -> None:
        """Keeps a signal of SignalResource.

        Raises:
            AwsError: nothing waits for signals of that resource.
        """
        waiting = [each for each in self._handles.where("key", key) if not each.url]
        if not waiting:
            raise AwsError("ValidationError", f"Resource {key.rpartition('/')[2]} does not wait for signals")
        for one in waiting:
            with self._documents.transaction():
                self._handles.put(replace(one, signals=joined(one.signals, said)))


_OPERATIONS = {
    "CreateHandle": Waits._create_handle,
    "CreateWait": Waits._create_wait,
    "Describe": Waits._describe,
    "Delete": Waits._delete,
}
