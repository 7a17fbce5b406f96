"""moto's backends on disk, one service at a time: what was stored, what has changed since, and the way back.

Nothing is read before a service is first asked for, so a region that needs none of moto's never imports it. A backend's
bytes are moto's own objects, which another version may not understand: they are marked with the one that wrote them.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from importlib import metadata
from typing import Any

from netflux.controlplane import lazyimports
from netflux.controlplane.records import kinds
from netflux.controlplane.records.documents import Documents

_log = logging.getLogger(__name__)

PREFIX = "moto/"
VERSION = "moto/version"
"""Kind of the documents that say, by service, which version of moto wrote its backends."""
_TOGETHER = (
    frozenset({"sns", "sqs"}),
    frozenset({"acm", "ec2", "ecr", "elbv2", "iam", "rds", "route53", "secretsmanager", "servicediscovery", "sts"}),
)
"""Services of which one's calls change or look into another's state: they are read and written together. Both
groups have records of their own now; what the release before has left of it is read by `upgrade`."""


class Ledger:
    """What the disk has of moto's backends. All of it runs on moto's thread.

    Args:
        documents: where the backends' bytes go.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._read: set[str] = set()
        self._stored: dict[str, str] = {}
        self._fresh: dict[str, bytes] = {}
        self.unreadable: dict[str, str] = {}
        """Services whose stored state can't be read, with the reason. It stays as it is, for a netflux that can."""

    def look(self) -> None:
        """Leaves out what another version of moto has written; nothing else is read yet."""
        for service, document in self._documents.list(VERSION):
            if document.get("moto") != installed():
                self._leave_out(service, _written_by(document.get("moto")))

    def holds(self, service: str) -> bool:
        """Whether any state of the service is on disk."""
        return self._documents.has_blob(f"{PREFIX}{service}/")

    def load(self, service: str) -> None:
        """Puts what the disk has of a service into moto, once, and of those that belong together with it."""
        if service in self._read:
            return
        group = _group(service)
        self._read |= group
        lazyimports.prepare_moto()
        for each in sorted(group, key=lambda name: name != "ec2"):  # others refer to its subnets
            self._install(each)

    def _install(self, service: str) -> None:
        blobs = self._documents.blobs(f"{PREFIX}{service}/")
        written = (self._documents.get(VERSION, service) or {}).get("moto")
        if blobs and written not in (None, installed()):
            self._leave_out(service, _written_by(written))
            return
        try:
            for key, body in blobs:
                name = key.removeprefix(PREFIX)
                _put(name, body)
                self._stored[name] = _digest(body)
        except Exception as error:  # noqa: BLE001  (whatever it is, it costs this one service; it is told)
            _log.exception("the stored state of %s can't be read", service)
            self._leave_out(service, f"{type(error).__name__}: {error}")

    def _leave_out(self, service: str, why: str) -> None:
        self.unreadable[service] = why
        self._documents.faults.tell(
            kinds.FAULT,
            f"state of {service}",
            f"The stored state of {service} can't be read ({why}). Its calls are refused; it stays on disk as it is, "
            "and no other service is concerned.",
            remedy(why),
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

        found: dict[str, bytes] = {}  # pickled before the transaction, which holds up whoever else writes
        for name, backend in _of(service):
            if name.partition("/")[0] in self.unreadable:
                continue
            body = pickles.dumps(name, backend)
            if _digest(body) != self._stored.get(name) and body != self._fresh.get(name):
                found[name] = body
        with self._documents.transaction():
            for name, body in found.items():
                self._documents.put_blob(PREFIX + name, body)
            for owner in {name.partition("/")[0] for name in found}:
                if self._documents.get(VERSION, owner) is None:
                    self._documents.put(VERSION, owner, {"moto": installed()})
        for name, body in found.items():
            self._stored[name] = _digest(body)
            self._fresh.pop(name, None)

    def differs(self, service: str) -> bool:
        """Whether a backend of the service is another one than it was before its last call that succeeded."""
        from netflux.controlplane.moto import pickles

        for name, backend in _of(service):
            known = self._stored.get(name) or _digest(self._fresh.get(name, b""))
            try:
                now = _digest(pickles.dumps(name, backend))
            except Exception:  # noqa: BLE001  (what can't be pickled is no state that was ever stored)
                return True
            if now != known:
                return True
        return False

    def go_back(self, service: str) -> None:
        """moto has again what the disk has of the service, and what it had before anything was stored."""
        for name, backend in _of(service):
            if name not in self._stored:
                backend.reset()
                if name in self._fresh:
                    _put(name, self._fresh[name])
        for each in _group(service):
            if each not in self.unreadable:
                self._install(each)


def _written_by(version: object) -> str:
    return f"moto {version} wrote it, and this netflux has moto {installed()}"


def installed() -> str:
    """The version of moto that is here."""
    return metadata.version("moto")


def remedy(why: str) -> str:
    """What a person does about a service whose state can't be read for this reason."""
    if why.startswith("moto "):
        version = why.split()[1]
        return f"Run the netflux that has moto {version}, or start anew: netflux down --delete."
    return "Put a copy of the state directory back, or start anew: netflux down --delete."


def _group(service: str) -> frozenset[str]:
    return next((group for group in _TOGETHER if service in group), frozenset({service}))


def _put(name: str, body: bytes) -> None:
    from netflux.controlplane.moto import pickles

    pickles.install(name, pickles.loads(body))


def _of(service: str) -> Iterator[tuple[str, Any]]:
    from netflux.controlplane.moto import motopolicy, pickles

    owners = _group(service)
    for name, backend in pickles.living():
        owner = name.partition("/")[0]
        if owner in owners and (owner == service or motopolicy.writes(owner)):
            yield name, backend


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
