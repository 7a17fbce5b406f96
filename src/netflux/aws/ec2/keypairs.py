"""Key pairs: made or imported, kept and told. There is no instance to log in to."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2.filters import Filters, Read
from netflux.aws.ec2.nouns import KEY_PAIRS, invalid, missing
from netflux.aws.ec2.part import DRY_RUN, Part, shown_tags
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.instance import KeyPair

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
    from types_boto3_ec2.type_defs import (
        CreateKeyPairRequestTypeDef,
        DeleteKeyPairRequestTypeDef,
        DescribeKeyPairsRequestTypeDef,
        ImportKeyPairRequestTypeDef,
    )

_LONGEST = 255
_BITS = 2048
_SSH2 = b"---- BEGIN SSH2 PUBLIC KEY ----"
"""How a key of RFC 4716 begins."""
_IMPORTED = (1024, 2048, 4096)
"""Lengths of RSA keys ["Create a key pair", Amazon EC2 user guide]."""


class KeyPairs(Part):
    """The operations."""

    @operation(
        "KeyName KeyType KeyFormat TagSpecifications(ResourceType Tags(Key Value))",
        neutral=DRY_RUN,
        only={"KeyFormat": ("pem",)},
    )
    def create_key_pair(self, call: Call, request: CreateKeyPairRequestTypeDef) -> dict[str, Any]:
        """The private key is in this answer and nowhere else."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

        self._new(request["KeyName"])
        kind = request.get("KeyType") or "rsa"
        key = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, _BITS)
        form = (
            serialization.PrivateFormat.OpenSSH if kind == "ed25519" else serialization.PrivateFormat.TraditionalOpenSSL
        )
        material = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        pair = self._keep_pair(call, request, key.public_key(), kind, _of_private(key))
        return {**_told(pair), "KeyMaterial": material.decode()}

    @operation("KeyName PublicKeyMaterial TagSpecifications(ResourceType Tags(Key Value))", neutral=DRY_RUN)
    def import_key_pair(self, call: Call, request: ImportKeyPairRequestTypeDef) -> dict[str, Any]:
        """A public key in OpenSSH's form, DER in base64, or a file of RFC 4716.

        "Import your public key to Amazon EC2", Amazon EC2 user guide.
        """
        from cryptography.hazmat.primitives.asymmetric import rsa

        self._new(request["KeyName"])
        key = _public(bytes(request["PublicKeyMaterial"]))  # type: ignore[arg-type]
        if isinstance(key, rsa.RSAPublicKey):
            if key.key_size not in _IMPORTED:
                raise AwsError("InvalidKey.Format", f"A key of {key.key_size} bits is not taken. Use 2048 or 4096.")
            pair = self._keep_pair(call, request, key, "rsa", _of_public(key))
        else:
            pair = self._keep_pair(call, request, key, "ed25519", _of_ssh(key))
        return _told(pair)

    def _new(self, name: str) -> None:
        if not 0 < len(name) <= _LONGEST or not name.isascii():
            raise invalid(f"Value ({name}) for parameter KeyName is invalid. Use 1 to {_LONGEST} ASCII characters.")
        if self.tables.key_pairs.has("name", name):
            raise AwsError("InvalidKeyPair.Duplicate", f"The keypair already exists: {name}")

    def _keep_pair(
        self, call: Call, request: Any, key: RSAPublicKey | Ed25519PublicKey, kind: str, print_: str
    ) -> KeyPair:
        from cryptography.hazmat.primitives import serialization

        public = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
        pair = KeyPair(
            identifiers.hexadecimal("key"),
            request["KeyName"],
            kind,
            print_,
            f"{public} {request['KeyName']}",
            self.clock.now(),
            self.tags(call, request, KEY_PAIRS),
        )
        self.tables.key_pairs.put(pair)
        return pair

    @operation("KeyName KeyPairId", neutral=DRY_RUN)
    def delete_key_pair(self, _call: Call, request: DeleteKeyPairRequestTypeDef) -> dict[str, Any]:
        """A pair that is not there was deleted already."""
        name, identity = request.get("KeyName"), request.get("KeyPairId")
        if not name and not identity:
            raise missing("keyName", "keyPairId")
        found = [self.tables.key_pairs.get(identity)] if identity else self.tables.key_pairs.where("name", name or "")
        for pair in found:
            if pair is not None:
                self.tables.key_pairs.delete(pair.id)
                return {"Return": True, "KeyPairId": pair.id}
        return {"Return": True}

    @operation("KeyNames KeyPairIds IncludePublicKey Filters(Name Values)", neutral=DRY_RUN)
    def describe_key_pairs(self, _call: Call, request: DescribeKeyPairsRequestTypeDef) -> dict[str, Any]:
        """Pairs by names, ids and filters."""
        read: dict[str, Read] = {
            "key-pair-id": lambda pair: pair.id,
            "fingerprint": lambda pair: pair.fingerprint,
            "key-name": lambda pair: pair.name,
        }
        ids = [*(request.get("KeyPairIds") or ()), *map(self._pair_named, request.get("KeyNames") or ())]
        wanted = Filters[KeyPair](read, lambda pair: pair.tags, {"key-name": "name"})
        found = wanted.found(self.documents, KEY_PAIRS, ids, request.get("Filters"))
        return {"KeyPairs": [self._pair_shape(pair, public=bool(request.get("IncludePublicKey"))) for pair in found]}

    def _pair_named(self, name: str) -> str:
        for pair in self.tables.key_pairs.where("name", name):
            return pair.id
        raise AwsError("InvalidKeyPair.NotFound", f"The key pair '{name}' does not exist")

    def _pair_shape(self, pair: KeyPair, *, public: bool) -> dict[str, Any]:
        told = {**_told(pair), "KeyType": pair.type, "CreateTime": pair.created, "Tags": shown_tags(pair.tags)}
        return {**told, "PublicKey": pair.public_key} if public else told


def _told(pair: KeyPair) -> dict[str, Any]:
    return {
        "KeyPairId": pair.id,
        "KeyName": pair.name,
        "KeyFingerprint": pair.fingerprint,
        **({"Tags": shown_tags(pair.tags)} if pair.tags else {}),
    }


def _public(material: bytes) -> RSAPublicKey | Ed25519PublicKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    try:
        text = material.strip()
        if text.startswith(b"-----BEGIN"):
            key: Any = serialization.load_pem_public_key(text)
        elif text.startswith(_SSH2):
            key = serialization.load_ssh_public_key(_one_line(text.decode()).encode())
        elif text.startswith(b"ssh-"):
            key = serialization.load_ssh_public_key(text)
        else:
            key = serialization.load_der_public_key(base64.b64decode(text, validate=True))
    except Exception as error:
        raise _no_key() from error
    if not isinstance(key, rsa.RSAPublicKey | ed25519.Ed25519PublicKey):
        raise _no_key()
    return key


def _one_line(text: str) -> str:
    """A key in RFC 4716's form, in OpenSSH's; headers, which a backslash continues, go."""
    lines = text.replace("\\\r\n", "").replace("\\\n", "").splitlines()
    body = base64.b64decode("".join(line.strip() for line in lines[1:-1] if ":" not in line), validate=True)
    length = int.from_bytes(body[:4], "big")
    return f"{body[4 : 4 + length].decode()} {base64.b64encode(body).decode()}"


def _no_key() -> AwsError:
    return AwsError("InvalidKey.Format", "Key is not in valid OpenSSH public key format")


def _of_private(key: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """The fingerprint of a pair that EC2 has made: SHA-1 of the private key's DER, SHA-256 of an ED25519 one."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    if isinstance(key, ed25519.Ed25519PrivateKey):
        return _of_ssh(key.public_key())
    form = serialization.PrivateFormat.PKCS8
    der = key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())
    return _colons(hashlib.sha1(der, usedforsecurity=False).hexdigest())


def _of_public(key: RSAPublicKey) -> str:
    """The fingerprint of an imported RSA key: MD5 of its DER."""
    from cryptography.hazmat.primitives import serialization

    form = serialization.PublicFormat.SubjectPublicKeyInfo
    der = key.public_bytes(serialization.Encoding.DER, form)
    return _colons(hashlib.md5(der, usedforsecurity=False).hexdigest())


def _of_ssh(key: Ed25519PublicKey) -> str:
    """OpenSSH's own fingerprint: SHA-256 of the key, in base64."""
    from cryptography.hazmat.primitives import serialization

    text = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return base64.b64encode(hashlib.sha256(base64.b64decode(text.split()[1])).digest()).decode()


def _colons(digits: str) -> str:
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
