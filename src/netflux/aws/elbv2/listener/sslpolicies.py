"""AWS's security policies: protocols and ciphers. Pure.

User guide, "Security policies for your Application Load Balancer".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netflux.errors import AwsError, Unsupported

DEFAULT = "ELBSecurityPolicy-2016-08"
"""Of listeners that are not made with the console; user guide, as above."""

_TLS13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
_GCM = tuple(f"ECDHE-{kind}-AES{mode}" for mode in ("128-GCM-SHA256", "256-GCM-SHA384") for kind in ("ECDSA", "RSA"))
_CBC = tuple(f"ECDHE-{kind}-AES{mode}" for mode in ("128-SHA256", "256-SHA384") for kind in ("ECDSA", "RSA"))
_SHA1 = tuple(f"ECDHE-{kind}-AES{bits}-SHA" for bits in (128, 256) for kind in ("ECDSA", "RSA"))
_RSA = ("AES128-GCM-SHA256", "AES128-SHA256", "AES256-GCM-SHA384", "AES256-SHA256")
_RSA_SHA1 = ("AES128-SHA", "AES256-SHA")
_FORWARD = (*_GCM, *_CBC)
_ALL = (*_FORWARD, *_SHA1, *_RSA, *_RSA_SHA1)

_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


@dataclass(frozen=True)
class Policy:
    """What is negotiated with clients.

    Attributes:
        protocols: as AWS names them, the oldest first.
        ciphers: as OpenSSL names them, the preferred first.
    """

    name: str
    protocols: tuple[str, ...]
    ciphers: tuple[str, ...]


def _policies() -> dict[str, Policy]:
    older = {
        "2016-08": ("TLSv1", _ALL),
        "2015-05": ("TLSv1", _ALL),
        "TLS-1-0-2015-04": ("TLSv1", (*_ALL, "DES-CBC3-SHA")),
        "TLS-1-1-2017-01": ("TLSv1.1", _ALL),
        "TLS-1-2-2017-01": ("TLSv1.2", (*_FORWARD, *_RSA)),
        "TLS-1-2-Ext-2018-06": ("TLSv1.2", _ALL),
        "FS-2018-06": ("TLSv1", (*_FORWARD, *_SHA1)),
        "FS-1-1-2019-08": ("TLSv1.1", (*_FORWARD, *_SHA1)),
        "FS-1-2-2019-08": ("TLSv1.2", (*_FORWARD, *_SHA1)),
        "FS-1-2-Res-2019-08": ("TLSv1.2", _FORWARD),
        "FS-1-2-Res-2020-10": ("TLSv1.2", _GCM),
    }
    newer = {
        "TLS13-1-3-2021-06": ("TLSv1.3", ()),
        "TLS13-1-2-Res-2021-06": ("TLSv1.2", _GCM),
        "TLS13-1-2-2021-06": ("TLSv1.2", _FORWARD),
        "TLS13-1-2-Ext1-2021-06": ("TLSv1.2", (*_FORWARD, *_RSA)),
        "TLS13-1-2-Ext2-2021-06": ("TLSv1.2", _ALL),
        "TLS13-1-1-2021-06": ("TLSv1.1", _ALL),
        "TLS13-1-0-2021-06": ("TLSv1", _ALL),
    }
    found = [(name, lowest, 2, ciphers) for name, (lowest, ciphers) in older.items()]
    found += [(name, lowest, 3, (*_TLS13, *ciphers)) for name, (lowest, ciphers) in newer.items()]
    return {
        (full := f"ELBSecurityPolicy-{name}"): Policy(full, _VERSIONS[_VERSIONS.index(lowest) : highest + 1], ciphers)
        for name, lowest, highest, ciphers in found
    }


POLICIES = _policies()
"""Those without FIPS and post-quantum key exchange, which HAProxy's OpenSSL here has not."""


def known(name: str) -> Policy:
    """The policy of this name.

    Raises:
        AwsError: AWS has none of this name, or Netflux has it not.
    """
    found = POLICIES.get(name)
    if found is None and name.startswith("ELBSecurityPolicy-TLS13-") and ("FIPS" in name or "PQ" in name):
        raise Unsupported(f"The SSL policy {name}", "Use ELBSecurityPolicy-TLS13-1-2-2021-06 here.")
    if found is None:
        raise AwsError("SSLPolicyNotFound", f"SSL policy '{name}' not found")
    return found


def shown(policy: Policy) -> dict[str, Any]:
    """As answers have it."""
    return {
        "Name": policy.name,
        "SslProtocols": [*policy.protocols],
        "Ciphers": [{"Name": name, "Priority": number} for number, name in enumerate(policy.ciphers, 1)],
        "SupportedLoadBalancerTypes": ["application", "network"],
    }
