"""Certificates and keys as X.509: read and held to ACM's rules, and issued. Pure, but keys are drawn by lot.

User guide, "Prerequisites for importing ACM certificates" and "Certificate and key format for importing".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from netflux.errors import AwsError

LIFE = timedelta(days=198)
"""Of a certificate that ACM issues [user guide, "AWS Certificate Manager public certificates"]."""

_RSA = (1024, 2048, 3072, 4096)
_CURVES = {"secp256r1": "EC_prime256v1", "secp384r1": "EC_secp384r1", "secp521r1": "EC_secp521r1"}
_REQUESTED: dict[str, Any] = {"EC_prime256v1": ec.SECP256R1, "EC_secp384r1": ec.SECP384R1}
_LARGEST_KEY = 5120  # bytes
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_SOON = timedelta(minutes=5)

_USAGES = {
    "digital_signature": "DIGITAL_SIGNATURE", "content_commitment": "NON_REPUDIATION",
    "key_encipherment": "KEY_ENCIPHERMENT", "data_encipherment": "DATA_ENCIPHERMENT", "key_agreement": "KEY_AGREEMENT",
    "key_cert_sign": "CERTIFICATE_SIGNING", "crl_sign": "CRL_SIGNING",
}  # fmt: skip
_ALL_USAGES = (*_USAGES, "encipher_only", "decipher_only")
_OWN_USAGES = ("digital_signature", "key_encipherment")
_EXTENDED = {
    ExtendedKeyUsageOID.SERVER_AUTH: "TLS_WEB_SERVER_AUTHENTICATION",
    ExtendedKeyUsageOID.CLIENT_AUTH: "TLS_WEB_CLIENT_AUTHENTICATION",
    ExtendedKeyUsageOID.CODE_SIGNING: "CODE_SIGNING",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "EMAIL_PROTECTION",
    ExtendedKeyUsageOID.TIME_STAMPING: "TIME_STAMPING",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSP_SIGNING",
}


@dataclass(frozen=True)
class Imported:
    """What an import brought.

    Attributes:
        names: that the certificate is for, its subject's common name first.
        algorithm: of its key.
        certificate: PEM.
        chain: PEM; empty for none.
        key: PEM.
    """

    names: tuple[str, ...]
    algorithm: str
    certificate: str
    chain: str
    key: str


def read(certificate: bytes, key: bytes, chain: bytes, now: datetime) -> Imported:
    """What was imported.

    Raises:
        AwsError: ValidationException with what is wrong.
    """
    blocks = _BLOCK.findall(certificate)
    if len(blocks) > 1:
        raise invalid(
            "The certificate field contains more than one certificate. You can specify only one certificate in this "
            "field."
        )
    own = _certificate(certificate, "The certificate is not PEM-encoded or is not valid.")
    private = _key(key)
    if _public(own.public_key()) != _public(private.public_key()):
        raise invalid("The private key does not match the certificate: its public key is another one.")
    if now < own.not_valid_before_utc:
        raise invalid(f"The certificate is not in effect yet: it is valid from {own.not_valid_before_utc} on.")
    if now > own.not_valid_after_utc:
        raise invalid(f"The certificate has expired: it was valid until {own.not_valid_after_utc}.")
    names = hosts(own)
    if not names:
        raise invalid("The certificate has neither a common name nor a DNS name. Make one for a domain name.")
    _check_chain(own, chain)
    return Imported(names, algorithm(private.public_key()), _text(certificate), _text(chain), _text(key))


def invalid(message: str) -> AwsError:
    """ACM's refusal of what it can't take."""
    return AwsError("ValidationException", message)


def _certificate(pem: bytes, said: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise invalid(said) from error


def _key(pem: bytes) -> Any:
    if len(pem) > _LARGEST_KEY:
        raise invalid(f"The private key is larger than {_LARGEST_KEY} bytes.")
    if b"ENCRYPTED" in pem:
        raise invalid("The private key is encrypted. Give one without a passphrase.")
    try:
        found = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise invalid("The private key is not PEM-encoded or is not valid.") from error
    if not algorithm(found.public_key()):
        raise invalid(
            "The private key is not supported. Only RSA keys of 1024, 2048, 3072 and 4096 bits, and ECDSA keys of 256, "
            "384 and 521 bits are."
        )
    return found


def _check_chain(own: x509.Certificate, chain: bytes) -> None:
    """Each certificate of the chain certifies the one before it."""
    said = "The certificate chain is not PEM-encoded or is not valid."
    if chain and not _BLOCK.search(chain):
        raise invalid(said)
    found = [_certificate(block, said) for block in _BLOCK.findall(chain)]
    signed = own
    for issuer in found:
        try:
            signed.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise invalid("Could not validate the certificate with the certificate chain.") from error
        signed = issuer


def hosts(certificate: x509.Certificate) -> tuple[str, ...]:
    """A certificate's names: its common name, and its DNS names."""
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        alternative = extension.value.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        alternative = []
    return tuple(dict.fromkeys([*(str(one.value) for one in common[:1]), *alternative]))


def _public(key: Any) -> bytes:
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(key.public_bytes(encoding, form))


def algorithm(key: Any) -> str:
    """ACM's name of a public key's algorithm and size; empty for one that it does not take."""
    if isinstance(key, rsa.RSAPublicKey) and key.key_size in _RSA:
        return f"RSA_{key.key_size}"
    return _CURVES.get(key.curve.name, "") if isinstance(key, ec.EllipticCurvePublicKey) else ""


def new_key(kind: str) -> str:
    """A private key, PEM; takes a tenth of a second for RSA.

    Raises:
        AwsError: certificates of ACM's own have other keys.
    """
    made: Any
    if kind == "RSA_2048":
        made = rsa.generate_private_key(65_537, 2048)
    elif kind in _REQUESTED:
        made = ec.generate_private_key(_REQUESTED[kind]())
    else:
        raise invalid(
            f"The key algorithm {kind} is for imported certificates. Request RSA_2048, {', '.join(_REQUESTED)}."
        )
    return _pem(made)


def _pem(key: Any) -> str:
    plain, form = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    return bytes(key.private_bytes(serialization.Encoding.PEM, form, plain)).decode()


def issue(names: Sequence[str], key: str, now: datetime) -> tuple[str, str]:
    """A certificate and its chain, PEM, by an issuer made for it alone, whose key is gone when it has signed.

    Args:
        names: that it is for, the first being its subject.
        key: its private key, PEM.
        now: from when on it is valid.
    """
    private: Any = serialization.load_pem_private_key(key.encode(), None)
    authority = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Netflux"),
                        x509.NameAttribute(NameOID.COMMON_NAME, "Netflux ACM")])  # fmt: skip
    base = x509.CertificateBuilder().issuer_name(issuer).not_valid_before(now - _SOON)
    root = (
        base.subject_name(issuer).public_key(authority.public_key()).serial_number(x509.random_serial_number())
        .not_valid_after(now + LIFE).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority, hashes.SHA256())
    )  # fmt: skip
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])] if len(names[0]) <= 64 else [])
    usage = x509.KeyUsage(**dict.fromkeys(_ALL_USAGES, False) | dict.fromkeys(_OWN_USAGES, True))
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    leaf = (
        base.subject_name(subject).public_key(private.public_key()).serial_number(x509.random_serial_number())
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=not subject.rdns)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True).add_extension(purposes, critical=False)
        .sign(authority, hashes.SHA256())
    )  # fmt: skip
    encoding = serialization.Encoding.PEM
    return leaf.public_bytes(encoding).decode(), root.public_bytes(encoding).decode()


def shown(pem: str) -> dict[str, Any]:
    """What DescribeCertificate tells of a certificate itself."""
    found = _loaded(pem)
    digits = f"{found.serial_number:x}"
    serial = digits.zfill(len(digits) + len(digits) % 2)
    return {
        "Serial": ":".join(serial[place : place + 2] for place in range(0, len(serial), 2)),
        "Subject": ",".join(part.rfc4514_string() for part in found.subject.rdns),
        "Issuer": _issuer(found),
        "NotBefore": found.not_valid_before_utc,
        "NotAfter": found.not_valid_after_utc,
        "SignatureAlgorithm": _signature(found),
        "KeyUsages": [{"Name": name} for name in key_usages(found)],
        "ExtendedKeyUsages": extended_key_usages(found),
    }


def expires(pem: str) -> datetime:
    """When a certificate does."""
    return _loaded(pem).not_valid_after_utc


@lru_cache(maxsize=2500)
def _loaded(pem: str) -> x509.Certificate:
    """Lists tell of all certificates there are, and each takes a while to read."""
    return x509.load_pem_x509_certificate(pem.encode())


def _issuer(found: x509.Certificate) -> str:
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        named = found.issuer.get_attributes_for_oid(oid)
        if named:
            return str(named[0].value)
    return found.issuer.rfc4514_string()


def _signature(found: x509.Certificate) -> str:
    digest = found.signature_hash_algorithm
    how = "ECDSA" if found.signature_algorithm_oid.dotted_string.startswith("1.2.840.10045") else "RSA"
    return f"{digest.name.upper() if digest else ''}WITH{how}"


def key_usages(found: x509.Certificate) -> list[str]:
    """ACM's names of a certificate's key usages."""
    try:
        usage = found.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return ["ANY"]
    return [name for attribute, name in _USAGES.items() if getattr(usage, attribute)]


def extended_key_usages(found: x509.Certificate) -> list[dict[str, str]]:
    """ACM's names and the object identifiers of a certificate's extended key usages."""
    try:
        purposes = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return [{"Name": "NONE", "OID": ""}]
    return [{"Name": _EXTENDED.get(one, "CUSTOM"), "OID": one.dotted_string} for one in purposes]


def _text(pem: bytes) -> str:
    return pem.decode("ascii", "replace")
