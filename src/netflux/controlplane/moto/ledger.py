"""moto's backends on disk: what was stored, what has changed since, and the way back after a call that failed.

Only a service that moto may write, and one that a call has just changed, has anything to keep: the others' backends are
as moto makes them at each start, and not all of them can be pickled.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from typing import Any

from netflux.controlplane import lazyimports
from netflux.controlplane.moto import motopolicy
from netflux.controlplane.records import kinds
from netflux.controlplane.records.documents import Documents

_log = logging.getLogger(__name__)

PREFIX = "moto/"
REMEDY = "Put a copy of the state directory back, or start anew: netflux down --delete."
"""What a person does about a service whose state can't be read."""
CHEAP_BYTES = 256 * 1024
"""A backend up to this size is looked at after every call, since some calls change their neighbours."""

_REACHES = {"sns": "sqs"}
"""Services whose calls change another service's state, however large that is."""


class Ledger:
    """What the disk has of moto's backends. All of it runs on moto's thread.

    Args:
        documents: where the backends' bytes go.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._stored: dict[str, tuple[str, int]] = {}
        self._fresh: dict[str, bytes] = {}
        self.unreadable: dict[str, str] = {}
        """Services whose stored state can't be read, and why. It stays as it is, for a netflux that can read it."""

    def holds(self, service: str) -> bool:
        """Whether any state of the service is on disk."""
        return bool(self._documents.blobs(f"{PREFIX}{service}/"))

    def load(self) -> None:
        """Puts what the disk has into moto, EC2 first: others refer to its subnets."""
        blobs = sorted(self._documents.blobs(PREFIX), key=lambda blob: not blob[0].startswith(f"{PREFIX}ec2/"))
        if not blobs:
            return
        lazyimports.prepare_moto()
        for key, body in blobs:
            name = key.removeprefix(PREFIX)
            if name.partition("/")[0] in self.unreadable:
                continue
            try:
                _install(name, body)
            except Exception as error:  # noqa: BLE001  (whatever it is, it costs this one service; it is told)
                self._leave_out(name.partition("/")[0], error)
            else:
                self._stored[name] = (_digest(body), len(body))

    def _leave_out(self, service: str, error: Exception) -> None:
        why = f"{type(error).__name__}: {error}"
        _log.error("the stored state of %s can't be read", service, exc_info=error)
        self.unreadable[service] = why
        self._documents.faults.tell(
            kinds.FAULT,
            f"state of {service}",
            f"The stored state of {service} can't be read ({why}). Its calls are refused; it stays on disk as it is, "
            "and no other service is concerned.",
            REMEDY,
        )

    def before(self, service: str) -> None:
        """Remembers backends of a service that is about to change and of which nothing is on disk yet."""
        from netflux.controlplane.moto import pickles

        for name, backend in _of(service):
            if name not in self._stored and name not in self._fresh:
                self._fresh[name] = pickles.dumps(name, backend)

    def store(self, service: str) -> None:
        """Writes each backend that a call of the service changed, in one transaction."""
        from netflux.controlplane.moto import pickles

        changed = service, _REACHES.get(service)
        found: dict[str, bytes] = {}  # pickled before the transaction, which holds up whoever else writes
        for name, backend in pickles.living():
            owner = name.partition("/")[0]
            if owner in self.unreadable:
                continue
            digest, size = self._stored.get(name, ("", 0))
            if owner not in changed and (size > CHEAP_BYTES or not motopolicy.writes(owner)):
                continue
            body = pickles.dumps(name, backend)
            if _digest(body) != digest:
                found[name] = body
        with self._documents.transaction():
            for name, body in found.items():
                self._documents.put_blob(PREFIX + name, body)
        for name, body in found.items():
            self._stored[name] = (_digest(body), len(body))
            self._fresh.pop(name, None)

    def differs(self, service: str) -> bool:
        """Whether a backend of the service is another one than it was before its last call that succeeded."""
        from netflux.controlplane.moto import pickles

        for name, backend in _of(service):
            known = self._stored[name][0] if name in self._stored else _digest(self._fresh.get(name, b""))
            try:
                now = _digest(pickles.dumps(name, backend))
            except Exception:  # noqa: BLE001  (what can't be pickled is no state that was ever stored)
                return True
            if now != known:
                return True
        return False

    def go_back(self) -> None:
        """moto has again what the disk has, and what it had before anything was stored."""
        from netflux.controlplane.moto import pickles

        for name, backend in pickles.living():
            if name not in self._stored and motopolicy.writes(name.partition("/")[0]):
                backend.reset()
        for name, body in self._fresh.items():
            if name not in self._stored:
                _install(name, body)
        self.load()


def _install(name: str, body: bytes) -> None:
    from netflux.controlplane.moto import pickles

    pickles.install(name, pickles.loads(body))


def _of(service: str) -> Iterator[tuple[str, Any]]:
    from netflux.controlplane.moto import pickles

    owners = (service, _REACHES.get(service))
    for name, backend in pickles.living():
        if name.partition("/")[0] in owners:
            yield name, backend


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
