"""Rotates secrets: calls their functions, step by step, when it was asked for or their schedule says so."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from netflux.aws.secretsmanager.rotation import following
from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.reconcile.controller import Result
from netflux.resources.secretsmanager import CURRENT, PENDING, Rotation, Secret, Secrets, Version

_log = logging.getLogger(__name__)
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
"""Each is a call of the function ["Rotation by Lambda function", AWS Secrets Manager User Guide]."""
_TEST = ("testSecret",)
_PAUSES = (60.0, 300.0, 1800.0, 3600.0)  # simulated seconds before another attempt; then the rotation is given up
_LATEST = 86_400.0  # simulated seconds until the next look, however far away the date is


class Answered(Protocol):
    """What a function answered."""

    @property
    def payload(self) -> bytes:
        """JSON."""
        ...

    @property
    def error(self) -> str:
        """Empty where it did not fail."""
        ...


Invoke = Callable[[str, bytes], Awaitable[Answered]]
"""Calls a function by its ARN; AwsError where it can't be called."""


class SecretRotationController:
    """Controller `secret-rotation`; keys are ARNs of secrets with a rotation.

    Args:
        documents: of the region.
        clock: of the region.
        invoke: calls functions.
    """

    name = "secret-rotation"

    def __init__(self, documents: Documents, clock: Clock, invoke: Invoke) -> None:
        self._kept = Secrets(documents)
        self._clock = clock
        self._invoke = invoke

    async def keys(self) -> Sequence[str]:
        """Secrets that are rotated."""
        return [secret.arn for secret in self._kept.secrets if secret.rotation is not None]

    async def reconcile(self, key: str) -> Result:
        """Carries on the rotation that is under way, or begins the one that is due."""
        secret = self._kept.secrets.get(key)
        if secret is None or secret.rotation is None or secret.deletion is not None:
            return Result()
        rotation, now = secret.rotation, self._clock.calendar()
        if not rotation.token and rotation.enabled and rotation.following is not None:
            if rotation.following > now:
                return Result(min((rotation.following - now).total_seconds(), _LATEST))
            secret = self._begun(secret, rotation)
            rotation = secret.rotation or rotation
        if not rotation.token:
            return Result()
        if rotation.again is not None and rotation.again > now:
            return Result((rotation.again - now).total_seconds())
        fault = await self._rotate(secret, rotation)
        self._end(key, rotation, fault)
        return Result(0.0)

    def _begun(self, secret: Secret, rotation: Rotation) -> Secret:
        begun = replace(secret, rotation=replace(rotation, token=str(uuid.uuid4()), only_test=False))
        assert begun.rotation is not None
        with self._kept.transaction():
            made = Version(secret.arn, begun.rotation.token, self._clock.now(), key=secret.key)
            self._kept.add(made, (PENDING,))
            self._kept.secrets.put(begun)
        return begun

    async def _rotate(self, secret: Secret, rotation: Rotation) -> str:
        """Why it came to nothing; empty where it is complete."""
        for step in _TEST if rotation.only_test else STEPS:
            event = {"Step": step, "SecretId": secret.arn, "ClientRequestToken": rotation.token}
            try:
                answer = await self._invoke(rotation.function, json.dumps(event).encode())
            except AwsError as error:
                return f"{step}: {error.code}: {error.message}"
            if answer.error:
                return f"{step}: {answer.payload.decode(errors='replace')[:500]}"
        current = self._kept.staged(secret, CURRENT)
        if not rotation.only_test and (current is None or current.id != rotation.token):
            return f"finishSecret: the function did not move AWSCURRENT to version {rotation.token}"
        return ""

    def _end(self, key: str, rotation: Rotation, fault: str) -> None:
        """Writes down what came of an attempt, unless the rotation was cancelled or begun anew meanwhile."""
        with self._kept.transaction():
            secret = self._kept.secrets.get(key)
            if secret is None or secret.rotation is None or secret.rotation.token != rotation.token:
                return
            found, now = secret.rotation, self._clock.calendar()
            if fault:
                _log.warning("rotation of %s: %s", secret.name, fault)
                over = found.failures >= len(_PAUSES)
                again = None if over else now + timedelta(seconds=_PAUSES[found.failures])
                found = replace(found, failures=found.failures + 1, fault=fault, again=again)
                if over:
                    found = replace(found, token="", failures=0, following=following(found.schedule, now))
            else:
                last = found.last if found.only_test else self._clock.now()
                found = replace(
                    found, token="", failures=0, fault="", again=None, last=last, only_test=False,
                    following=following(found.schedule, now),
                )  # fmt: skip
                self._kept.label(key, (PENDING,), "")
            self._kept.secrets.put(replace(secret, rotation=found))
