"""Certificates that ACM issues: asked for, and issued when the CNAMEs of their domains are there."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from netflux.aws.acm import shape, x509
from netflux.aws.acm.tables import Tables
from netflux.aws.acm.tags import TAGS
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.protocol.refusals import Violation, invalid
from netflux.controlplane.records.table import Change
from netflux.errors import AwsError, Unsupported
from netflux.resources.acm import AMAZON_ISSUED, ISSUED, PENDING_VALIDATION, Certificate, validated
from netflux.resources.route53.hostedzone import HOSTED_ZONE
from netflux.resources.route53.recordset import RECORD_SET

if TYPE_CHECKING:
    from types_boto3_acm.type_defs import RequestCertificateRequestTypeDef, UpdateCertificateOptionsRequestTypeDef

_log = logging.getLogger(__name__)

MOST_CERTIFICATES = 2500
_MOST_NAMES = 10
"""Quotas that an account has until it asks for more [user guide, "Quotas"]."""
_REMEMBERED = timedelta(hours=1)
"""For which a token stands for a request [RequestCertificate]."""
_LABEL = re.compile("[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_PATTERN = r"(\*\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])"
_DEFAULT_KEY = "RSA_2048"
_NO_MAIL = "No mail leaves this machine. Use ValidationMethod=DNS, with the CNAME in a public hosted zone of Route 53."
_NO_EXPORT = "Keys of certificates stay in the region: leave it out."


class Requests(Tables):
    """Operations on certificates that ACM issues."""

    @operation(
        "DomainName ValidationMethod SubjectAlternativeNames IdempotencyToken "
        "Options(CertificateTransparencyLoggingPreference Export) Tags(Key Value) KeyAlgorithm",
        only={"ValidationMethod": ("DNS",), "Options.Export": ("DISABLED",)},
        refused={
            "ValidationMethod": _NO_MAIL,
            "DomainValidationOptions": _NO_MAIL,
            "Options.Export": _NO_EXPORT,
            "Options.ValidationMethod": "Use ValidationMethod.",
            "CertificateAuthorityArn": "There is no private certificate authority here.",
            "ManagedBy": "CloudFront has the local authority's certificates here.",
        },
    )
    async def request_certificate(self, call: Call, request: RequestCertificateRequestTypeDef) -> dict[str, Any]:
        """A certificate that is issued when each of its names is validated by a CNAME [RequestCertificate]."""
        if "ValidationMethod" not in request:
            raise Unsupported("acm:RequestCertificate without ValidationMethod (validation by e-mail)", _NO_MAIL)
        names = _names(request)
        if len(names) > _MOST_NAMES:
            said = f"A certificate has at most {_MOST_NAMES} domain names; {len(names)} were given."
            raise AwsError("LimitExceededException", said)
        tags = TAGS.read(request.get("Tags"), own=call.access_key is None)
        kind = request.get("KeyAlgorithm", _DEFAULT_KEY)
        again = self._again(request.get("IdempotencyToken", ""), names)
        if again:
            return {"CertificateArn": again}
        key = await asyncio.to_thread(x509.new_key, kind)
        with self.documents.transaction():
            again = self._again(request.get("IdempotencyToken", ""), names)
            if not again:
                made = Certificate(
                    self.new_arn(), names[0], names, AMAZON_ISSUED, PENDING_VALIDATION, kind, key, self.clock.now(),
                    validations=tuple(shape.validation(name, self.account) for name in names),
                    token=request.get("IdempotencyToken", ""),
                    transparency=request.get("Options", {}).get("CertificateTransparencyLoggingPreference", "ENABLED"),
                    tags=tags,
                )  # fmt: skip
                self.certificates.put(made)
                self._validate(made)
                again = made.arn
        return {"CertificateArn": again}

    @operation(
        "CertificateArn Options(CertificateTransparencyLoggingPreference Export)",
        only={"Options.Export": ("DISABLED",)},
        refused={"Options.Export": _NO_EXPORT, "Options.ValidationMethod": _NO_MAIL},
    )
    def update_certificate_options(
        self, _call: Call, request: UpdateCertificateOptionsRequestTypeDef
    ) -> dict[str, Any]:
        """Whether the certificate is in transparency logs: kept, since none of this cloud's is in any."""
        found = self.the_certificate(request["CertificateArn"])
        if found.type != AMAZON_ISSUED:
            said = f"Certificate {found.arn} was imported: only those that ACM issues have options."
            raise x509.invalid(said)
        wanted = request["Options"].get("CertificateTransparencyLoggingPreference", found.transparency)
        self.certificates.put(replace(found, transparency=wanted))
        return {}

    def resume(self) -> None:
        """After a start: what was validated meanwhile is issued."""
        for certificate in self.certificates.where("status", PENDING_VALIDATION):
            self._validate(certificate)

    def follow(self, changes: Sequence[Change]) -> None:
        """Issues what a transaction of Route 53's has validated."""
        records = [change.after for change in changes if change.table == RECORD_SET.name and change.after is not None]
        found = {one.arn: one for record in records for one in self.certificates.where("validation", record.name)}
        if any(change.table == HOSTED_ZONE.name for change in changes):
            found |= {one.arn: one for one in self.certificates.where("status", PENDING_VALIDATION)}
        for certificate in found.values():
            try:
                self._validate(certificate)
            except (OSError, sqlite3.Error) as error:  # it is tried again with the next change, and at the next start
                _log.warning("the certificate %s could not be issued: %s", certificate.arn, error)

    def new_arn(self) -> str:
        """Of a new certificate."""
        return identifiers.arn("acm", f"certificate/{uuid.uuid4()}", self.account, self.region)

    def _validate(self, certificate: Certificate) -> None:
        if self.status(certificate) != PENDING_VALIDATION or certificate.type != AMAZON_ISSUED:
            return
        if not all(validated(self.documents, one) for one in certificate.validations):
            return
        now = self.clock.now()
        pem, chain = x509.issue(certificate.names, certificate.key, now)
        self.certificates.put(replace(certificate, status=ISSUED, certificate=pem, chain=chain, issued=now))
        _log.info("the certificate %s for %s is issued", certificate.arn, certificate.domain)

    def _again(self, token: str, names: Sequence[str]) -> str:
        """The ARN that a request with the same token was answered with; empty when there is none."""
        for one in self.certificates.where("token", token) if token else ():
            if (self.clock.now() - one.created) * self.clock.speed < _REMEMBERED and one.names == tuple(names):
                return one.arn
        return ""


def _names(request: RequestCertificateRequestTypeDef) -> tuple[str, ...]:
    """All names, the first one first.

    Raises:
        AwsError: one is no domain name. The model's pattern looks ahead, so nobody has held it against the request.
    """
    alternative = request.get("SubjectAlternativeNames") or ()
    listed = [request["DomainName"], *alternative]
    wrong = [
        Violation(path, value, f"Member must satisfy regular expression pattern: {_PATTERN}")
        for path, value, named in (
            ("domainName", request["DomainName"], [request["DomainName"]]),
            ("subjectAlternativeNames", [*alternative], alternative),
        )
        if not all(_is_domain(name) for name in named)
    ]
    if wrong:
        raise invalid("acm", "json", wrong)
    return tuple(dict.fromkeys(name.lower() for name in listed))


def _is_domain(name: str) -> bool:
    labels = name.removeprefix("*.").split(".")
    return len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels) and len(labels[-1]) > 1
