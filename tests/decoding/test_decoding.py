"""Every decoder refuses what is no document of its kind, or too much of one, in little time."""

from __future__ import annotations

import gzip as python_gzip
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from netflux.decoding import cbor, gzip, json, query, xml
from netflux.decoding.limits import Exceeded, Limits, Malformed
from tests.decoding import malformed

_LIMITS = Limits()
_LONGEST = 2.0
"""Seconds, of a machine that does much else; the slowest of them takes 0.2."""


def _pairs(body: bytes, limits: Limits) -> Any:
    return query.tree(query.single(query.pairs(body, limits)), limits)


def _inflate(body: bytes, limits: Limits) -> bytes:
    return gzip.inflate(body, limits.size)


_DECODERS: dict[str, tuple[Callable[[bytes, Limits], Any], dict[str, bytes]]] = {
    "json": (json.decode, malformed.json()),
    "xml": (xml.decode, malformed.xml()),
    "query": (_pairs, malformed.query()),
    "cbor": (cbor.decode, malformed.cbor()),
    "gzip": (_inflate, malformed.compressed()),
}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, (_, documents) in _DECODERS.items() for name in documents]
)
def test_what_is_no_document_is_refused_in_little_time(kind: str, name: str) -> None:
    decode, documents = _DECODERS[kind]
    before = time.monotonic()
    with pytest.raises(Malformed):
        decode(documents[name], _LIMITS)
    assert time.monotonic() - before < _LONGEST


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("json", b'{"a": [1, -2.5, true, null, "\xc3\xbc\\n\\ud83d\\ude00"], "b": {"c": {}}}'),
        ("xml", b'<?xml version="1.0"?><a xmlns="urn:x" b="c"><d>&lt;&#228;</d><e/>text</a>'),
        ("query", b"Action=X&A.member.1.B=%C3%BC+x&A.member.2.B=&C"),
        ("cbor", cbor.encode({"a": [1, -2.5, True, None, "ü"], "t": datetime(2026, 1, 2, tzinfo=UTC), "b": b"x"})),
        ("gzip", python_gzip.compress(b"hello" * 20, mtime=0)),
    ],
)
def test_a_document_with_any_bytes_changed_is_a_value_or_refused(kind: str, document: bytes) -> None:
    decode, _ = _DECODERS[kind]
    decode(document, _LIMITS)
    for body in malformed.mutations(document, 3000, seed=10):
        try:
            decode(body, _LIMITS)
        except Malformed:
            continue


def test_json_is_read() -> None:
    body = b'{"a": [1, -2.5, true, null, "\xc3\xbc \\ud83d\\ude00 [[[["], "b": {}}'
    assert json.decode(body, _LIMITS) == {"a": [1, -2.5, True, None, "ü \U0001f600 [[[["], "b": {}}


def test_brackets_inside_texts_are_no_levels() -> None:
    assert json.decode(b'["' + b"[{" * 1000 + b'", "\\"' + b"[" * 1000 + b'"]', _LIMITS)[0] == "[{" * 1000


@pytest.mark.parametrize(
    ("body", "limits", "what"),
    [
        (b"[[[1]]]", Limits(depth=2), "levels"),
        (b"[1,2,3,4]", Limits(nodes=4), "nodes"),
        (b"[1,2,3,4]", Limits(size=8), "bytes"),
    ],
)
def test_each_limit_is_told(body: bytes, limits: Limits, what: str) -> None:
    with pytest.raises(Exceeded) as refused:
        json.decode(body, limits)
    assert refused.value.what == what


def test_a_text_that_holds_json_is_read_or_refused_as_a_value_error() -> None:
    assert json.value('{"a": 1}') == {"a": 1}
    for text in ("[" * 100_000, '"\ud800"', "{"):
        with pytest.raises(ValueError, match=r"it |Expecting"):
            json.value(text)


def test_xml_is_read_in_utf8_however_it_says_so() -> None:
    for start in (
        b"",
        b'<?xml version="1.0" encoding="utf-8"?>',
        b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>\n",
    ):
        root = xml.decode(start + '<a xmlns="urn:x"><b c="d">ü</b></a>'.encode(), _LIMITS)
        assert (xml.local(root.tag), root[0].text, root[0].attrib) == ("a", "ü", {"c": "d"})


def test_xml_of_ours_is_readable_whatever_texts_it_carries() -> None:
    text = "".join(chr(number) for number in [*range(1, 32), 0xFFFE, 0xFFFF, 0xE9]) + "\x00"
    written = xml.readable(f"<a>{text}</a>".encode())
    assert xml.decode(written, _LIMITS).text.count("\N{REPLACEMENT CHARACTER}") == 31  # type: ignore[union-attr]
    assert xml.readable(b"<a>\xed\xa0\x80</a>").decode() == "<a>\N{REPLACEMENT CHARACTER}</a>"


def test_a_form_is_read_and_a_name_with_two_values_is_refused() -> None:
    assert query.pairs(b"a+b=%20x&c&&d=e=f", _LIMITS) == [("a b", " x"), ("c", ""), ("d", "e=f")]
    assert query.single([("a", "1"), ("a", "1")]) == {"a": "1"}
    with pytest.raises(Malformed, match="twice"):
        query.single([("a", "1"), ("a", "2")])


def test_dotted_names_become_a_tree() -> None:
    assert query.tree({"A.1.B": "x", "A.1": "y", "A..B": "z"}, _LIMITS) == {
        "A": {"1": {"B": {"": "x"}, "": "y"}, ".": {"B": {"": "z"}}}
    }


def test_cbor_is_read_as_it_was_written() -> None:
    value = {
        "a": [1, -(2**40), 0.25, "ü", b"\x00", True, None],
        "t": datetime(2026, 1, 2, 3, 4, 5, 250000, tzinfo=UTC),
    }
    assert cbor.decode(cbor.encode(value), _LIMITS) == value
    assert cbor.decode(b"\xbf\x61a\x9f\x01\xff\xff", _LIMITS) == {"a": [1]}


def test_gzip_is_inflated_up_to_its_bound() -> None:
    assert gzip.inflate(python_gzip.compress(b"x" * 1000, mtime=0), 1000) == b"x" * 1000
    assert gzip.inflate(python_gzip.compress(b"a", mtime=0) + python_gzip.compress(b"b"), 2) == b"ab"
    with pytest.raises(Exceeded):
        gzip.inflate(python_gzip.compress(b"x" * 1001, mtime=0), 1000)
