"""Certificates of either sort: imported, told, listed and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from netflux.aws.acm import shape, x509
from netflux.aws.acm.requests import MOST_CERTIFICATES, Requests
from netflux.aws.acm.tags import TAGS
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records import paging
from netflux.errors import AwsError
from netflux.resources.acm import IMPORTED, ISSUED, PENDING_VALIDATION, Certificate, validated

if TYPE_CHECKING:
    from types_boto3_acm.type_defs import (
        DeleteCertificateRequestTypeDef,
        DescribeCertificateRequestTypeDef,
        ExportCertificateRequestTypeDef,
        GetCertificateRequestTypeDef,
        ImportCertificateRequestTypeDef,
        ListCertificatesRequestTypeDef,
        RenewCertificateRequestTypeDef,
    )

_PAGE = 1000
_KEY_TYPES = ("RSA_1024", "RSA_2048")
"""Of the certificates that are listed when nothing is said of keys [API shape Filters]."""


class Certificates(Requests):
    """Operations on all certificates."""

    @operation("CertificateArn Certificate PrivateKey CertificateChain Tags(Key Value)")
    def import_certificate(self, call: Call, request: ImportCertificateRequestTypeDef) -> dict[str, Any]:
        """A certificate with its key; with an ARN in place of the one that is there [ImportCertificate]."""
        now, arn = self.clock.now(), request.get("CertificateArn")
        before = self.the_certificate(arn) if arn else None
        if before is not None and request.get("Tags"):
            raise x509.invalid("Tagging is not permitted on re-import.")
        given = cast("dict[str, bytes]", request)
        found = x509.read(given["Certificate"], given["PrivateKey"], given.get("CertificateChain", b""), now)
        if before is None:
            if len(self.certificates) >= MOST_CERTIFICATES:
                said = f"An account has at most {MOST_CERTIFICATES} certificates. Delete some first."
                raise AwsError("LimitExceededException", said)
            tags = TAGS.read(request.get("Tags"), own=call.access_key is None)
            before = Certificate(self.new_arn(), "", (), IMPORTED, ISSUED, "", "", now, tags=tags)
        elif before.type != IMPORTED:
            raise x509.invalid(f"Certificate {before.arn} was issued by ACM: only imported ones are imported again.")
        elif not {name.lower() for name in found.names} & {*before.hosts}:
            raise x509.invalid(
                f"The certificate has none of the domain names of {before.arn}. Import it without an ARN."
            )
        made = replace(
            before, domain=found.names[0], names=found.names, algorithm=found.algorithm, key=found.key,
            certificate=found.certificate, chain=found.chain, imported=now,
        )  # fmt: skip
        self.certificates.put(made)
        return {"CertificateArn": made.arn}

    @operation("CertificateArn")
    def describe_certificate(self, _call: Call, request: DescribeCertificateRequestTypeDef) -> dict[str, Any]:
        """One certificate, without its key."""
        found = self.the_certificate(request["CertificateArn"])
        valid = {one.name: validated(self.documents, one) for one in found.validations}
        return {"Certificate": shape.described(found, self.status(found), self.users(found.arn), valid)}

    @operation("CertificateArn")
    def get_certificate(self, _call: Call, request: GetCertificateRequestTypeDef) -> dict[str, Any]:
        """The certificate and its chain, PEM."""
        found = self.the_certificate(request["CertificateArn"])
        if not found.certificate:
            said = f"Certificate {found.arn} is not issued yet: {_waiting(found)}"
            raise AwsError("RequestInProgressException", said)
        chain = {"CertificateChain": found.chain} if found.chain else {}
        return {"Certificate": found.certificate, **chain}

    @operation(
        "CertificateStatuses CertificateKeyPairOrigins Includes(extendedKeyUsage keyUsage keyTypes exportOption) "
        "NextToken MaxItems SortBy SortOrder",
        refused={"Includes.managedBy": "No service manages certificates here."},
    )
    def list_certificates(self, _call: Call, request: ListCertificatesRequestTypeDef) -> dict[str, Any]:
        """Those that the filters let through; without one for keys, those with RSA keys up to 2048 bits."""
        if ("SortBy" in request) != ("SortOrder" in request):
            raise x509.invalid("SortBy and SortOrder are given together.")
        found = [shape.summary(one, self.status(one), bool(self.users(one.arn))) for one in self.certificates]
        includes = request.get("Includes", {})
        wanted = {
            "Status": request.get("CertificateStatuses"), "KeyAlgorithm": includes.get("keyTypes") or _KEY_TYPES,
            "KeyUsages": includes.get("keyUsage"), "ExtendedKeyUsages": includes.get("extendedKeyUsage"),
            "ExportOption": [includes["exportOption"]] if "exportOption" in includes else None,
            "CertificateKeyPairOrigin": request.get("CertificateKeyPairOrigins"),
        }  # fmt: skip
        for member, values in wanted.items():
            if values:
                found = [one for one in found if _has(one[member], values)]
        if request.get("SortOrder") == "DESCENDING":
            found.reverse()
        refusal = x509.invalid("The NextToken is none that an answer gave.")
        shown, token = paging.page(found, request.get("NextToken"), request.get("MaxItems", _PAGE), refusal)
        return {"CertificateSummaryList": shown, **({"NextToken": token} if token else {})}

    @operation("CertificateArn")
    def delete_certificate(self, _call: Call, request: DeleteCertificateRequestTypeDef) -> dict[str, Any]:
        """A certificate that no listener shows."""
        found = self.the_certificate(request["CertificateArn"])
        if self.users(found.arn):
            said = f"Certificate {found.arn} in account {self.account} is in use."
            raise AwsError("ResourceInUseException", said)
        self.certificates.delete(found.arn)
        return {}

    @operation("CertificateArn Passphrase")
    def export_certificate(self, _call: Call, request: ExportCertificateRequestTypeDef) -> dict[str, Any]:
        """None: those of a private authority and those that may be exported are not here."""
        found = self.the_certificate(request["CertificateArn"])
        raise x509.invalid(f"Certificate {found.arn} is not PRIVATE type and Export is not ENABLED.")

    @operation("CertificateArn")
    def renew_certificate(self, _call: Call, request: RenewCertificateRequestTypeDef) -> dict[str, Any]:
        """None: only those of a private authority are renewed by asking."""
        found = self.the_certificate(request["CertificateArn"])
        raise x509.invalid(f"Certificate {found.arn} is not eligible for renewal: no private authority has issued it.")


def _waiting(certificate: Certificate) -> str:
    if certificate.status != PENDING_VALIDATION:
        return "it has failed."
    wanted = "; ".join(f"{one.name} CNAME {one.value}" for one in certificate.validations)
    return f"put its CNAMEs into a public hosted zone: {wanted}"


def _has(found: object, values: Sequence[str]) -> bool:
    """Whether a summary's member, a text or a list of them, has one of the values."""
    return bool({*values} & ({*found} if isinstance(found, list) else {found}))
