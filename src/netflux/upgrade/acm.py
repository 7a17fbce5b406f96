"""ACM of release 0.1: certificates were moto's, which issued them without looking for a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.acm import CERTIFICATE, IMPORTED, ISSUED, PENDING_VALIDATION, Certificate, Validation
from netflux.resources.route53 import domain

_EVERY_KEY = (
    "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1",
)  # fmt: skip
_MOST_PAGES = 200
Json = Mapping[str, Any]


class Moto(Caller, Protocol):
    """Where they are."""

    async def certificate_key(self, arn: str) -> str:
        """A certificate's private key, PEM."""
        ...


async def adopt(moto: Moto, documents: Documents) -> None:
    """Puts records of all that is there; one that has a record already is left as it is.

    What moto had issued stays issued, with its certificate and key; what still waited waits for its CNAME.
    """
    arns: list[str] = []
    token: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        page = await moto.call("acm", "ListCertificates", {"Includes": {"keyTypes": [*_EVERY_KEY]}, **token})
        arns += [one["CertificateArn"] for one in page.get("CertificateSummaryList") or ()]
        if not page.get("NextToken"):
            break
        token = {"NextToken": page["NextToken"]}
    found = [await _certificate(moto, arn) for arn in arns]
    table = documents.table(CERTIFICATE)
    with documents.transaction():
        for one in found:
            if one.arn not in table:
                table.put(one)


async def _certificate(moto: Moto, arn: str) -> Certificate:
    told = (await moto.call("acm", "DescribeCertificate", {"CertificateArn": arn}))["Certificate"]
    tags = (await moto.call("acm", "ListTagsForCertificate", {"CertificateArn": arn})).get("Tags") or ()
    imported = told.get("Type") == IMPORTED
    waits = told.get("Status") == PENDING_VALIDATION and not imported
    pem, chain = ("", "") if waits else await _parts(moto, arn)
    names = [told["DomainName"], *(told.get("SubjectAlternativeNames") or ())]
    created = told.get("CreatedAt") or told.get("ImportedAt") or told["NotBefore"]
    options = told.get("Options") or {}
    return Certificate(
        arn, told["DomainName"], tuple(dict.fromkeys(names)), IMPORTED if imported else "AMAZON_ISSUED",
        PENDING_VALIDATION if waits else ISSUED, _algorithm(told["KeyAlgorithm"]), await moto.certificate_key(arn),
        created, pem, chain, None if imported or waits else told.get("IssuedAt") or created,
        (told.get("ImportedAt") or created) if imported else None, _validations(told),
        transparency=options.get("CertificateTransparencyLoggingPreference", "ENABLED"),
        tags={tag["Key"]: tag.get("Value", "") for tag in tags},
    )  # fmt: skip


async def _parts(moto: Moto, arn: str) -> tuple[str, str]:
    """The certificate and the part of its chain that certifies it: moto has a root of its own at the end."""
    try:
        told = await moto.call("acm", "GetCertificate", {"CertificateArn": arn})
    except AwsError:
        return "", ""
    signed = x509.load_pem_x509_certificate(told["Certificate"].encode())
    kept: list[str] = []
    for block in told.get("CertificateChain", "").split("-----END CERTIFICATE-----")[:-1]:
        pem = f"{block.strip()}\n-----END CERTIFICATE-----\n"
        issuer = x509.load_pem_x509_certificate(pem.encode())
        try:
            signed.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            break
        kept.append(pem)
        signed = issuer
    return told["Certificate"], "".join(kept)


def _validations(told: Json) -> tuple[Validation, ...]:
    found = []
    for one in told.get("DomainValidationOptions") or ():
        record = one.get("ResourceRecord")
        if record:
            named = domain.canonical(record["Name"]), domain.canonical(record["Value"])
            found.append(Validation(one["DomainName"], *named))
    return tuple(found)


def _algorithm(told: str) -> str:
    """moto writes `RSA-2048` for some."""
    return told.replace("-", "_")
