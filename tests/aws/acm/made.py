"""Certificates made for tests, PEM."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Made:
    """A certificate with its key.

    Args:
        name: of the subject; none for a subject without a name.
        key: its private key; a new one when none is given.
        issuer: who has signed it; itself when none is given.
        begins: days from now on which it is valid; it is for 90 days.
    """

    def __init__(self, name: str = "a.test", key: Any = None, issuer: Made | None = None, begins: int = -1) -> None:
        self.private = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
        start = datetime.now(UTC) + timedelta(days=begins)
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.found.subject if issuer else subject)
            .public_key(self.private.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(start).not_valid_after(start + timedelta(days=90))
        )  # fmt: skip
        if name:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        self.found = builder.sign(issuer.private if issuer else self.private, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        return self.found.public_bytes(serialization.Encoding.PEM)

    @property
    def key(self) -> bytes:
        return self._key(serialization.NoEncryption())

    @property
    def locked(self) -> bytes:
        """The key behind a passphrase."""
        return self._key(serialization.BestAvailableEncryption(b"secret"))

    def _key(self, how: Any) -> bytes:
        form = serialization.PrivateFormat.PKCS8
        return bytes(self.private.private_bytes(serialization.Encoding.PEM, form, how))
