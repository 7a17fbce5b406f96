"""Who vouches for people of whom IAM knows nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.records.table import Schema


@dataclass(frozen=True)
class OpenIdProvider:
    """Who issues tokens that AssumeRoleWithWebIdentity takes.

    Attributes:
        url: without `https://`, as IAM tells it.
        client_ids: audiences.
    """

    arn: str
    url: str
    client_ids: tuple[str, ...]
    thumbprints: tuple[str, ...]
    created: datetime
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SamlProvider:
    """Who issues assertions that AssumeRoleWithSAML takes.

    Attributes:
        document: its metadata, XML.
        valid_until: when the metadata expire.
    """

    arn: str
    name: str
    id: str
    document: str
    created: datetime
    valid_until: datetime
    tags: dict[str, str] = field(default_factory=dict)


OPENID_PROVIDER = Schema("iam/openid-provider", OpenIdProvider, lambda provider: provider.arn)
SAML_PROVIDER = Schema("iam/saml-provider", SamlProvider, lambda provider: provider.arn)
