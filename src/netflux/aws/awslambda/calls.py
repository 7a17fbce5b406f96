"""Calls of functions: by clients, by services and from the queue; `region.functions`."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass

from netflux.aws.awslambda.decide import LARGEST_EVENT, Outcome, chosen
from netflux.aws.awslambda.fleet import Fleet, Request
from netflux.aws.awslambda.host import Host
from netflux.aws.awslambda.part import Named, missing, named
from netflux.errors import AwsError
from netflux.resources.awslambda.function import FAILED, LATEST, PENDING, Function, Version
from netflux.resources.awslambda.invocation import INVOCATION, Invocation
from netflux.resources.awslambda.qualified import Qualified, key


@dataclass(frozen=True)
class Answer:
    """What a function answered.

    Attributes:
        payload: the handler's answer, or the error, in JSON.
        error: empty, or `Unhandled`.
        status: 200, since the function was called.
        version: that has run.
        log: its last 4 KB.
    """

    payload: bytes
    error: str = ""
    status: int = 200
    version: str = LATEST
    log: bytes = b""


@dataclass(frozen=True)
class Target:
    """What a call runs."""

    function: Function
    version: Version
    arn: str
    named: Named


class Calls:
    """Calls functions.

    Args:
        host: what they run on.
        fleet: the environments.
    """

    def __init__(self, host: Host, fleet: Fleet) -> None:
        self._host = host
        self._fleet = fleet
        self.queue = host.kept.documents.table(INVOCATION)
        self._qualified = Qualified(host.kept.documents)

    def target(self, text: str, qualifier: str = "") -> Target:
        """The version that a name or an ARN leads to.

        Raises:
            AwsError: it is not there, or can't be called yet.
        """
        wanted = named(self._host.kept, text, qualifier)
        function, arn = self._host.kept.functions.get(wanted.name), self._host.kept.arn(wanted.name, wanted.qualifier)
        version = self._version(wanted) if function is not None else None
        if function is None or version is None:
            raise missing(arn)
        if version.state in (PENDING, FAILED):
            raise AwsError(
                "ResourceConflictException",
                "The operation cannot be performed at this time. The function is currently in the following state: "
                f"{version.state}" + (f" ({version.reason})" if version.state == FAILED else ""),
                409,
            )
        return Target(function, version, arn, wanted)

    def _version(self, wanted: Named) -> Version | None:
        alias = self._qualified.aliases.get(key(wanted.name, wanted.qualifier))
        if alias is None:
            return self._host.kept.version(wanted.name, wanted.qualifier or LATEST)
        return self._host.kept.version(wanted.name, chosen(alias.version, alias.weights, random.random()))  # noqa: S311

    async def invoke(self, text: str, payload: bytes, qualifier: str = "", context: str = "") -> Answer:
        """Calls a function and waits for what comes of it.

        Args:
            text: name or ARN.
            payload: JSON.
            qualifier: version or alias.
            context: the client's, in Base64.

        Raises:
            AwsError: it could not be called. What its handler fails with is in the answer.
        """
        target = self.target(text, qualifier)
        return answer(await self.run(target, str(uuid.uuid4()), payload, context))

    async def run(self, target: Target, request: str, payload: bytes, context: str = "") -> Outcome:
        """The same, with all that is known of it."""
        asked = Request(request, target.arn, payload or b"{}", context)
        return await self._fleet.call(target.function, target.version, asked)

    def enqueue(self, text: str, payload: bytes, source: str = "", qualifier: str = "", context: str = "") -> str:
        """Puts a call into the queue, in the caller's transaction; nobody waits for it.

        Args:
            text: name or ARN.
            payload: JSON.
            source: ARN of what calls; empty for a client.
            qualifier: version or alias.
            context: the client's, in Base64.

        Returns:
            Its request id.

        Raises:
            AwsError: there is no such function, the payload is too long, or the function's policy does not let the
                source's service call it.
        """
        wanted = named(self._host.kept, text, qualifier)
        arn = self._host.kept.arn(wanted.name, wanted.qualifier)
        if wanted.name not in self._host.kept.functions or self._version(wanted) is None:
            raise missing(arn)
        self.check_source(wanted, arn, source)
        if len(payload) > LARGEST_EVENT:
            raise AwsError(
                "RequestTooLargeException",
                f"{len(payload)} byte payload is too large for the Event invocation type (limit {LARGEST_EVENT} bytes)",
                413,
            )
        now = self._host.clock.calendar()
        made = Invocation(
            str(uuid.uuid4()), wanted.name, wanted.qualifier, payload or b"{}", now, now, source=source, context=context
        )
        self.queue.put(made)
        return made.id

    def check_source(self, wanted: Named, arn: str, source: str) -> None:
        """AwsError unless the function's policy lets the source's service call it."""
        if source and not self._qualified.lets(wanted.name, wanted.qualifier, arn, (source, self._host.kept.account)):
            raise AwsError(
                "AccessDeniedException",
                f"{source} is not allowed to perform lambda:InvokeFunction on {arn}: no statement of the function's "
                "policy lets its service. Give it by AddPermission.",
                403,
            )


def answer(outcome: Outcome) -> Answer:
    """An outcome as callers get it."""
    return Answer(outcome.payload, outcome.error, version=outcome.version or LATEST, log=outcome.log)
