"""What can be wrong with the bytes of a body, by its protocol."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any
from urllib.parse import quote

import cbor2

from tests.frontdoor.values import NONSENSE
from tests.frontdoor.wire import Request

Mutation = Callable[[Random, Request], Request]

_DEPTHS = (100, 2_000, 100_000)
_ENTITIES = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


# ── any protocol ──────────────────────────────────────────────────────────────────────────────────────────────────────
def truncated(random: Random, request: Request) -> Request:
    """The first bytes."""
    return request.with_body(request.body[: random.randint(0, max(len(request.body) - 1, 0))])


def flipped(random: Random, request: Request) -> Request:
    """Some bytes are others."""
    body = bytearray(request.body or b"{}")
    for _ in range(random.randint(1, 8)):
        body[random.randrange(len(body))] = random.randrange(256)
    return request.with_body(bytes(body))


def garbage(random: Random, request: Request) -> Request:
    """Bytes that are no protocol's."""
    return request.with_body(random.choice((b"\x00" * 64, b"\xff\xfe\xfd", random.randbytes(200), b"nonsense", b" ")))


def empty(_: Random, request: Request) -> Request:
    """No body."""
    return request.with_body(b"")


def unpacked(random: Random, request: Request) -> Request:
    """A small body that is large when unpacked, or is not packed at all."""
    coding = random.choice(("gzip", "deflate", "br", "zstd", "gzip, gzip", "aws-chunked"))
    return request.with_header("Content-Encoding", coding).with_body(
        random.choice((_bomb(), request.body, b"\x1f\x8b"))
    )


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * 64_000_000, 9)


# ── JSON ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def json_types(random: Random, request: Request) -> Request:
    """A value of another type, somewhere."""
    try:
        document = json.loads(request.body or b"{}")
    except ValueError:
        return garbage(random, request)
    values: tuple[Any, ...] = (None, 7, -1.5, True, "text", [], {}, [None], {"a": {"b": []}}, [[1]], 10**40, "")
    places = [*_json_places(document)]
    for holder, key in random.sample(places, min(len(places), random.randint(1, 3))):
        if isinstance(holder, list) and key >= len(holder):
            continue
        holder[key] = random.choice(values)
    return request.with_body(json.dumps(document).encode())


def json_unknown(random: Random, request: Request) -> Request:
    """A member that the operation has not."""
    try:
        document = json.loads(request.body or b"{}")
    except ValueError:
        return garbage(random, request)
    if isinstance(document, dict):
        document[random.choice(("Nonsense", "__proto__", "", "\x00", "__type", "A" * 5_000))] = random.choice(
            ({}, 1, None)
        )
    return request.with_body(json.dumps(document).encode())


def json_text(random: Random, request: Request) -> Request:
    """Documents that parsers disagree on."""
    depth = random.choice(_DEPTHS)
    first = next(iter(_members(request)), "name")
    wrong = (
        b"7", b"null", b"[]", b'"text"', b"true", b"NaN", b"{}}", b"{'a': 1}", b'{"a": 1, "a": 2}', b"\xef\xbb\xbf{}",
        b"[" * depth, b"[" * depth + b"]" * depth, b'{"a":' * depth, b'{"a":' * depth + b"1" + b"}" * depth,
        f'{{"{first}": NaN}}'.encode(), f'{{"{first}": Infinity}}'.encode(), f'{{"{first}": 1e999}}'.encode(),
        f'{{"{first}": {"9" * 5_000}}}'.encode(), f'{{"{first}": "\\ud800"}}'.encode(),
        f'{{"{first}": "\\u0000"}}'.encode(), b'{"a": "\x00"}', b'{"a": "\xff"}', "{}".encode("utf-16"),
        f'{{"{first}": {"[" * depth}{"]" * depth}}}'.encode(),
        f'{{"{first}": {json.dumps(list(range(20_000)))}}}'.encode(),
    )  # fmt: skip
    return request.with_body(random.choice(wrong))


def _members(request: Request) -> dict[str, Any]:
    try:
        document = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _json_places(value: Any) -> Any:
    if isinstance(value, dict):
        for key in [*value]:
            yield value, key
            yield from _json_places(value[key])
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield value, index
            yield from _json_places(item)


# ── query ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def form_index(random: Random, request: Request) -> Request:
    """Indices that no list has."""
    pairs = request.body.split(b"&")
    at = random.randrange(len(pairs))
    index = random.choice((b"0", b"-1", b"99999999999", b"x", b"", b"1.1.1.1", b"1e9", b"00001"))
    pairs[at] = pairs[at].replace(b".1", b"." + index) if b".1" in pairs[at] else pairs[at].replace(b"=", b".1.x=")
    return request.with_body(b"&".join(pairs))


def form_more(random: Random, request: Request) -> Request:
    """Parameters twice, unknown, or far too many."""
    names = [pair.partition(b"=")[0] for pair in request.body.split(b"&") if pair]
    name = random.choice(names or [b"Name"])
    more = (
        b"&" + name + b"=again", b"&Nonsense=1", b"&=", b"&&&", b"&%zz=%zz", b"&%ff=%fe", b"&" + name + b".member.1=1",
        b"&" + name + b".1.1.1.1.1.1=1", b"&" + b".a" * 5_000 + b"=1", b"&" + name + b"=%00",
        b"&" + name + b"=%ED%A0%80",
        b"&Action=Nonsense", b"&Version=1999-01-01",
    )  # fmt: skip
    if random.random() < 0.02:
        return request.with_body(request.body + b"".join(b"&x%d=1" % number for number in range(200_000)))
    return request.with_body(request.body + random.choice(more))


def form_values(random: Random, request: Request) -> Request:
    """A parameter's value is nonsense."""
    pairs = request.body.split(b"&")
    at = random.randrange(len(pairs))
    name = pairs[at].partition(b"=")[0]
    pairs[at] = name + b"=" + quote(random.choice(NONSENSE).encode("utf-8", "surrogatepass")).encode()
    return request.with_body(b"&".join(pairs))


# ── XML ───────────────────────────────────────────────────────────────────────────────────────────────────────────────
def xml_text(random: Random, request: Request) -> Request:
    """Documents that a parser should not read, and others that it can't."""
    depth = random.choice(_DEPTHS)
    text = request.body.decode("utf-8", "replace") or "<a/>"
    bare = text.partition("?>")[2] if text.startswith("<?xml") else text
    wrong = (
        _ENTITIES + bare, '<?xml version="1.0"?>' + _ENTITIES + "<a>&c;</a>", "<a>" * depth,
        "<a>" * depth + "</a>" * depth,
        bare.replace("</", "<", 1), "<Nonsense/>", bare[:-3], bare + bare, "<a>\x00</a>", "<a>&nbsp;</a>", "text",
        bare.replace(">", "><!-- -->", 3), '<?xml version="1.0" encoding="nonsense"?>' + bare,
        "<a " + "b='1' " * 2 + "/>",
        "<a " + " ".join(f"b{n}='1'" for n in range(5_000)) + "/>", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        bare.replace("<", "<x:", 1), f"<{'a' * 70_000}/>", bare.replace("true", "maybe").replace("1", "one"),
    )  # fmt: skip
    coding = random.choice(("utf-8", "utf-8", "utf-16", "utf-16-be", "utf-32"))
    return request.with_body(random.choice(wrong).encode(coding, "surrogatepass"))


def xml_repeated(random: Random, request: Request) -> Request:
    """One element, thousands of times."""
    text = request.body.decode("utf-8", "replace")
    end = text.rfind("</")
    inner = random.choice(("<Items/>", "<Tag><Key>a</Key></Tag>", "<Object/>", "<Rule>7</Rule>"))
    return request.with_body((text[:end] + inner * random.choice((1, 3, 20_000)) + text[end:]).encode())


# ── CBOR ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def cbor_bytes(random: Random, request: Request) -> Request:
    """CBOR that is none, or is without end."""
    depth = random.choice(_DEPTHS)
    wrong = (
        b"\xbf", b"\x9f", b"\xa1", b"\xff", b"\x81" * depth, b"\xa1\x61a" * depth,
        b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff", b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff", b"\xf9\x7e\x00",
        b"\xc2\x58\xff",
        cbor2.dumps([]), cbor2.dumps("text"), cbor2.dumps(7), cbor2.dumps(None), cbor2.dumps({1: 2}),
        cbor2.dumps({b"a": 1}),
        b"\xd8\x1d\x00", b"\xd8\x1c\x81\xd8\x1d\x00", b"\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\xc5\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01", cbor2.dumps({"a": float("nan")}), b"\xa1\x61a\x62\xff\xfe",
        b"\xa2\x61a\x01\x61a\x02", b"\x82" * 50_000, b"\xd9\xff\xff\xa0", b"\xc1\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00",
    )  # fmt: skip
    return request.with_body(random.choice(wrong))


def cbor_types(random: Random, request: Request) -> Request:
    """A value of another type, somewhere."""
    try:
        document = cbor2.loads(request.body)
    except (ValueError, EOFError, RecursionError, cbor2.CBORError):
        return garbage(random, request)
    places = [*_json_places(document)]
    values: tuple[Any, ...] = (None, 7, float("nan"), True, "text", b"\xff", [], {}, {1: 1}, 10**40, [[1]])
    for holder, key in random.sample(places, min(len(places), 2)):
        if not (isinstance(holder, list) and key >= len(holder)):
            holder[key] = random.choice(values)
    return request.with_body(cbor2.dumps(document))


ANY: tuple[Mutation, ...] = (truncated, flipped, garbage, empty)
_JSON: tuple[Mutation, ...] = (json_types, json_types, json_unknown, json_text)
_FORM: tuple[Mutation, ...] = (form_index, form_more, form_values)
_XML: tuple[Mutation, ...] = (xml_text, xml_repeated)
BY_PROTOCOL: dict[str, tuple[Mutation, ...]] = {
    "json": _JSON,
    "rest-json": _JSON,
    "query": _FORM,
    "ec2": _FORM,
    "rest-xml": _XML,
    "smithy-rpc-v2-cbor": (cbor_bytes, cbor_types),
}
