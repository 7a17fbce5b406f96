"""What the account has: an alias, a policy for passwords, server certificates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.records.table import Schema


@dataclass(frozen=True)
class AccountAlias:
    """The account's name in the address at which people sign in; there is one at most."""

    name: str


@dataclass(frozen=True)
class PasswordPolicy:
    """What users' passwords must be; the account's only one.

    Attributes:
        max_age: days; None where passwords do not expire.
        reuse: earlier passwords that a user can't choose again; None for none.
        hard_expiry: whether a user whose password has expired needs an administrator; None where nobody said.
    """

    minimum_length: int = 6
    symbols: bool = False
    numbers: bool = False
    uppercase: bool = False
    lowercase: bool = False
    users_change: bool = False
    max_age: int | None = None
    reuse: int | None = None
    hard_expiry: bool | None = None


@dataclass(frozen=True)
class ServerCertificate:
    """A certificate that listeners and distributions may show.

    Attributes:
        id: `ASCA` and more.
        path: begins and ends with `/`.
        body: PEM.
        chain: PEM; empty for none.
        key: PEM.
    """

    id: str
    name: str
    path: str
    arn: str
    body: str
    chain: str
    key: str
    uploaded: datetime
    expires: datetime
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CredentialReport:
    """The credential report that was made last.

    Attributes:
        content: CSV.
    """

    content: str
    made: datetime


ACCOUNT_ALIAS = Schema("iam/account-alias", AccountAlias, lambda alias: alias.name)
PASSWORD_POLICY = Schema("iam/password-policy", PasswordPolicy, lambda _policy: "account")
SERVER_CERTIFICATE = Schema(
    "iam/server-certificate",
    ServerCertificate,
    lambda certificate: certificate.id,
    indices={
        "name": lambda certificate: (certificate.name.lower(),),
        "arn": lambda certificate: (certificate.arn,),
    },
)
CREDENTIAL_REPORT = Schema("iam/credential-report", CredentialReport, lambda _report: "account")
