"""Users' SSH public keys and signing certificates."""

from __future__ import annotations

import base64
import hashlib
import secrets
import string
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.iam import errors, quotas
from netflux.aws.iam.tables import Tables, paged
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.iam.credentials import PublicKey, SigningCertificate
from netflux.resources.iam.identity import User

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from types_boto3_iam import type_defs as types

_STATUS = {"Status": ("Active", "Inactive")}
_MALFORMED = AwsError("MalformedCertificate", "The certificate is not an X.509 certificate in PEM.")


class UserCertificates:
    """Operations on SSH public keys and signing certificates."""

    tables: Tables

    @operation("UserName SSHPublicKeyBody")
    def upload_ssh_public_key(self, call: Call, request: types.UploadSSHPublicKeyRequestTypeDef) -> dict[str, Any]:
        """Takes RSA keys, as ssh-rsa or PEM ("UploadSSHPublicKey", IAM API Reference)."""
        user, body = self.tables.user(call, request), request["SSHPublicKeyBody"].strip()
        fingerprint = _fingerprint(_rsa(body))
        held = self.tables.public_keys.where("user", user.id)
        if any(key.fingerprint == fingerprint for key in held):
            raise AwsError("DuplicateSSHPublicKey", "The SSH public key has been uploaded for this user already.")
        if len(held) >= quotas.PUBLIC_KEYS:
            raise errors.exceeded("SSHPublicKeysPerUser", quotas.PUBLIC_KEYS)
        key = PublicKey(identifiers.base32("APKA"), user.id, body, fingerprint, active=True, uploaded=self.tables.now())
        self.tables.public_keys.put(key)
        return {"SSHPublicKey": _key(key, user)}

    @operation("UserName SSHPublicKeyId Encoding")
    def get_ssh_public_key(self, call: Call, request: types.GetSSHPublicKeyRequestTypeDef) -> dict[str, Any]:
        """As ssh-rsa or PEM, whichever was uploaded."""
        user, key = self._public_key(call, request)
        return {"SSHPublicKey": {**_key(key, user), "SSHPublicKeyBody": _encoded(key.body, request["Encoding"])}}

    @operation("UserName Marker MaxItems")
    def list_ssh_public_keys(self, call: Call, request: types.ListSSHPublicKeysRequestTypeDef) -> dict[str, Any]:
        """Without their bodies."""
        user = self.tables.user(call, request)
        found = [_key_listed(key, user) for key in self.tables.public_keys.where("user", user.id)]
        return paged("SSHPublicKeys", found, request)

    @operation("UserName SSHPublicKeyId Status", only=_STATUS)
    def update_ssh_public_key(self, call: Call, request: types.UpdateSSHPublicKeyRequestTypeDef) -> dict[str, Any]:
        """Active or inactive."""
        _, key = self._public_key(call, request)
        self.tables.public_keys.put(replace(key, active=request["Status"] == "Active"))
        return {}

    @operation("UserName SSHPublicKeyId")
    def delete_ssh_public_key(self, call: Call, request: types.DeleteSSHPublicKeyRequestTypeDef) -> dict[str, Any]:
        """Refuses one that the user has not."""
        _, key = self._public_key(call, request)
        self.tables.public_keys.delete(key.id)
        return {}

    @operation("UserName CertificateBody")
    def upload_signing_certificate(
        self, call: Call, request: types.UploadSigningCertificateRequestTypeDef
    ) -> dict[str, Any]:
        """Refuses what is no X.509 certificate."""
        from cryptography import x509

        user, body = self.tables.user(call, request), request["CertificateBody"]
        try:
            given = x509.load_pem_x509_certificate(body.encode())
        except ValueError as error:
            raise _MALFORMED from error
        held = self.tables.signing_certificates.where("user", user.id)
        if any(x509.load_pem_x509_certificate(one.body.encode()) == given for one in held):
            raise AwsError("DuplicateCertificate", "The certificate has been uploaded for this user already.")
        if len(held) >= quotas.SIGNING_CERTIFICATES:
            raise errors.exceeded("CertificatesPerUser", quotas.SIGNING_CERTIFICATES)
        identity = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(32))
        certificate = SigningCertificate(identity, user.id, body, active=True, uploaded=self.tables.now())
        self.tables.signing_certificates.put(certificate)
        return {"Certificate": _certificate(certificate, user)}

    @operation("UserName Marker MaxItems")
    def list_signing_certificates(
        self, call: Call, request: types.ListSigningCertificatesRequestTypeDef
    ) -> dict[str, Any]:
        """Those of the user."""
        user = self.tables.user(call, request)
        found = [_certificate(one, user) for one in self.tables.signing_certificates.where("user", user.id)]
        return paged("Certificates", found, request)

    @operation("UserName CertificateId Status", only=_STATUS)
    def update_signing_certificate(
        self, call: Call, request: types.UpdateSigningCertificateRequestTypeDef
    ) -> dict[str, Any]:
        """Active or inactive."""
        certificate = self._signing_certificate(call, request)
        self.tables.signing_certificates.put(replace(certificate, active=request["Status"] == "Active"))
        return {}

    @operation("UserName CertificateId")
    def delete_signing_certificate(
        self, call: Call, request: types.DeleteSigningCertificateRequestTypeDef
    ) -> dict[str, Any]:
        """Refuses one that the user has not."""
        self.tables.signing_certificates.delete(self._signing_certificate(call, request).id)
        return {}

    def _public_key(self, call: Call, request: Mapping[str, Any]) -> tuple[User, PublicKey]:
        user, key = self.tables.user(call, request), self.tables.public_keys.get(request["SSHPublicKeyId"])
        if key is None or key.user != user.id:
            raise errors.missing(f"The Public Key with id {request['SSHPublicKeyId']} cannot be found.")
        return user, key

    def _signing_certificate(self, call: Call, request: Mapping[str, Any]) -> SigningCertificate:
        user, found = self.tables.user(call, request), self.tables.signing_certificates.get(request["CertificateId"])
        if found is None or found.user != user.id:
            raise errors.missing(f"The Certificate with id {request['CertificateId']} cannot be found.")
        return found


def _rsa(body: str) -> RSAPublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    load = serialization.load_pem_public_key if body.startswith("-----") else serialization.load_ssh_public_key
    try:
        key = load(body.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AwsError("InvalidPublicKey", "The SSH public key is not an RSA key in ssh-rsa or PEM.") from error
    if not isinstance(key, RSAPublicKey):
        raise AwsError("InvalidPublicKey", "The SSH public key is not an RSA key.")
    return key


def _fingerprint(key: RSAPublicKey) -> str:
    """MD5 of what ssh-rsa encodes, as `ssh-keygen -l -E md5` shows it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    blob = base64.b64decode(key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1])
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[place : place + 2] for place in range(0, len(digest), 2))


def _encoded(body: str, encoding: str) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if body.startswith("-----") == (encoding == "PEM"):
        return body
    key = _rsa(body)
    if encoding == "PEM":
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _key_listed(key: PublicKey, user: User) -> dict[str, Any]:
    status = "Active" if key.active else "Inactive"
    return {"UserName": user.name, "SSHPublicKeyId": key.id, "Status": status, "UploadDate": key.uploaded}


def _key(key: PublicKey, user: User) -> dict[str, Any]:
    return {**_key_listed(key, user), "Fingerprint": key.fingerprint, "SSHPublicKeyBody": key.body}


def _certificate(one: SigningCertificate, user: User) -> dict[str, Any]:
    return {
        "UserName": user.name,
        "CertificateId": one.id,
        "CertificateBody": one.body,
        "Status": "Active" if one.active else "Inactive",
        "UploadDate": one.uploaded,
    }
