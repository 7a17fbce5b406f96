"""Key material: made, written, and used with the `cryptography` package. Nothing here knows of records."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netflux.errors import AwsError

SYMMETRIC = "SYMMETRIC_DEFAULT"
RSA = {"RSA_2048": 2048, "RSA_3072": 3072, "RSA_4096": 4096}
CURVES = {"ECC_NIST_P256": "SECP256R1", "ECC_NIST_P384": "SECP384R1", "ECC_NIST_P521": "SECP521R1",
          "ECC_SECG_P256K1": "SECP256K1"}  # fmt: skip
HMACS = {"HMAC_224": "sha224", "HMAC_256": "sha256", "HMAC_384": "sha384", "HMAC_512": "sha512"}
_ECDSA = {"ECC_NIST_P256": "256", "ECC_SECG_P256K1": "256", "ECC_NIST_P384": "384", "ECC_NIST_P521": "512"}
_FORM = b"\x01"
_NONCE = 12


@dataclass(frozen=True)
class Sealed:
    """A ciphertext that was read.

    Attributes:
        key: id.
        material: number of the key's materials that sealed it.
        older: a release before has sealed it, in another form.
    """

    key: str
    material: int
    nonce: bytes
    text: bytes
    older: bool = False


def fresh(spec: str) -> bytes:
    """A new material: random bytes, or a private key in PKCS #8."""
    if spec == SYMMETRIC:
        return os.urandom(32)
    if spec in HMACS:
        return os.urandom(hashlib.new(HMACS[spec]).digest_size)
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    key: Any
    if spec in RSA:
        key = rsa.generate_private_key(public_exponent=65537, key_size=RSA[spec])
    else:
        key = ec.generate_private_key(getattr(ec, CURVES[spec])())
    encoding, form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8
    written_key: bytes = key.private_bytes(encoding, form, serialization.NoEncryption())
    return written_key


def written(secret: bytes) -> str:
    """As a record has it."""
    return base64.b64encode(secret).decode()


def read(text: str) -> bytes:
    """What a record has."""
    return base64.b64decode(text)


def _head(key: str, number: int) -> bytes:
    return _FORM + uuid.UUID(key).bytes + number.to_bytes(4, "big")


def _authenticated(context: Mapping[str, str]) -> bytes:
    """An encryption context: the order of its pairs does not matter."""
    return json.dumps(sorted(context.items()), ensure_ascii=False).encode()


def seal(place: tuple[str, int], secret: bytes, plain: bytes, context: Mapping[str, str]) -> bytes:
    """Encrypts with AES-256-GCM; the context and the key's id are authenticated.

    Args:
        place: the key's id and the material's number.
        secret: the material.
        plain: what is encrypted.
        context: has to be the same to decrypt.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE)
    head = _head(*place)
    return head + nonce + AESGCM(secret).encrypt(nonce, plain, head + _authenticated(context))


def opened_head(blob: bytes) -> Sealed:
    """Which key sealed a ciphertext; InvalidCiphertextException where it is none of ours."""
    if len(blob) < 1 + 16 + 4 + _NONCE + 16 or blob[:1] != _FORM:
        return _older(blob)
    key, number = str(uuid.UUID(bytes=blob[1:17])), int.from_bytes(blob[17:21], "big")
    return Sealed(key, number, blob[21 : 21 + _NONCE], blob[21 + _NONCE :])


def _older(blob: bytes) -> Sealed:
    """The form of the releases that had moto for KMS: the id as text, nonce, tag, ciphertext."""
    try:
        key = str(uuid.UUID(blob[:36].decode()))
    except (UnicodeDecodeError, ValueError):
        raise unreadable() from None
    if len(blob) < 36 + _NONCE + 16:
        raise unreadable()
    nonce, tag, text = blob[36 : 36 + _NONCE], blob[36 + _NONCE : 52 + _NONCE], blob[52 + _NONCE :]
    return Sealed(key, 1, nonce, text + tag, older=True)


def unseal(sealed: Sealed, secret: bytes, context: Mapping[str, str]) -> bytes:
    """The plaintext; InvalidCiphertextException where anything of it, or the context, is another."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if sealed.older:
        authenticated = "".join(name + value for name, value in sorted(context.items())).encode()
    else:
        authenticated = _head(sealed.key, sealed.material) + _authenticated(context)
    try:
        return AESGCM(secret).decrypt(sealed.nonce, sealed.text, authenticated)
    except InvalidTag:
        raise unreadable() from None


def unreadable() -> AwsError:
    """InvalidCiphertextException, which AWS gives no text."""
    return AwsError("InvalidCiphertextException", "")


def public(secret: bytes) -> bytes:
    """The public key of a private one, as SubjectPublicKeyInfo in DER."""
    from cryptography.hazmat.primitives import serialization

    form = serialization.PublicFormat.SubjectPublicKeyInfo
    found: bytes = _private(secret).public_key().public_bytes(serialization.Encoding.DER, form)
    return found


def algorithms(spec: str, usage: str) -> tuple[str, ...]:
    """What a key of this spec and usage can be used with."""
    if spec == SYMMETRIC:
        return (SYMMETRIC,)
    if spec in HMACS:
        return (f"HMAC_SHA_{spec.removeprefix('HMAC_')}",)
    if spec in CURVES:
        return (f"ECDSA_SHA_{_ECDSA[spec]}",)
    if usage == "ENCRYPT_DECRYPT":
        return ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
    return tuple(f"RSASSA_{form}_SHA_{size}" for form in ("PKCS1_V1_5", "PSS") for size in (256, 384, 512))


def mac(spec: str, secret: bytes, message: bytes) -> bytes:
    """The message's authentication code."""
    return hmac.new(secret, message, HMACS[spec]).digest()


def encrypt_rsa(secret: bytes, algorithm: str, plain: bytes) -> bytes:
    """With the public key; ValidationException where the text is too long for it."""
    try:
        found: bytes = _private(secret).public_key().encrypt(plain, _oaep(algorithm))
    except ValueError as error:
        raise AwsError("ValidationException", f"Algorithm {algorithm} and key spec cannot encrypt data of "
                       f"{len(plain)} bytes.") from error  # fmt: skip
    return found


def decrypt_rsa(secret: bytes, algorithm: str, blob: bytes) -> bytes:
    """With the private key."""
    try:
        found: bytes = _private(secret).decrypt(blob, _oaep(algorithm))
    except ValueError:
        raise unreadable() from None
    return found


def sign(secret: bytes, algorithm: str, message: bytes, *, digested: bool) -> bytes:
    """The signature; ValidationException where a digest has another length than the algorithm's."""
    from cryptography.hazmat.primitives.asymmetric import ec

    key, digest = _private(secret), _digest(algorithm, message, digested=digested)
    hashing = _prehashed(algorithm)
    found: bytes
    if algorithm.startswith("ECDSA"):
        found = key.sign(digest, ec.ECDSA(hashing))
    else:
        found = key.sign(digest, _padding(algorithm), hashing)
    return found


def verified(secret: bytes, algorithm: str, message: bytes, signature: bytes, *, digested: bool) -> bool:
    """Whether the signature is the message's."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec

    key, digest = _private(secret).public_key(), _digest(algorithm, message, digested=digested)
    try:
        if algorithm.startswith("ECDSA"):
            key.verify(signature, digest, ec.ECDSA(_prehashed(algorithm)))
        else:
            key.verify(signature, digest, _padding(algorithm), _prehashed(algorithm))
    except InvalidSignature:
        return False
    return True


def _private(secret: bytes) -> Any:
    from cryptography.hazmat.primitives import serialization

    return serialization.load_der_private_key(secret, None)


def _size(algorithm: str) -> str:
    return algorithm.rpartition("_")[2]


def _digest(algorithm: str, message: bytes, *, digested: bool) -> bytes:
    made = hashlib.new(f"sha{_size(algorithm)}", message).digest()
    if not digested:
        return made
    if len(message) != len(made):
        raise AwsError("ValidationException", "Digest is invalid length for algorithm " + algorithm + ".")
    return message


def _prehashed(algorithm: str) -> Any:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    return Prehashed(getattr(hashes, f"SHA{_size(algorithm)}")())


def _padding(algorithm: str) -> Any:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    if "PKCS1" in algorithm:
        return padding.PKCS1v15()
    hashing = getattr(hashes, f"SHA{_size(algorithm)}")()
    return padding.PSS(mgf=padding.MGF1(hashing), salt_length=hashing.digest_size)


def _oaep(algorithm: str) -> Any:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    hashing: Any = hashes.SHA256() if algorithm.endswith("256") else hashes.SHA1()  # noqa: S303 (the algorithm is this)
    return padding.OAEP(mgf=padding.MGF1(hashing), algorithm=hashing, label=None)
