"""Condition keys of a request: "AWS global condition context keys", IAM User Guide. Keys are lower-case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from netflux.controlplane.authentication.keys import Key
from netflux.controlplane.authorization.identity import Identity

Context = Mapping[str, Sequence[str]]

_TAGS = ("Tags", "tags", "TagSpecifications")
_TAG_KEYS = ("TagKeys", "tagKeys")


def of_message(headers: Mapping[str, str], remote: str | None) -> dict[str, tuple[str, ...]]:
    """What a request over HTTP carries.

    Args:
        headers: lower-case names; the gateway sets `x-forwarded-proto` and `x-forwarded-for`.
        remote: address at the other end of the connection; None behind the gateway.
    """
    found: dict[str, tuple[str, ...]] = {
        "aws:securetransport": ("true" if _is_secure(headers) else "false",),
        "aws:useragent": (headers.get("user-agent", ""),),
    }
    if "referer" in headers:
        found["aws:referer"] = (headers["referer"],)
    source = remote or headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    if source:
        found["aws:sourceip"] = (source,)
    return found


def _is_secure(headers: Mapping[str, str]) -> bool:
    """Whether nobody can read or change the message on its way: over TLS, and where a program signs it in a header.

    Such a message goes from one process of this machine to another, over no network; `netflux env` and tasks are given
    the APIs' address without TLS. What a browser or curl asks for, presigned or not, is secure over HTTPS alone.
    """
    return headers.get("x-forwarded-proto") == "https" or "authorization" in headers


def of_identity(identity: Identity, key: Key | None = None) -> dict[str, tuple[str, ...]]:
    """What is known of who asks."""
    principal = identity.principal
    session = bool(principal.role)
    found: dict[str, tuple[str, ...]] = {
        "aws:principalarn": (principal.role or principal.name,),
        "aws:principalaccount": (principal.account,),
        "aws:principaltype": ("AssumedRole" if session else "User",),
        "aws:principalisawsservice": ("false",),
        "aws:viaawsservice": ("false",),
    }
    if identity.id:
        found["aws:userid"] = (identity.id,)
    if identity.user:
        found["aws:username"] = (identity.user,)
    if session:
        found["aws:multifactorauthpresent"] = ("false",)
    found |= {f"aws:principaltag/{name.lower()}": (value,) for name, value in identity.tags.items()}
    if key is not None:
        found |= {name: tuple(values) for name, values in key.context.items()}
    return found


def of_call(params: Mapping[str, Any], region: str, account: str, now: datetime) -> dict[str, tuple[str, ...]]:
    """What the call itself says: where, when, with which tags."""
    found: dict[str, tuple[str, ...]] = {
        "aws:requestedregion": (region,),
        "aws:resourceaccount": (account,),
        "aws:currenttime": (now.strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(int(now.timestamp())),),
    }
    given = {name: value for member in _TAGS for name, value in tags(params.get(member))}
    context = params.get("EncryptionContext")
    if isinstance(context, Mapping) and context:
        found |= {f"kms:encryptioncontext:{name.lower()}": (str(value),) for name, value in context.items()}
        found["kms:encryptioncontextkeys"] = tuple(context)
    names = [*given, *(str(name) for member in _TAG_KEYS for name in params.get(member) or ())]
    if names:
        found["aws:tagkeys"] = tuple(names)
    found |= {f"aws:requesttag/{name.lower()}": (value,) for name, value in given.items()}
    return found


def tags(written: Any) -> Iterator[tuple[str, str]]:
    """Tags in any of the shapes that services have: a map, or a list of keys and values, at times one level below."""
    if isinstance(written, Mapping) and "Items" in written:
        written = written["Items"]
    if isinstance(written, Mapping):
        yield from ((str(name), str(value)) for name, value in written.items())
        return
    for item in written or ():
        if "Tags" in item:
            yield from tags(item["Tags"])
        else:
            yield str(item.get("Key", item.get("key", ""))), str(item.get("Value", item.get("value", "")) or "")
