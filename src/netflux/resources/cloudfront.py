"""CloudFront's nouns: distributions, invalidations, and what distributions use: access controls and policies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from netflux.controlplane.records.table import Body, Schema

USED = ("CachePolicy", "OriginRequestPolicy", "ResponseHeadersPolicy")
"""Kinds of policies that a behavior names by its member of this name and `Id`."""


@dataclass(frozen=True)
class Configured:
    """An access control or a policy.

    Attributes:
        etag: of this configuration; another one after each change.
        modified: when it was made or changed last.
        config: as the API takes it.
    """

    id: str
    etag: str
    modified: datetime
    config: dict[str, Any]

    @property
    def name(self) -> str:
        """It is that of one thing of its kind only."""
        return str(self.config["Name"])


@dataclass(frozen=True)
class Distribution:
    """A distribution.

    Attributes:
        etag: of this configuration; another one after each change.
        modified: when it was made or changed last.
        config: as the API takes it, without defaults; one that can't be served can't be read.
        tags: by key.
    """

    id: str
    arn: str
    etag: str
    modified: datetime
    config: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """ValueError where the configuration lacks what serving needs."""
        try:
            for origin in self.config["Origins"]["Items"]:
                origin["Id"], origin["DomainName"]
            self.config["CallerReference"], self.config["DefaultCacheBehavior"]["TargetOriginId"]
        except (KeyError, TypeError) as error:
            raise ValueError(f"its configuration lacks {error}") from error

    @property
    def aliases(self) -> tuple[str, ...]:
        """Further names, lower-case; each is of one distribution only."""
        return tuple(name.lower() for name in (self.config.get("Aliases") or {}).get("Items") or [])

    @property
    def uses(self) -> Iterator[str]:
        """Ids of the access controls and policies that its configuration names, its identities, and ARNs of
        functions and of its certificate.
        """
        rules = (self.config.get("CacheBehaviors") or {}).get("Items") or []
        yield (self.config.get("ViewerCertificate") or {}).get("ACMCertificateArn") or ""
        for origin in self.config["Origins"]["Items"]:
            yield origin.get("OriginAccessControlId") or ""
            yield (origin.get("S3OriginConfig") or {}).get("OriginAccessIdentity") or ""
        for rule in (self.config["DefaultCacheBehavior"], *rules):
            for kind in USED:
                yield rule.get(f"{kind}Id") or ""
            for association in (rule.get("FunctionAssociations") or {}).get("Items") or []:
                yield association["FunctionARN"]


@dataclass(frozen=True)
class Invalidation:
    """Paths that the edge drops, or has dropped.

    Attributes:
        distribution: its id.
        batch: InvalidationBatch, as the API takes it.
        completed: the edge has dropped them.
    """

    id: str
    distribution: str
    created: datetime
    batch: dict[str, Any]
    completed: bool = False


def _configured(kind: str) -> Schema[Configured]:
    return Schema(
        f"cloudfront/{kind}",
        Configured,
        lambda one: one.id,
        indices={"name": lambda one: (one.name,)},
        remedy="Put a copy of netflux.db back, or make it anew.",
    )


ORIGIN_ACCESS_CONTROL = _configured("OriginAccessControl")
CACHE_POLICY = _configured("CachePolicy")
ORIGIN_REQUEST_POLICY = _configured("OriginRequestPolicy")
RESPONSE_HEADERS_POLICY = _configured("ResponseHeadersPolicy")


def _tags_by_key(body: Body) -> Body:
    """Of the format before, whose tags were as the API has them."""
    return {**body, "tags": {tag["Key"]: tag.get("Value") or "" for tag in body["tags"]}}


DISTRIBUTION = Schema(
    "cloudfront/distribution",
    Distribution,
    lambda distribution: distribution.id,
    indices={
        "reference": lambda distribution: (distribution.config["CallerReference"],),
        "uses": lambda distribution: filter(None, distribution.uses),
        "alias": lambda distribution: distribution.aliases,
    },
    migrations=(_tags_by_key,),
    remedy="Put a copy of netflux.db back, or make the distribution anew.",
)
INVALIDATION = Schema(
    "cloudfront/invalidation",
    Invalidation,
    lambda invalidation: f"{invalidation.distribution}/{invalidation.id}",
    indices={"distribution": lambda invalidation: (invalidation.distribution,)},
    references={"distribution": DISTRIBUTION.name},
    remedy="It is a record of the past only.",
)


@dataclass(frozen=True)
class Version:
    """A function's code with its configuration.

    Attributes:
        etag: of this version.
        modified: when it was made or changed last.
        config: as the API takes it.
        code: JavaScript.
    """

    etag: str
    modified: datetime
    config: dict[str, Any]
    code: str


@dataclass(frozen=True)
class Function:
    """A CloudFront function.

    Attributes:
        development: what is edited and tested.
        live: what distributions run; None before it was published.
        tags: by key.
    """

    name: str
    arn: str
    created: datetime
    development: Version
    live: Version | None = None
    tags: dict[str, str] = field(default_factory=dict)


FUNCTION = Schema(
    "cloudfront/function",
    Function,
    lambda function: function.name,
    remedy="Put a copy of netflux.db back, or make the function anew.",
)


@dataclass(frozen=True)
class OriginAccessIdentity:
    """A user that buckets know a distribution by: what there was before origin access controls.

    Attributes:
        etag: of this configuration.
        config: CallerReference and Comment.
    """

    id: str
    etag: str
    config: dict[str, Any]

    @property
    def canonical(self) -> str:
        """Its id as a user of S3: 96 hexadecimal digits, which the id alone tells."""
        return hashlib.sha384(self.id.encode()).hexdigest()

    @property
    def place(self) -> str:
        """As an origin's configuration names it."""
        return f"{IDENTITIES}{self.id}"


IDENTITIES = "origin-access-identity/cloudfront/"
ORIGIN_ACCESS_IDENTITY = Schema(
    "cloudfront/OriginAccessIdentity",
    OriginAccessIdentity,
    lambda one: one.id,
    indices={"reference": lambda one: (one.config["CallerReference"],), "canonical": lambda one: (one.canonical,)},
    remedy="Put a copy of netflux.db back, or make the identity anew.",
)
