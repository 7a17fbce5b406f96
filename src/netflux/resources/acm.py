"""ACM's certificates, with the keys that only the region reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema
from netflux.resources.route53 import domain
from netflux.resources.route53.hostedzone import HOSTED_ZONE, closest
from netflux.resources.route53.recordset import RECORD_SET

IMPORTED, AMAZON_ISSUED = "IMPORTED", "AMAZON_ISSUED"
PENDING_VALIDATION, ISSUED = "PENDING_VALIDATION", "ISSUED"


@dataclass(frozen=True)
class Validation:
    """What shows that whoever asks for a certificate has a domain: a CNAME.

    Attributes:
        domain: one of the certificate's.
        name: of the CNAME, canonical.
        value: of the CNAME, canonical.
    """

    domain: str
    name: str
    value: str


@dataclass(frozen=True)
class Certificate:
    """A certificate.

    Attributes:
        arn: of this account and region.
        domain: the first of its names.
        names: DomainName and SubjectAlternativeNames, each once, as they were given.
        type: IMPORTED or AMAZON_ISSUED.
        status: PENDING_VALIDATION or ISSUED; what time makes of it is told when somebody asks.
        algorithm: of its key, e.g. `RSA_2048`.
        key: PEM. No operation tells it.
        certificate: PEM; empty while its domains are not validated.
        chain: PEM; empty for none.
        created: when it was asked for, or imported first.
        issued: when its domains were validated; None before, and for imported ones.
        imported: when it was imported last; None for others.
        validations: one for each name.
        token: IdempotencyToken of its request.
        transparency: CertificateTransparencyLoggingPreference.
        tags: by key.
    """

    arn: str
    domain: str
    names: tuple[str, ...]
    type: str
    status: str
    algorithm: str
    key: str
    created: datetime
    certificate: str = ""
    chain: str = ""
    issued: datetime | None = None
    imported: datetime | None = None
    validations: tuple[Validation, ...] = ()
    token: str = ""
    transparency: str = "ENABLED"
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def pem(self) -> bytes:
        """The certificate, its chain and its key, for a server."""
        parts = self.certificate, self.chain, self.key
        return b"".join(part.strip().encode() + b"\n" for part in parts if part.strip())

    @property
    def hosts(self) -> tuple[str, ...]:
        """Its names in lower case, some with `*.` for one label."""
        return tuple(dict.fromkeys(name.lower() for name in self.names))


CERTIFICATE = Schema(
    "acm/certificate",
    Certificate,
    lambda certificate: certificate.arn,
    indices={
        "token": lambda certificate: (certificate.token,) if certificate.token else (),
        "status": lambda certificate: (certificate.status,),
        "validation": lambda certificate: tuple({one.name for one in certificate.validations}),
    },
    remedy="Import the certificate anew, or request one.",
)


def validated(documents: Documents, validation: Validation) -> bool:
    """Whether a public hosted zone of this cloud has the CNAME.

    Of several zones the one with the longest name answers, as in DNS.
    """
    zones = (zone for zone in documents.table(HOSTED_ZONE) if not zone.private)
    records = documents.table(RECORD_SET)
    return any(
        domain.compared(value) == domain.compared(validation.value)
        for zone in closest(zones, validation.name)
        for record in records.where("name", f"{zone.id}/{validation.name}")
        if record.type == "CNAME"
        for value in record.values
    )
