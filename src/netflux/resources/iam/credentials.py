"""What users prove with who they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from netflux.controlplane.records.table import Schema


@dataclass(frozen=True)
class AccessKey:
    """A user's long-term key.

    Attributes:
        id: `AKIA` and more.
        user: the user's id.
        active: whether requests signed with it are taken.
    """

    id: str
    secret: str
    user: str
    active: bool
    created: datetime


@dataclass(frozen=True)
class LoginProfile:
    """A user's password.

    Attributes:
        user: the user's id.
        password: salt and digest; the password itself is kept nowhere.
        earlier: the same of the passwords before it, newest first.
        reset: whether the user has to choose another one.
    """

    user: str
    password: str
    created: datetime
    changed: datetime
    reset: bool = False
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True)
class PublicKey:
    """A user's SSH public key.

    Attributes:
        id: `APKA` and more.
        user: the user's id.
        fingerprint: MD5, in pairs of digits with colons between.
    """

    id: str
    user: str
    body: str
    fingerprint: str
    active: bool
    uploaded: datetime


@dataclass(frozen=True)
class SigningCertificate:
    """A user's X.509 certificate.

    Attributes:
        user: the user's id.
        body: PEM.
    """

    id: str
    user: str
    body: str
    active: bool
    uploaded: datetime


ACCESS_KEY = Schema(
    "iam/access-key",
    AccessKey,
    lambda key: key.id,
    indices={"user": lambda key: (key.user,)},
    references={"user": "iam/user"},
)
LOGIN_PROFILE = Schema(
    "iam/login-profile",
    LoginProfile,
    lambda profile: profile.user,
    indices={"user": lambda profile: (profile.user,)},
    references={"user": "iam/user"},
)
PUBLIC_KEY = Schema(
    "iam/ssh-public-key",
    PublicKey,
    lambda key: key.id,
    indices={"user": lambda key: (key.user,)},
    references={"user": "iam/user"},
)
SIGNING_CERTIFICATE = Schema(
    "iam/signing-certificate",
    SigningCertificate,
    lambda certificate: certificate.id,
    indices={"user": lambda certificate: (certificate.user,)},
    references={"user": "iam/user"},
)
