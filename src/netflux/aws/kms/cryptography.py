"""What keys do: encrypting, decrypting, data keys, signatures, MACs, random bytes."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from typing import Any

from netflux.aws.kms import material
from netflux.aws.kms.part import REHEARSED, Part, Request
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.kmskeys import Key

_RECIPIENT = {"Recipient": "There are no Nitro enclaves here: leave it out."}
_MODIFIERS = {"DryRunModifiers": "Leave it out: a rehearsal looks at everything."}
_LARGEST = 4096
_SIZES = {"AES_256": 32, "AES_128": 16}


class Cryptography(Part):
    """Handlers of what uses a key."""

    @operation("KeyId Plaintext EncryptionContext EncryptionAlgorithm", neutral=REHEARSED)
    def encrypt(self, call: Call, request: Request) -> dict[str, Any]:
        """Up to 4 KB ("Encrypt", AWS KMS API Reference)."""
        key = self.usable(call, request["KeyId"], "ENCRYPT_DECRYPT")
        plain = bytes(request["Plaintext"])
        if not 1 <= len(plain) <= _LARGEST:
            raise AwsError("ValidationException", f"Plaintext has 1 to {_LARGEST} bytes.")
        algorithm = _algorithm(key, request.get("EncryptionAlgorithm"))
        blob = self._encrypted(key, algorithm, plain, request.get("EncryptionContext"))
        return {"CiphertextBlob": blob, "KeyId": key.arn, "EncryptionAlgorithm": algorithm}

    @operation(
        "CiphertextBlob EncryptionContext KeyId EncryptionAlgorithm",
        neutral=REHEARSED,
        refused={**_RECIPIENT, **_MODIFIERS},
    )
    def decrypt(self, call: Call, request: Request) -> dict[str, Any]:
        """What a symmetric key has encrypted says which one it was."""
        wanted = request.get("KeyId"), request.get("EncryptionAlgorithm")
        key, algorithm, plain = self._decrypted(
            call, bytes(request["CiphertextBlob"]), wanted, request.get("EncryptionContext")
        )
        return {"KeyId": key.arn, "Plaintext": plain, "EncryptionAlgorithm": algorithm}

    @operation(
        "CiphertextBlob SourceEncryptionContext SourceKeyId DestinationKeyId DestinationEncryptionContext "
        "SourceEncryptionAlgorithm DestinationEncryptionAlgorithm",
        neutral=REHEARSED,
        refused=_MODIFIERS,
    )
    def re_encrypt(self, call: Call, request: Request) -> dict[str, Any]:
        """Nobody sees the plaintext in between."""
        wanted = request.get("SourceKeyId"), request.get("SourceEncryptionAlgorithm")
        source, before, plain = self._decrypted(
            call, bytes(request["CiphertextBlob"]), wanted, request.get("SourceEncryptionContext")
        )
        key = self.usable(call, request["DestinationKeyId"], "ENCRYPT_DECRYPT")
        algorithm = _algorithm(key, request.get("DestinationEncryptionAlgorithm"))
        return {
            "CiphertextBlob": self._encrypted(key, algorithm, plain, request.get("DestinationEncryptionContext")),
            "SourceKeyId": source.arn,
            "KeyId": key.arn,
            "SourceEncryptionAlgorithm": before,
            "DestinationEncryptionAlgorithm": algorithm,
        }

    @operation("KeyId EncryptionContext NumberOfBytes KeySpec", neutral=REHEARSED, refused=_RECIPIENT)
    def generate_data_key(self, call: Call, request: Request) -> dict[str, Any]:
        """A data key, plain and encrypted."""
        plain = os.urandom(_length(request))
        return {"Plaintext": plain, **self._data_key(call, request, plain)}

    @operation("KeyId EncryptionContext NumberOfBytes KeySpec", neutral=REHEARSED)
    def generate_data_key_without_plaintext(self, call: Call, request: Request) -> dict[str, Any]:
        """A data key, encrypted only."""
        return self._data_key(call, request, os.urandom(_length(request)))

    @operation("EncryptionContext KeyId KeyPairSpec", neutral=REHEARSED, refused={
        **_RECIPIENT, "KeyPairSpec": "Choose RSA_*, ECC_NIST_* or ECC_SECG_P256K1."},
        only={"KeyPairSpec": (*material.RSA, *material.CURVES)})  # fmt: skip
    def generate_data_key_pair(self, call: Call, request: Request) -> dict[str, Any]:
        """A pair, its private key plain and encrypted."""
        private = material.fresh(request["KeyPairSpec"])
        return {"PrivateKeyPlaintext": private, **self._pair(call, request, private)}

    @operation("EncryptionContext KeyId KeyPairSpec", neutral=REHEARSED,
               refused={"KeyPairSpec": "Choose RSA_*, ECC_NIST_* or ECC_SECG_P256K1."},
               only={"KeyPairSpec": (*material.RSA, *material.CURVES)})  # fmt: skip
    def generate_data_key_pair_without_plaintext(self, call: Call, request: Request) -> dict[str, Any]:
        """A pair, its private key encrypted only."""
        return self._pair(call, request, material.fresh(request["KeyPairSpec"]))

    @operation("NumberOfBytes", refused={**_RECIPIENT, "CustomKeyStoreId": "There are no custom key stores here."})
    def generate_random(self, _call: Call, request: Request) -> dict[str, Any]:
        """1 to 1024 bytes."""
        if not request.get("NumberOfBytes"):
            raise AwsError("ValidationException", "NumberOfBytes is required.")
        return {"Plaintext": os.urandom(request["NumberOfBytes"])}

    @operation("KeyId Message MessageType SigningAlgorithm", neutral=REHEARSED, only={"MessageType": ("RAW", "DIGEST")},
               refused={"MessageType": "Choose RAW or DIGEST."})  # fmt: skip
    def sign(self, call: Call, request: Request) -> dict[str, Any]:
        """With a private key that never leaves."""
        key = self.usable(call, request["KeyId"], "SIGN_VERIFY")
        algorithm = _algorithm(key, request["SigningAlgorithm"])
        digested = request.get("MessageType") == "DIGEST"
        signature = material.sign(self.secret(key), algorithm, bytes(request["Message"]), digested=digested)
        return {"KeyId": key.arn, "Signature": signature, "SigningAlgorithm": algorithm}

    @operation("KeyId Message MessageType Signature SigningAlgorithm", neutral=REHEARSED,
               only={"MessageType": ("RAW", "DIGEST")}, refused={"MessageType": "Choose RAW or DIGEST."})  # fmt: skip
    def verify(self, call: Call, request: Request) -> dict[str, Any]:
        """A signature of something else is an error ("Verify", AWS KMS API Reference)."""
        key = self.usable(call, request["KeyId"], "SIGN_VERIFY")
        algorithm, signature = _algorithm(key, request["SigningAlgorithm"]), bytes(request["Signature"])
        digested = request.get("MessageType") == "DIGEST"
        if not material.verified(self.secret(key), algorithm, bytes(request["Message"]), signature, digested=digested):
            raise AwsError("KMSInvalidSignatureException", "")
        return {"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": algorithm}

    @operation("KeyId", neutral={"GrantTokens": REHEARSED["GrantTokens"]})
    def get_public_key(self, call: Call, request: Request) -> dict[str, Any]:
        """Of an asymmetric key."""
        key = self.usable(call, request["KeyId"])
        if key.spec == material.SYMMETRIC or key.spec in material.HMACS:
            raise AwsError("UnsupportedOperationException", f"{key.arn} is not an asymmetric key.")
        member = "SigningAlgorithms" if key.usage == "SIGN_VERIFY" else "EncryptionAlgorithms"
        return {
            "KeyId": key.arn,
            "PublicKey": material.public(self.secret(key)),
            "CustomerMasterKeySpec": key.spec,
            "KeySpec": key.spec,
            "KeyUsage": key.usage,
            member: [*material.algorithms(key.spec, key.usage)],
        }

    @operation("Message KeyId MacAlgorithm", neutral=REHEARSED)
    def generate_mac(self, call: Call, request: Request) -> dict[str, Any]:
        """By HMAC."""
        key = self.usable(call, request["KeyId"], "GENERATE_VERIFY_MAC")
        algorithm = _algorithm(key, request["MacAlgorithm"])
        mac = material.mac(key.spec, self.secret(key), bytes(request["Message"]))
        return {"Mac": mac, "MacAlgorithm": algorithm, "KeyId": key.arn}

    @operation("Message KeyId MacAlgorithm Mac", neutral=REHEARSED)
    def verify_mac(self, call: Call, request: Request) -> dict[str, Any]:
        """A MAC of something else is an error."""
        key = self.usable(call, request["KeyId"], "GENERATE_VERIFY_MAC")
        algorithm = _algorithm(key, request["MacAlgorithm"])
        mac = material.mac(key.spec, self.secret(key), bytes(request["Message"]))
        if not hmac.compare_digest(mac, bytes(request["Mac"])):
            raise AwsError("KMSInvalidMacException", "")
        return {"KeyId": key.arn, "MacValid": True, "MacAlgorithm": algorithm}

    def _data_key(self, call: Call, request: Request, plain: bytes) -> dict[str, Any]:
        key = self._symmetric(call, request)
        blob = self._encrypted(key, material.SYMMETRIC, plain, request.get("EncryptionContext"))
        return {"CiphertextBlob": blob, "KeyId": key.arn}

    def _pair(self, call: Call, request: Request, private: bytes) -> dict[str, Any]:
        key = self._symmetric(call, request)
        return {
            "PrivateKeyCiphertextBlob": self._encrypted(
                key, material.SYMMETRIC, private, request.get("EncryptionContext")
            ),
            "PublicKey": material.public(private),
            "KeyId": key.arn,
            "KeyPairSpec": request["KeyPairSpec"],
        }

    def _symmetric(self, call: Call, request: Request) -> Key:
        key = self.usable(call, request["KeyId"], "ENCRYPT_DECRYPT")
        if key.spec != material.SYMMETRIC:
            raise AwsError("InvalidKeyUsageException", f"{key.arn} is no symmetric encryption key.")
        return key

    def _encrypted(self, key: Key, algorithm: str, plain: bytes, context: Mapping[str, str] | None) -> bytes:
        secret = self.secret(key)
        if key.spec == material.SYMMETRIC:
            return material.seal((key.id, key.material), secret, plain, context or {})
        _check_no_context(context)
        return material.encrypt_rsa(secret, algorithm, plain)

    def _decrypted(
        self, call: Call, blob: bytes, wanted: tuple[str | None, str | None], context: Mapping[str, str] | None
    ) -> tuple[Key, str, bytes]:
        named, asked = wanted
        key = self.usable(call, named, "ENCRYPT_DECRYPT") if named else None
        if key is not None and key.spec != material.SYMMETRIC:
            algorithm = _algorithm(key, asked)
            _check_no_context(context)
            return key, algorithm, material.decrypt_rsa(self.secret(key), algorithm, blob)
        sealed = material.opened_head(blob)
        if key is not None and key.id != sealed.key:
            raise AwsError("IncorrectKeyException", "The key ID in the request does not identify a CMK that can "
                           "perform this operation.")  # fmt: skip
        if sealed.key not in self.kept.keys:
            raise material.unreadable()
        found = self.usable(call, sealed.key, "ENCRYPT_DECRYPT")
        plain = material.unseal(sealed, self.secret(found, sealed.material), context or {})
        return found, _algorithm(found, asked), plain


def _algorithm(key: Key, asked: str | None) -> str:
    known = material.algorithms(key.spec, key.usage)
    if asked is None and key.spec == material.SYMMETRIC:
        return known[0]
    if asked not in known:
        raise AwsError("InvalidKeyUsageException", f"Algorithm {asked or material.SYMMETRIC} is incompatible with key "
                       f"spec {key.spec}.")  # fmt: skip
    return str(asked)


def _check_no_context(context: Mapping[str, str] | None) -> None:
    if context:
        raise AwsError("ValidationException", "An asymmetric key takes no EncryptionContext.")


def _length(request: Request) -> int:
    spec, number = request.get("KeySpec"), request.get("NumberOfBytes")
    if (spec is None) == (number is None):
        raise AwsError("ValidationException", "Please specify either number of bytes or key spec.")
    return _SIZES[spec] if spec else int(number or 0)
