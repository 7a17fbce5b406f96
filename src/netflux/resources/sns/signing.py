"""Signatures of notifications, really made and verifiable: with a key of the region's own.

"Verifying the signatures of Amazon SNS messages", Amazon SNS Developer Guide.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
"""Members that a notification's signature covers, in the order in which they are written."""
_YEARS = 10


@dataclass(frozen=True)
class Signer:
    """The key that notifications are signed with, and its certificate, in PEM."""

    region: str
    key: str
    certificate: str

    @property
    def path(self) -> str:
        """Of the certificate, below the endpoint of SNS."""
        digest = hashlib.md5(self.certificate.encode(), usedforsecurity=False).hexdigest()
        return f"/SimpleNotificationService-{digest}.pem"


SIGNER = Schema("sns/signer", Signer, lambda signer: signer.region)


class Signatures:
    """Signs notifications. The key is made when the first one is signed.

    Args:
        documents: keep it.
        clock: its certificate is valid from now on.
        region: its name.
    """

    def __init__(self, documents: Documents, clock: Clock, region: str) -> None:
        self._kept = documents.table(SIGNER)
        self._clock = clock
        self._region = region
        self._loaded: tuple[str, RSAPrivateKey] | None = None

    def signed(self, notification: Mapping[str, object], version: str) -> dict[str, str]:
        """The members of a notification that prove who sent it.

        Args:
            notification: its other members.
            version: `1` for SHA-1, `2` for SHA-256.
        """
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        signer = self._kept.get(self._region) or self._make()
        text = "".join(f"{name}\n{notification[name]}\n" for name in _SIGNED if name in notification)
        digest = hashes.SHA256() if version == "2" else hashes.SHA1()  # noqa: S303 (version 1 is this)
        signature = self._key(signer).sign(text.encode(), padding.PKCS1v15(), digest)
        return {
            "SignatureVersion": version,
            "Signature": base64.b64encode(signature).decode(),
            "SigningCertURL": f"https://sns.{self._region}.amazonaws.com{signer.path}",
        }

    def certificate(self, path: str) -> str | None:
        """The certificate at a path, in PEM; None where there is none."""
        signer = self._kept.get(self._region)
        return signer.certificate if signer is not None and signer.path == path else None

    def _key(self, signer: Signer) -> RSAPrivateKey:
        if self._loaded is None or self._loaded[0] != signer.key:
            from cryptography.hazmat.primitives import serialization

            key: Any = serialization.load_pem_private_key(signer.key.encode(), None)
            self._loaded = signer.key, key
        return self._loaded[1]

    def _make(self) -> Signer:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import rsa
        from cryptography.x509.oid import NameOID

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"sns.{self._region}.amazonaws.com")])
        now = self._clock.now()
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=365 * _YEARS))
            .sign(key, hashes.SHA256())
        )
        written = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        signer = Signer(self._region, written.decode(), made.public_bytes(serialization.Encoding.PEM).decode())
        self._kept.put(signer)
        return signer
