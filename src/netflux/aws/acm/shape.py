"""Certificates as answers have them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from netflux.aws.acm import x509
from netflux.resources.acm import AMAZON_ISSUED, IMPORTED, ISSUED, PENDING_VALIDATION, Certificate, Validation
from netflux.resources.route53 import domain

PATIENCE = timedelta(hours=72)
"""After which ACM no longer waits for a CNAME [user guide, "Troubleshoot DNS validation problems"]."""


def validation(name: str, account: str) -> Validation:
    """The CNAME that shows who has a domain: the same for an account and a name, with `*.` or without."""
    bare = domain.canonical(name.removeprefix("*."))
    digest = hashlib.sha256(f"{account}/{bare}".encode()).hexdigest()
    own, value = digest[:32], hashlib.sha256(digest.encode()).hexdigest()[:32]
    letters = "".join(chr(ord("a") + int(one, 16)) for one in digest[32:42])
    return Validation(name, f"_{own}.{bare}", f"_{value}.{letters}.acm-validations.aws.")


def status(certificate: Certificate, now: datetime, waited: timedelta) -> str:
    """What it is now.

    Args:
        certificate: the record.
        now: by the wall clock, which certificates go by.
        waited: simulated time since it was asked for.
    """
    if certificate.status == PENDING_VALIDATION:
        return "VALIDATION_TIMED_OUT" if waited > PATIENCE else PENDING_VALIDATION
    return "EXPIRED" if x509.expires(certificate.certificate) < now else ISSUED


def described(certificate: Certificate, now: str, users: Sequence[str], valid: Mapping[str, bool]) -> dict[str, Any]:
    """DescribeCertificate's answer.

    Args:
        certificate: the record.
        now: its status.
        users: ARNs of load balancers that show it.
        valid: by the name of its CNAME, whether it was found.
    """
    shown: dict[str, Any] = {
        "CertificateArn": certificate.arn, "DomainName": certificate.domain,
        "SubjectAlternativeNames": [*certificate.names], "Status": now, "Type": certificate.type,
        "KeyAlgorithm": certificate.algorithm, "InUseBy": [*users], "CreatedAt": certificate.created,
        "Options": {"CertificateTransparencyLoggingPreference": _transparency(certificate), "Export": "DISABLED"},
        "RenewalEligibility": "INELIGIBLE",
        "CertificateKeyPairOrigin": _origin(certificate),
    }  # fmt: skip
    times = {"IssuedAt": certificate.issued, "ImportedAt": certificate.imported}
    shown |= {name: when for name, when in times.items() if when is not None}
    if certificate.certificate:
        shown |= x509.shown(certificate.certificate)
    if certificate.type == AMAZON_ISSUED:
        shown["DomainValidationOptions"] = [
            {
                "DomainName": one.domain, "ValidationDomain": one.domain, "ValidationMethod": "DNS",
                "ValidationStatus": _validation_status(now, valid.get(one.name, False)),
                "ResourceRecord": {"Name": one.name, "Type": "CNAME", "Value": one.value},
            }
            for one in certificate.validations
        ]  # fmt: skip
    return shown


def _origin(certificate: Certificate) -> str:
    return "CUSTOMER_PROVIDED" if certificate.type == IMPORTED else "AWS_MANAGED"


def _transparency(certificate: Certificate) -> str:
    return "DISABLED" if certificate.type == IMPORTED else certificate.transparency


def _validation_status(now: str, valid: bool) -> str:
    if now == "VALIDATION_TIMED_OUT":
        return "SUCCESS" if valid else "FAILED"
    return "SUCCESS" if valid or now != PENDING_VALIDATION else PENDING_VALIDATION


def summary(certificate: Certificate, now: str, used: bool) -> dict[str, Any]:
    """ListCertificates' answer of one."""
    known = x509.shown(certificate.certificate) if certificate.certificate else {}
    shown: dict[str, Any] = {
        "CertificateArn": certificate.arn, "DomainName": certificate.domain,
        "SubjectAlternativeNameSummaries": [*certificate.names[:_MOST_SUMMARIES]],
        "HasAdditionalSubjectAlternativeNames": len(certificate.names) > _MOST_SUMMARIES, "Status": now,
        "Type": certificate.type, "KeyAlgorithm": certificate.algorithm, "InUse": used, "ExportOption": "DISABLED",
        "KeyUsages": [one["Name"] for one in known.get("KeyUsages", ())],
        "ExtendedKeyUsages": [one["Name"] for one in known.get("ExtendedKeyUsages", ())],
        "RenewalEligibility": "INELIGIBLE", "CreatedAt": certificate.created,
        "CertificateKeyPairOrigin": _origin(certificate),
    }  # fmt: skip
    times = {
        "NotBefore": known.get("NotBefore"), "NotAfter": known.get("NotAfter"), "IssuedAt": certificate.issued,
        "ImportedAt": certificate.imported,
    }  # fmt: skip
    return shown | {name: when for name, when in times.items() if when is not None}


_MOST_SUMMARIES = 100
