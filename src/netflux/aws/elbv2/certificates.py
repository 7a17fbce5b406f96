"""The certificates of HTTPS listeners: files for HAProxy, and the names that they are for."""

from __future__ import annotations

import hashlib
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from netflux.aws.elbv2.desired import Listener
from netflux.controlplane.call import Caller
from netflux.errors import AwsError

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
    """What listeners need to know of ACM: the one place that asks it.

    Args:
        apis: answers ACM's operations.
        pem: a certificate with its key, by ARN; None when ACM has none.
    """

    def __init__(self, apis: Caller, pem: Callable[[str], Awaitable[bytes | None]]) -> None:
        self._apis = apis
        self.pem = pem

    async def names(self, arn: str) -> tuple[tuple[str, ...], bool] | None:
        """Names of a certificate, and whether it was imported; None where ACM has none."""
        try:
            told = await self._apis.call("acm", "DescribeCertificate", {"CertificateArn": arn})
        except AwsError as error:
            if error.code in ("ResourceNotFoundException", "InvalidArnException", "ValidationException"):
                return None
            raise
        found = told["Certificate"]
        listed = [found.get("DomainName", ""), *found.get("SubjectAlternativeNames", ())]
        return tuple(dict.fromkeys(name.lower() for name in listed if name)), found.get("Type") == "IMPORTED"


class Certificates:
    """Of listeners.

    Args:
        run_dir: for the files.
        acm: has the certificates; None for none.
    """

    def __init__(self, run_dir: Path, acm: Acm | None) -> None:
        self._run_dir = run_dir
        self._acm = acm

    async def of(self, listener: Listener) -> list[Certificate]:
        """The listener's own, its default one first; those that ACM does not have are left out."""
        found = [await self._one(arn) for arn in listener.certificates]
        return [one for one in found if one is not None]

    async def _one(self, arn: str) -> Certificate | None:
        if self._acm is None:
            return None
        known, pem = await self._acm.names(arn), await self._acm.pem(arn)
        if known is None or pem is None:
            return None
        path = self._run_dir / f"cert-{hashlib.sha256(pem).hexdigest()[:20]}.pem"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(pem)
        names, imported = known
        return Certificate(str(path), names, imported and _usable(path))


def _usable(path: Path) -> bool:
    """A file that HAProxy refuses would end all changes of the gateway."""
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(path)
    except (ssl.SSLError, OSError) as error:
        _log.warning("the certificate %s can't be used at the gateway: %s", path, error)
        return False
    return True
