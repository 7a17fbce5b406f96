"""The region's own APIs: one door for clients and for our own parts, to our handlers or to moto."""

from __future__ import annotations

import asyncio
import copy
import inspect
import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol, cast

from botocore import xform_name
from botocore.model import OperationModel

from netflux.controlplane import operation as operations
from netflux.controlplane.call import Call
from netflux.controlplane.moto import crash, motopolicy
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.protocol import constraints, modelcache, models, tags
from netflux.controlplane.records import room
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError, Unsupported

_log = logging.getLogger(__name__)

DEADLINE = 60.0
"""Real seconds that a handler of ours may take, unless it says another number as `deadline`: a call of a function may
take as long as the function."""

Handler = Callable[[Call, dict[str, Any]], Any]
"""Returns the response as botocore shapes it, or a coroutine of it."""


class Handlers(Protocol):
    """A service's own operations: one method each, named as botocore names it in snake case.

    A method that is no coroutine runs alone, and all that it changes in one transaction: it is whole on disk before
    the answer leaves, or not at all. A service that has such methods has the region's Documents as `documents`.

    Attributes:
        service: botocore's service name.
        whole: operations without a method are refused by name when True, and go to moto when False.

    A service may have a coroutine `precheck(call, params)` besides: see `Apis.precheck`.
    """

    service: str
    whole: bool


class Apis:
    """Calls any operation of any service of this region.

    Args:
        account: twelve digits.
        region: the one region there is.
        moto: answers what we don't.
        changed: told of each successful call that may have changed desired state, before its answer leaves.
        lend: raises Unsupported for an operation that moto may not answer.
    """

    def __init__(
        self,
        account: str,
        region: str,
        moto: Moto,
        changed: Callable[[Call], None],
        lend: Callable[[str, str], None] = motopolicy.check,
    ) -> None:
        self.account = account
        self.region = region
        self.moto = moto
        self._changed = changed
        self._lend = lend
        self._handlers: dict[str, Handlers] = {}
        self._reading: dict[tuple[str, str], Handler | None] = {}
        self._all: asyncio.Future[None] | None = None
        self._every = False

    def register(self, handlers: Handlers) -> None:
        """From now on these handlers answer for their service."""
        self._handlers[handlers.service] = handlers
        self._reading.clear()
        modelcache.keep([handlers.service])

    def expect(self, *, every: bool = False) -> None:
        """More handlers will be registered: until `complete` or `give_up`, calls of other services wait for them.

        Args:
            every: those of all services wait, since their records are not there yet.
        """
        self._all = asyncio.get_running_loop().create_future()
        self._every = every

    def complete(self) -> None:
        """All handlers are there."""
        if self._all is not None and not self._all.done():
            self._all.set_result(None)

    def give_up(self) -> None:
        """The region stops: if handlers are missing still, the calls that wait for them fail."""
        if self._all is not None and not self._all.done():
            self._all.set_exception(AwsError("ServiceUnavailable", "The region stopped while it was starting.", 503))
            self._all.exception()  # seen, even when no call waits

    async def ready(self, service: str = "") -> None:
        """Returns when the service's handlers are there, or all; AwsError when they won't be."""
        if self._all is not None and not self.present(service):
            await asyncio.shield(self._all)

    def present(self, service: str) -> bool:
        """Whether the service's handlers are there, so that no call has to wait for them."""
        if self._all is None or (service in self._handlers and not self._every):
            return True
        return self._all.done() and self._all.exception() is None

    def handler(self, service: str, operation: str) -> Handler | None:
        """Our handler of the operation; None when it is moto's. Raises Unsupported when it is nobody's."""
        handlers = self._handlers.get(service)
        found: Handler | None = getattr(handlers, xform_name(operation), None)
        if found is None and handlers is not None and handlers.whole:
            raise Unsupported(f"{service}:{operation}")
        if found is None:
            self._lend(service, operation)
        return found

    def reading(self, service: str, operation: str) -> Handler | None:
        """Our handler of an operation that reads and waits for nothing; None for any other."""
        key = (service, operation)
        if key not in self._reading:
            found: Handler | None = getattr(self._handlers.get(service), xform_name(operation), None)
            plain = found is not None and not inspect.iscoroutinefunction(found)
            self._reading[key] = found if plain and not models.changes_state(operation) else None
        return self._reading[key]

    def read(self, handler: Handler, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        """What such a handler answers to parameters that were checked; AwsError as from `handle`."""
        model = models.operation_model(call.service, call.operation)
        self._check_declared(handler, call, model, params)
        try:
            response: dict[str, Any] = handler(call, params)
        except (KeyError, ValueError, OSError, sqlite3.Error) as error:
            told = _told(call, model, params, error)
            if told is None:
                raise
            raise told from error
        if params.get("DryRun"):
            raise _rehearsed()
        return response

    async def call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The response as botocore shapes it.

        Raises:
            AwsError: what a client would get.
        """
        await self.ready(service)
        call = Call(service, operation, self.region, self.account)
        handled = self.handler(service, operation) is not None
        model = models.operation_model(service, operation)
        models.check_parameters(model, dict(params))
        constraints.check(service, model, dict(params))
        if handled:
            return await self.handle(call, dict(params))
        await self.precheck(call, params)
        with room.asked_by(operation):
            response = await self.moto.call(service, operation, params)
        self.settle(replace(call, told=(params, response)))
        return response

    async def handle(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        """Calls our handler with parameters that were checked, and tells whoever reads the state that it changed."""
        handler = self.handler(call.service, call.operation)
        if handler is None:
            raise AwsError("InvalidAction", f"{call.service}:{call.operation} has no handler.")
        model = models.operation_model(call.service, call.operation)
        self._check_declared(handler, call, model, params)
        await self.precheck(call, params)
        try:
            patience = getattr(handler, "deadline", DEADLINE)
            async with asyncio.timeout(patience) as deadline:
                with room.asked_by(call.operation):
                    response = await self._durably(handler, call, params)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            _log.exception("%s:%s did not answer within %g s", call.service, call.operation, patience)
            raise AwsError(
                "ServiceUnavailable",
                f"{call.service}:{call.operation} did not answer within {patience:g} s, and was given up. Look at what "
                "it was to change before you try again.",
                503,
            ) from error
        except (KeyError, ValueError, OSError, sqlite3.Error) as error:
            told = _told(call, model, params, error)
            if told is None:
                raise
            raise told from error
        self.settle(replace(call, told=(params, response)))
        return response

    def _check_declared(self, handler: Handler, call: Call, model: OperationModel, params: dict[str, Any]) -> None:
        declared = operations.declaration(handler)
        if declared is not None:
            declared.check(f"{call.service}:{call.operation}", model.input_shape, params)

    async def _durably(self, handler: Handler, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        """The response, or the refusal, when all that it tells is on disk: what others have changed is told, too."""
        documents = self._documents(call.service)
        try:
            return await self._carried_out(handler, call, params)
        finally:
            if documents is not None:
                await documents.durable()

    async def _carried_out(self, handler: Handler, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        if inspect.iscoroutinefunction(handler):
            response: dict[str, Any] = await handler(call, copy.deepcopy(params))
        elif not models.changes_state(call.operation):
            response = handler(call, params)
            if params.get("DryRun"):
                raise _rehearsed()
        elif params.get("DryRun"):
            with cast("Documents", self._documents(call.service)).rehearsal():
                handler(call, params)
            raise _rehearsed()
        else:
            with cast("Documents", self._documents(call.service)).transaction(shared=True):
                response = handler(call, params)
        return response

    def _documents(self, service: str) -> Documents | None:
        """What the service's handlers write to; None where they are coroutines only."""
        documents: Documents | None = getattr(self._handlers[service], "documents", None)
        return documents

    async def precheck(self, call: Call, params: Mapping[str, Any]) -> None:
        """Asks the service's own rules before anybody carries out a change, a handler of ours or moto.

        Raises:
            AwsError: what the call is refused with.
        """
        if not models.changes_state(call.operation):
            return
        tags.check(models.operation_model(call.service, call.operation), params)
        rules = getattr(self._handlers.get(call.service), "precheck", None)
        if rules is not None:
            await rules(call, params)

    def settle(self, call: Call) -> None:
        """Tells of a call that succeeded."""
        if models.changes_state(call.operation):
            self._changed(call)


def _told(call: Call, model: OperationModel, params: Mapping[str, Any], error: Exception) -> AwsError | None:
    """What a client is told of an exception of a handler's; None where it shows nothing but a fault of ours."""
    if isinstance(error, KeyError | ValueError):
        told = crash.known(model, params, error)
        what = crash.place(error)
    else:
        told, what = room.refusal(error), str(error)
    if told is not None:
        _log.warning("%s:%s failed: %s", call.service, call.operation, what)
    return told


def _rehearsed() -> AwsError:
    return AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
