"""Values of record sets by type, refused in Route 53's words where they are none. Pure.

Developer guide, "Supported DNS record types".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping

from netflux.resources.route53 import domain

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_STRINGS = re.compile(rf"{_QUOTED.pattern}(\s+{_QUOTED.pattern})*")
_LONGEST_STRING = 255
_MOST_PORT = 65_535
_CAA_TAG = re.compile("issue|issuewild|iodef|[a-z0-9]{1,255}")


class _Wrong(Exception):
    """Code and meaning of what is wrong with a value."""


def problem(kind: str, value: str) -> str:
    """What is wrong with a value; empty when nothing is.

    Args:
        kind: type of the record set.
        value: as a zone file writes it.
    """
    try:
        _CHECKS.get(kind, _parsed)(kind, value)
    except _Wrong as error:
        code, meaning = error.args
        return f"Invalid Resource Record: 'FATAL problem: {code} ({meaning}) encountered with '{value}''"
    except domain.InvalidName as error:
        return f"Invalid Resource Record: '{error}'"
    return ""


def _fields(kind: str, value: str, number: int) -> list[str]:
    found = value.split()
    if len(found) == number:
        return found
    if number == 1:
        raise _Wrong(f"{kind}RRDATANotSingleField", "Value contains spaces")
    raise _Wrong(f"{kind}RRDATANot{_NUMBERS[number]}Fields", f"{kind} record doesn't have {number} fields")


def _number(kind: str, text: str, most: int = _MOST_PORT) -> None:
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise _Wrong(f"{kind}RRDATAIllegalNumber", f"Value is not a number from 0 to {most}")


def _ipv4(_kind: str, value: str) -> None:
    if " " in value.strip():
        raise _Wrong("ARRDATANotSingleField", "Value contains spaces")
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        raise _Wrong("ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address") from None


def _ipv6(_kind: str, value: str) -> None:
    try:
        ipaddress.IPv6Address(value)
    except ValueError:
        raise _Wrong("AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address") from None


def _name(kind: str, value: str) -> None:
    if value:
        _fields(kind, value, 1)
    domain.canonical(value)


def _text(_kind: str, value: str) -> None:
    if not _STRINGS.fullmatch(value.strip()):
        raise _Wrong("InvalidCharacterString", "Value should be enclosed in quotation marks")
    for found in _QUOTED.findall(value):
        if len(re.sub(r"\\([0-7]{3}|.)", "x", found)) - 2 > _LONGEST_STRING:
            raise _Wrong("CharacterStringTooLong", "Value is too long")


def _mail(kind: str, value: str) -> None:
    preference, host = _fields(kind, value, 2)
    _number(kind, preference)
    if host != ".":  # RFC 7505: no mail is taken
        domain.canonical(host)


def _service(kind: str, value: str) -> None:
    *numbers, host = _fields(kind, value, 4)
    for one in numbers:
        _number(kind, one)
    if host != ".":
        domain.canonical(host)


def _caa(kind: str, value: str) -> None:
    found = value.split(None, 2)
    if len(found) != len(("flags", "tag", "value")):
        raise _Wrong("CAARRDATANotThreeFields", "CAA record doesn't have 3 fields")
    _number(kind, found[0], 255)
    if not _CAA_TAG.fullmatch(found[1]):
        raise _Wrong("CAARRDATAIllegalTag", "Tag is not valid")
    _text(kind, found[2])


def _start(kind: str, value: str) -> None:
    server, mailbox, *numbers = _fields(kind, value, 7)
    domain.canonical(server)
    domain.canonical(mailbox)
    for one in numbers:
        _number(kind, one, 2**32 - 1)


def _parsed(kind: str, value: str) -> None:
    """Of the rarer types, by the package that the resolver writes messages with."""
    import dns.exception
    import dns.rdata

    try:
        dns.rdata.from_text("IN", kind, value)
    except (dns.exception.DNSException, ValueError):
        raise _Wrong(f"{kind}RRDATAIllegalValue", f"Value is not a valid {kind} record") from None


_NUMBERS = {2: "Two", 4: "Four", 7: "Seven"}
_CHECKS: Mapping[str, Callable[[str, str], None]] = {
    "A": _ipv4, "AAAA": _ipv6, "CNAME": _name, "NS": _name, "PTR": _name, "TXT": _text, "SPF": _text,
    "MX": _mail, "SRV": _service, "CAA": _caa, "SOA": _start,
}  # fmt: skip
