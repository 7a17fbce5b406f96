"""The local certificate authority. Its certificate is shown to people, never installed unasked."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from netflux import setaside
from netflux.errors import UserError
from netflux.faults import Faults
from netflux.gateway import hosts as host_names

_AUTHORITY_LIFE = timedelta(days=3650)
_LEAF_LIFE = timedelta(days=397)
"""Browsers refuse server certificates that are valid for more than 398 days."""
_RENEW_BEFORE = timedelta(days=30)
_BACKDATED = timedelta(days=1)
"""So that a certificate is valid when the clock turns out to be fast, and is set right by less than this."""
_NAME = re.compile(r"(\*\.)?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_ADDRESSES = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))


@dataclass(frozen=True)
class _Leaf:
    path: Path
    certificate: x509.Certificate
    authority: x509.Certificate

    def lasts(self, now: datetime) -> bool:
        """Whether it is valid, and for a while yet."""
        found = self.certificate
        return found.not_valid_before_utc <= now and found.not_valid_after_utc - now >= _RENEW_BEFORE

    @property
    def names(self) -> list[str]:
        found = self.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return list(found.value.get_values_for_type(x509.DNSName))


class Authority:
    """Issues the gateway's certificates.

    Its own certificate is constrained to the domains of this cloud. Names of a person's own, as `app.example.com`, are
    certified by an authority made for them alone, whose key is gone as soon as it has signed. Both are in `ca.pem`.

    Args:
        directory: `{state}/ca`; made when absent.
        names: what every certificate has, beside the hosts asked for.
        domains: what the authority may certify, from `hosts.permitted`.
        faults: told when a clock or an authority is not valid.
    """

    def __init__(
        self, directory: Path, names: Sequence[str], domains: Sequence[str], faults: Faults | None = None
    ) -> None:
        self._directory = directory
        self._names = tuple(names)
        self._domains = tuple(domains)
        self._faults = faults or Faults()
        self._leaf: _Leaf | None = None
        self._others: _Leaf | None = None
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._certificate, self._key = self._load()
        self._leaf = self._newest("leaf-*.pem")
        self._others = self._newest("names-*.pem")
        self._bundle()
        self.look(datetime.now(UTC))

    @property
    def certificate(self) -> Path:
        """The authorities' own certificates: what a client that shall trust this cloud is given."""
        return self._directory / "ca.pem"

    def look(self, now: datetime) -> None:
        """Tells when the authority's certificate is not valid by the machine's clock."""
        start, end = self._certificate.not_valid_before_utc, self._certificate.not_valid_after_utc
        if start <= now <= end:
            self._faults.clear("clock", "ca")
            return
        what = f"is valid from {start:%Y-%m-%d %H:%M} on" if now < start else f"was valid until {end:%Y-%m-%d %H:%M}"
        self._faults.tell(
            "clock",
            "ca",
            f"The authority's certificate {self.certificate} {what} (UTC), and the clock of this machine shows "
            f"{now:%Y-%m-%d %H:%M}: no client accepts https.",
            "Set the clock (timedatectl set-ntp true). If it is right, stop the region and move "
            f"{self._directory} away: a new authority is made.",
        )

    def leaf(self, hosts: Iterable[str], now: datetime) -> Path:
        """A PEM file, certificate before key, that is good for those of the hosts that the authority may certify.

        A new file when the last one is not, or is not valid by this clock. The name changes with the content, so that
        HAProxy is reloaded exactly when the certificate has changed.
        """
        known = self._leaf.names if self._leaf else []
        missing = [host for host in host_names.uncovered(hosts, known) if host_names.within(host, self._domains)]
        if self._leaf is None or missing or not self._leaf.lasts(now):
            self._leaf = self._issue([*dict.fromkeys([*self._names, *known, *missing])], now)
        return self._leaf.path

    def others(self, hosts: Iterable[str], now: datetime) -> tuple[str, frozenset[str]]:
        """The same for the other hosts: the file, and the names that it is for; empty when there are none."""
        known = self._others.names if self._others else []
        asked = [host for host in hosts if not host_names.within(host, self._domains) and _NAME.fullmatch(host)]
        missing = host_names.uncovered(asked, known)
        if asked and (self._others is None or missing or not self._others.lasts(now)):
            self._others = self._issue_others([*dict.fromkeys([*known, *missing])], now)
            self._bundle()
        return (str(self._others.path), frozenset(asked)) if asked and self._others else ("", frozenset())

    def _load(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key_path = self._directory / "ca.key"
        if not key_path.exists() or not self.certificate.exists():
            return self._create(key_path)
        try:
            key = serialization.load_pem_private_key(key_path.read_bytes(), None)
            certificate = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        except (ValueError, TypeError) as error:
            raise UserError(
                f"The certificate authority in {self._directory} can't be read: {error}.",
                f"Put a copy of ca.pem and ca.key back, or move {self._directory} away; a new one is made then, and "
                "must be trusted anew.",
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise UserError(
                f"{key_path} is not the key of {self.certificate}.",
                f"Put a copy of both back, or move {self._directory} away; a new authority is made then, and must be "
                "trusted anew.",
            )
        return (certificate, key) if self._constrained(certificate) else self._create(key_path)

    def _constrained(self, certificate: x509.Certificate) -> bool:
        """An authority of an older netflux, or of a cloud with other names, is replaced."""
        try:
            found = certificate.extensions.get_extension_for_class(x509.NameConstraints)
        except x509.ExtensionNotFound:
            return False
        return found.critical and found.value == _constraints(self._domains)

    def _create(self, key_path: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        for old in (key_path, self.certificate):
            if old.exists():
                setaside.move(self._directory.parent, old)
        certificate, key = _authority(
            "Netflux local certificate authority", _constraints(self._domains), datetime.now(UTC)
        )
        _write(key_path, _key_pem(key))
        _write(self.certificate, certificate.public_bytes(serialization.Encoding.PEM))
        return certificate, key

    def _bundle(self) -> None:
        """`ca.pem`: the constrained authority first, for those who take only one."""
        encoding = serialization.Encoding.PEM
        content = self._certificate.public_bytes(encoding)
        if self._others is not None:
            content += self._others.authority.public_bytes(encoding)
        if self.certificate.read_bytes() != content:
            _write(self.certificate, content)

    def _newest(self, pattern: str) -> _Leaf | None:
        """The last certificate that was issued; earlier ones are removed, and what can't be read is set aside."""
        newest: _Leaf | None = None
        for path in sorted(self._directory.glob(pattern), key=lambda found: found.stat().st_mtime, reverse=True):
            try:
                leaf, authority, *_ = x509.load_pem_x509_certificates(path.read_bytes())
                leaf.verify_directly_issued_by(authority if pattern == "names-*.pem" else self._certificate)
            except Exception:  # noqa: BLE001 - whatever is wrong with it, a new one is issued
                setaside.move(self._directory.parent, path)
                continue
            if newest is None:
                newest = _Leaf(path, leaf, authority)
            else:
                path.unlink()
        return newest

    def _issue(self, names: Sequence[str], now: datetime) -> _Leaf:
        return _issued(self._directory, (self._certificate, self._key), (names, _ADDRESSES), now)

    def _issue_others(self, names: Sequence[str], now: datetime) -> _Leaf:
        constraints = x509.NameConstraints(
            [x509.DNSName(domain) for domain in sorted({name.removeprefix("*.") for name in names})],
            [x509.IPAddress(ipaddress.ip_network(every)) for every in ("0.0.0.0/0", "::/0")],
        )
        certificate, key = _authority("Netflux authority for names of your own", constraints, now)
        return _issued(self._directory, (certificate, key), (names, ()), now, "names")


def _constraints(domains: Sequence[str]) -> x509.NameConstraints:
    networks = [ipaddress.ip_network(network) for network in ("127.0.0.0/8", "::1/128")]
    return x509.NameConstraints([*map(x509.DNSName, domains), *map(x509.IPAddress, networks)], None)


def _authority(
    called: str, constraints: x509.NameConstraints, now: datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)])
    certificate = (
        _builder(name, name, key, (now, _AUTHORITY_LIFE))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(constraints, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def _issued(
    directory: Path,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    subject: tuple[Sequence[str], Sequence[ipaddress.IPv4Address | ipaddress.IPv6Address]],
    now: datetime,
    prefix: str = "leaf",
) -> _Leaf:
    (authority, signing), (names, addresses) = issuer, subject
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Netflux gateway")])
    alternatives = [*map(x509.DNSName, names), *map(x509.IPAddress, addresses)]
    certificate = (
        _builder(called, authority.subject, key, (now, _LEAF_LIFE))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .sign(signing, hashes.SHA256())
    )
    path = directory / f"{prefix}-{certificate.serial_number:x}.pem"
    encoding = serialization.Encoding.PEM
    _write(path, certificate.public_bytes(encoding) + authority.public_bytes(encoding) + _key_pem(key))
    return _Leaf(path, certificate, authority)


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
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + length - _BACKDATED)
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


def _write(path: Path, content: bytes) -> None:
    """Whole or absent, and never readable by others for a moment."""
    part = path.with_suffix(path.suffix + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
