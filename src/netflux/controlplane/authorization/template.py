"""Resource ARNs from the parameters of a call.

A template is the end of an ARN with fields, e.g. `table/{TableName}/index/{IndexName}`. A field is a path into the
parameters, levels joined by dots; lists on the way give one resource for each item. `{QueueUrl:last}` takes what is
behind the last `/`; `{cluster=default}` stands for an absent one. A template whose field is absent makes nothing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_FIELD = re.compile(r"\{([\w.]+)(?::(\w+))?(?:=([^}]*))?\}")


@dataclass(frozen=True)
class Place:
    """Where resources are.

    Attributes:
        prefix: of the service in ARNs.
        region: empty for global services.
        account: twelve digits; empty where ARNs have none.
    """

    prefix: str
    region: str
    account: str

    def arn(self, resource: str) -> str:
        """The ARN of a resource of this place."""
        return f"arn:aws:{self.prefix}:{self.region}:{self.account}:{resource}"


def fill(template: str, params: Mapping[str, Any], place: Place) -> Iterator[str]:
    """The ARNs that a template makes of the parameters. A value that is an ARN already is the resource itself."""
    fields = [*_FIELD.finditer(template)]
    choices = [[*values(params, found.group(1))] or _default(found.group(3)) for found in fields]
    for chosen in itertools.product(*choices):
        if fields and chosen[-1].startswith("arn:") and fields[-1].group(2) not in _TAKE_ARNS:
            yield chosen[-1]
            continue
        resource = template
        for found, text in zip(fields, chosen, strict=True):
            resource = resource.replace(found.group(0), _FILTERS[found.group(2) or ""](text), 1)
        yield resource if resource.startswith("arn:") or resource == "*" else place.arn(resource)


def _default(written: str | None) -> list[str]:
    return [] if written is None else [written]


def values(value: Any, path: str) -> Iterator[str]:
    """The texts at a path, those of each item of the lists on it; the keys of a map at `keys`."""
    first, _, rest = path.partition(".")
    if isinstance(value, list | tuple):
        for item in value:
            yield from values(item, path)
    elif isinstance(value, Mapping):
        if first == "keys":
            yield from (str(key) for key in value)
        elif value.get(first) is not None:
            yield from values(value[first], rest)
    elif not path and value is not None and str(value):
        yield str(value)


def _last(text: str) -> str:
    return text.rpartition("/")[2]


def _name(text: str) -> str:
    return _last(text) if text.startswith("arn:") else text


def _group(text: str) -> str:
    """A log group's name, from its name or ARN."""
    return text.partition(":log-group:")[2].partition(":")[0] if text.startswith("arn:") else text


def _parameter(text: str) -> str:
    """A parameter's name or path without the slash before it, from its name or ARN: whoever reads a version of it, or
    what a label is on, reads the parameter.
    """
    given = text.strip()
    name = given.partition(":parameter")[2] if given.startswith("arn:") else given
    return name.partition(":")[0].strip("/")


def _function(text: str) -> str:
    """A function's name with its version or alias, from its name, its ARN or a part of that."""
    return text.partition(":function:")[2] or text


def _typed(identifier: str) -> str:
    """An id of EC2 with its type: `vpc/vpc-0a`."""
    start = identifier.rpartition("-")[0]
    return f"{_TYPES.get(start, start)}/{identifier}"


_TYPES = {
    "acl": "network-acl", "dopt": "dhcp-options", "eigw": "egress-only-internet-gateway", "eipalloc": "elastic-ip",
    "eni": "network-interface", "fl": "vpc-flow-log", "i": "instance", "igw": "internet-gateway", "key": "key-pair",
    "lt": "launch-template", "nat": "natgateway", "pcx": "vpc-peering-connection", "pl": "prefix-list",
    "rtb": "route-table", "sg": "security-group", "sgr": "security-group-rule", "vpce": "vpc-endpoint",
    "vol": "volume", "ami": "image", "snap": "snapshot",
}  # fmt: skip
"""Types in EC2's ARNs that differ from the beginning of their ids."""

_TAKE_ARNS = ("function", "group", "parameter")
"""Filters that make a resource of an ARN, too."""
_FILTERS: Mapping[str, Callable[[str], str]] = {
    "": lambda text: text,
    "last": _last,
    "lower": str.lower,
    "bare": lambda text: text.removeprefix("/"),
    "name": _name,
    "function": _function,
    "group": _group,
    "parameter": _parameter,
    "typed": _typed,
}
