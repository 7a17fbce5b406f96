"""The certificates of HTTPS listeners: files for HAProxy, and the names that they are for."""

from __future__ import annotations

import hashlib
import logging
import ssl
from dataclasses import dataclass
from pathlib import Path

from netflux.aws.elbv2.balancer.desired import Listener
from netflux.controlplane.records.documents import Documents
from netflux.resources.acm import CERTIFICATE, IMPORTED
from netflux.resources.acm import Certificate as Kept

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Certificate:
    """One of ACM's.

    Attributes:
        path: PEM file with the chain and the key; its name changes with it.
        names: lower-case, some with `*.` for one label.
        shown: at the gateway, too: it was imported and can be used. One that ACM has issued is signed by nobody here,
            so the gateway has the local authority's in its place.
    """

    path: str
    names: tuple[str, ...]
    shown: bool


class Acm:
    """What listeners need to know of ACM.

    Args:
        documents: its certificates.
    """

    def __init__(self, documents: Documents) -> None:
        self._certificates = documents.table(CERTIFICATE)

    def get(self, arn: str) -> Kept | None:
        """A certificate; None where ACM has none."""
        return self._certificates.get(arn)


class Certificates:
    """Of listeners.

    Args:
        run_dir: for the files.
        acm: has the certificates; None for none.
    """

    def __init__(self, run_dir: Path, acm: Acm | None) -> None:
        self._run_dir = run_dir
        self._acm = acm

    def of(self, listener: Listener) -> list[Certificate]:
        """The listener's own, its default one first; those that ACM does not have are left out."""
        found = [self._one(arn) for arn in listener.certificates]
        return [one for one in found if one is not None]

    def presented(self, arn: str) -> list[tuple[str, tuple[str, ...]]]:
        """What clients at the gateway are shown of a certificate: its file with its names; nothing where it was not
        imported, since one that ACM has issued is signed by nobody here.
        """
        found = self._one(arn)
        return [(found.path, found.names)] if found is not None and found.shown else []

    def _one(self, arn: str) -> Certificate | None:
        found = self._acm.get(arn) if self._acm is not None else None
        if found is None or not found.certificate:
            return None
        pem = found.pem
        path = self._run_dir / f"cert-{hashlib.sha256(pem).hexdigest()[:20]}.pem"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(pem)
        return Certificate(str(path), found.hosts, found.type == IMPORTED and _usable(path))


def _usable(path: Path) -> bool:
    """A file that HAProxy refuses would end all changes of the gateway."""
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(path)
    except (ssl.SSLError, OSError) as error:
        _log.warning("the certificate %s can't be used at the gateway: %s", path, error)
        return False
    return True
