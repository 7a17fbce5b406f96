"""Server certificates that IAM keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from netflux.aws.iam import errors, quotas, shape
from netflux.aws.iam.tables import TAGS, Tables, paged, tagged, tags_page, under, untagged
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.iam.account import ServerCertificate

if TYPE_CHECKING:
    from types_boto3_iam import type_defs as types


class ServerCertificates:
    """Operations on server certificates."""

    tables: Tables

    @operation("Path ServerCertificateName CertificateBody PrivateKey CertificateChain Tags(Key Value)")
    def upload_server_certificate(
        self, _call: Call, request: types.UploadServerCertificateRequestTypeDef
    ) -> dict[str, Any]:
        """Refuses what is no certificate, and a key that is another one's."""
        name, path = request["ServerCertificateName"], request.get("Path") or "/"
        kept = self.tables.server_certificates
        if kept.has("name", name.lower()):
            raise errors.exists(f"The Server Certificate with name {name} already exists.")
        if len(kept) >= quotas.SERVER_CERTIFICATES:
            raise errors.exceeded("ServerCertificatesPerAccount", quotas.SERVER_CERTIFICATES)
        chain = request.get("CertificateChain") or ""
        expires = _checked(request["CertificateBody"], request["PrivateKey"], chain)
        certificate = ServerCertificate(
            id=identifiers.base32("ASCA", 17),
            name=name,
            path=path,
            arn=self.tables.arn(f"server-certificate{path}{name}"),
            body=request["CertificateBody"],
            chain=chain,
            key=request["PrivateKey"],
            uploaded=self.tables.now(),
            expires=expires,
            tags=TAGS.read(request.get("Tags")),
        )
        kept.put(certificate)
        return {"ServerCertificateMetadata": _metadata(certificate), **shape.tags(certificate.tags)}

    @operation("ServerCertificateName")
    def get_server_certificate(self, _call: Call, request: types.GetServerCertificateRequestTypeDef) -> dict[str, Any]:
        """Without its key."""
        found = self._find(request)
        chain = {"CertificateChain": found.chain} if found.chain else {}
        shown = {"ServerCertificateMetadata": _metadata(found), "CertificateBody": found.body}
        return {"ServerCertificate": {**shown, **chain, **shape.tags(found.tags)}}

    @operation("PathPrefix Marker MaxItems")
    def list_server_certificates(
        self, _call: Call, request: types.ListServerCertificatesRequestTypeDef
    ) -> dict[str, Any]:
        """Those below a path."""
        found = [_metadata(one) for one in self.tables.server_certificates if under(one.path, request)]
        return paged("ServerCertificateMetadataList", found, request)

    @operation("ServerCertificateName NewPath NewServerCertificateName")
    def update_server_certificate(
        self, _call: Call, request: types.UpdateServerCertificateRequestTypeDef
    ) -> dict[str, Any]:
        """Its id stays, its ARN does not."""
        found, kept = self._find(request), self.tables.server_certificates
        name, path = request.get("NewServerCertificateName") or found.name, request.get("NewPath") or found.path
        if any(other.id != found.id for other in kept.where("name", name.lower())):
            raise errors.exists(f"The Server Certificate with name {name} already exists.")
        kept.put(replace(found, name=name, path=path, arn=self.tables.arn(f"server-certificate{path}{name}")))
        return {}

    @operation("ServerCertificateName")
    def delete_server_certificate(
        self, _call: Call, request: types.DeleteServerCertificateRequestTypeDef
    ) -> dict[str, Any]:
        """Listeners show certificates of ACM, so nothing has this one in use."""
        self.tables.server_certificates.delete(self._find(request).id)
        return {}

    @operation("ServerCertificateName Tags(Key Value)")
    def tag_server_certificate(self, _call: Call, request: types.TagServerCertificateRequestTypeDef) -> dict[str, Any]:
        """A key that is there in another case is replaced."""
        found = self._find(request)
        self.tables.server_certificates.put(replace(found, tags=tagged(found.tags, request)))
        return {}

    @operation("ServerCertificateName TagKeys")
    def untag_server_certificate(
        self, _call: Call, request: types.UntagServerCertificateRequestTypeDef
    ) -> dict[str, Any]:
        """Keys that are not there are none to remove."""
        found = self._find(request)
        self.tables.server_certificates.put(replace(found, tags=untagged(found.tags, request)))
        return {}

    @operation("ServerCertificateName Marker MaxItems")
    def list_server_certificate_tags(
        self, _call: Call, request: types.ListServerCertificateTagsRequestTypeDef
    ) -> dict[str, Any]:
        """Its tags."""
        return tags_page(self._find(request).tags, request)

    def _find(self, request: Mapping[str, Any]) -> ServerCertificate:
        name = request["ServerCertificateName"]
        found = self.tables.server_certificates.where("name", name.lower())
        if not found:
            raise errors.not_found("Server Certificate", name)
        return found[0]


def _checked(body: str, key: str, chain: str) -> datetime:
    """When the certificate expires; AwsError when the three do not belong together."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        certificate = x509.load_pem_x509_certificate(body.encode())
        if chain:
            x509.load_pem_x509_certificates(chain.encode())
    except ValueError as error:
        raise AwsError("MalformedCertificate", "Unable to parse certificate. It must be X.509 in PEM.") from error
    try:
        private = serialization.load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError) as error:
        raise AwsError(
            "MalformedCertificate", "Unable to parse the private key. It must be PEM without a passphrase."
        ) from error
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if private.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise AwsError("KeyPairMismatch", "The private key is not the one of the certificate.")
    return certificate.not_valid_after_utc


def _metadata(one: ServerCertificate) -> dict[str, Any]:
    return {
        "Path": one.path,
        "ServerCertificateName": one.name,
        "ServerCertificateId": one.id,
        "Arn": one.arn,
        "UploadDate": one.uploaded,
        "Expiration": one.expires,
    }
