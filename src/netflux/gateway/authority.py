"""The local certificate authority. Its certificate is shown to people, never installed unasked."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from netflux.errors import UserError
from netflux.gateway import hosts as host_names

_AUTHORITY_LIFE = timedelta(days=3650)
_LEAF_LIFE = timedelta(days=397)
"""Browsers refuse server certificates that are valid for more than 398 days."""
_RENEW_BEFORE = timedelta(days=30)
_ADDRESSES = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))


@dataclass(frozen=True)
class _Leaf:
    path: Path
    certificate: x509.Certificate

    @property
    def names(self) -> list[str]:
        found = self.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return list(found.value.get_values_for_type(x509.DNSName))


class Authority:
    """Issues the gateway's certificate.

    Args:
        directory: `{state}/ca`; made when absent.
        names: what every certificate has, beside the hosts asked for.
    """

    def __init__(self, directory: Path, names: Sequence[str]) -> None:
        self._directory = directory
        self._names = tuple(names)
        self._leaf: _Leaf | None = None
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._certificate, self._key = self._load()
        self._newest()

    @property
    def certificate(self) -> Path:
        """The authority's own certificate: what a client that shall trust this cloud is given."""
        return self._directory / "ca.pem"

    def leaf(self, hosts: Iterable[str], now: datetime) -> Path:
        """A PEM file, certificate before key, that is good for the hosts; a new file when the last one is not.

        The name changes with the content, so that HAProxy is reloaded exactly when the certificate has changed.
        """
        known = self._leaf.names if self._leaf else []
        missing = host_names.uncovered(hosts, known)
        if self._leaf is None or missing or self._leaf.certificate.not_valid_after_utc - now < _RENEW_BEFORE:
            self._leaf = self._issue([*dict.fromkeys([*self._names, *known, *missing])], now)
        return self._leaf.path

    def _load(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key_path = self._directory / "ca.key"
        if not key_path.exists() or not self.certificate.exists():
            return self._create(key_path)
        try:
            key = serialization.load_pem_private_key(key_path.read_bytes(), None)
            certificate = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        except ValueError as error:
            raise UserError(
                f"The certificate authority in {self._directory} can't be read: {error}.",
                f"Remove {self._directory}; a new one is made, and must be trusted anew.",
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise UserError(
                f"{key_path} is not the key of {self.certificate}.",
                f"Remove {self._directory}; a new authority is made, and must be trusted anew.",
            )
        return certificate, key

    def _create(self, key_path: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        now = datetime.now(UTC)
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Netflux local certificate authority")])
        certificate = (
            _builder(name, name, key, (now, _AUTHORITY_LIFE))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write(key_path, _key_pem(key), 0o600)
        _write(self.certificate, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
        return certificate, key

    def _newest(self) -> None:
        """The last leaf that this authority signed, if it can be read; others are removed."""
        for path in sorted(self._directory.glob("leaf-*.pem"), key=lambda found: found.stat().st_mtime, reverse=True):
            try:
                certificate = x509.load_pem_x509_certificate(path.read_bytes())
                certificate.verify_directly_issued_by(self._certificate)
            except Exception:  # noqa: BLE001 - whatever is wrong with it, a new one is issued
                path.unlink()
                continue
            if self._leaf is None:
                self._leaf = _Leaf(path, certificate)
            else:
                path.unlink()

    def _issue(self, names: Sequence[str], now: datetime) -> _Leaf:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Netflux gateway")])
        alternatives = [*map(x509.DNSName, names), *map(x509.IPAddress, _ADDRESSES)]
        certificate = (
            _builder(subject, self._certificate.subject, key, (now, _LEAF_LIFE))
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        path = self._directory / f"leaf-{certificate.serial_number:x}.pem"
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        _write(path, pem + self._certificate.public_bytes(serialization.Encoding.PEM) + _key_pem(key), 0o600)
        return _Leaf(path, certificate)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, life: tuple[datetime, timedelta]
) -> x509.CertificateBuilder:
    now, length = life
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1 if length == _AUTHORITY_LIFE else 0, hours=1))
        .not_valid_after(now + length - timedelta(hours=2))
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or absent, and never readable by others for a moment."""
    part = path.with_suffix(path.suffix + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
