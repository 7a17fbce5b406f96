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


def permitted(account: str, region: str) -> tuple[str, ...]:
    """The domains that the authority may certify names of: what this cloud answers to, and nothing else of AWS's.

    Whoever trusts the authority trusts its key for these alone, should the key ever get into other hands.
    """
    given = {name.removeprefix("*.") for name in certified(account, region)} | {f"{region}.rds.amazonaws.com"}
    return ("localhost", *sorted(name for name in given if not within(name, ("localhost",))))


def within(name: str, domains: Iterable[str]) -> bool:
    """Whether a name, a wildcard perhaps, is one of the domains or below it."""
    name = name.removeprefix("*.")
    return any(name == domain or name.endswith("." + domain) for domain in domains)


def uncovered(hosts: Iterable[str], names: Iterable[str]) -> list[str]:
    """Hosts that none of a certificate's names stands for."""
    known = set(names)
    return sorted({host for host in hosts if host not in known and "*." + host.partition(".")[2] not in known})
