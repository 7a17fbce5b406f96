"""Host names as the gateway meets them: the local form, AWS's own, and which certificate covers which. Pure."""

from __future__ import annotations

from collections.abc import Iterable

_FORMS = (
    (".elb.localhost", ".elb.amazonaws.com"),
    (".cloudfront.localhost", ".cloudfront.net"),
    (".rds.localhost", ".rds.amazonaws.com"),
    (".localhost", ".amazonaws.com"),
)


def forms(host: str) -> tuple[str, ...]:
    """The host name and AWS's own form of it, where it has one: `names.local` the other way round."""
    host = host.lower()
    for here, aws in _FORMS:
        if host.endswith(here):
            return host, host.removesuffix(here) + aws
    return (host,)


def certified(account: str, region: str) -> tuple[str, ...]:
    """The names that the gateway's certificate always has. A wildcard stands for one label, and browsers refuse it
    directly below a top-level domain, so there is no `*.localhost`.
    """
    own = (
        "*.cloudfront.localhost",
        f"*.{region}.elb.localhost",
        f"*.s3.{region}.localhost",
        f"s3.{region}.localhost",
        f"{account}.dkr.ecr.{region}.localhost",
        f"*.{region}.localhost",
    )
    aws = tuple(name for host in own for name in forms(host)[1:])
    return ("localhost", *own, *aws)


def uncovered(hosts: Iterable[str], names: Iterable[str]) -> list[str]:
    """Hosts that none of a certificate's names stands for."""
    known = set(names)
    return sorted({host for host in hosts if host not in known and "*." + host.partition(".")[2] not in known})
