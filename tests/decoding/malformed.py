"""Documents that no client should send, by kind: each is refused in little time, or is a value like any other."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator

_MANY = 300_000


def json() -> dict[str, bytes]:
    """By what is wrong with it."""
    return {
        "nothing": b"",
        "cut off": b'{"a": [1, 2',
        "NaN": b'{"a": NaN}',
        "Infinity": b'{"a": -Infinity}',
        "a number beyond all": b'{"a": 1e999}',
        "a number of 5,000 digits": b'{"a": ' + b"1" * 5000 + b"}",
        "deep lists": b"[" * 100_000,
        "deep and closed": b"[" * 5000 + b"]" * 5000,
        "deep objects": b'{"a":' * 5000 + b"1" + b"}" * 5000,
        "many objects": b"[" + b"{}," * _MANY + b"{}]",
        "many members": b"{" + b",".join(b'"%d":0' % number for number in range(_MANY)) + b"}",
        "half a surrogate": b'{"a": "\\ud800"}',
        "half a surrogate in a name": b'{"\\udfff": 1}',
        "a raw control": b'{"a": "\x00"}',
        "no UTF-8": b'{"a": "\xff"}',
        "UTF-16": "{}".encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf{}",
        "two documents": b"{} {}",
        "a comment": b"{} // x",
        "single quotes": b"{'a': 1}",
        "too long": b'"' + b"x" * 2_000_000 + b'"',
    }


def xml() -> dict[str, bytes]:
    """By what is wrong with it."""
    entity = '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'
    bomb = "<!DOCTYPE a [" + "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9)) + "]><a>&e9;</a>"
    return {
        "nothing": b"",
        "cut off": b"<a><b>",
        "a document type": b"<!DOCTYPE a><a/>",
        "an entity": entity.encode(),
        "an entity in UTF-16": entity.encode("utf-16"),
        "an entity in UTF-16 that says so": ('<?xml version="1.0" encoding="UTF-16"?>' + entity).encode("utf-16"),
        "UTF-16 without a mark": entity.encode("utf-16-le"),
        "UTF-7": b'<?xml version="1.0" encoding="UTF-7"?><a/>',
        "entities of entities": bomb.encode(),
        "an external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "an unknown entity": b"<a>&x;</a>",
        "a NUL": b"<a>\x00</a>",
        "an escaped NUL": b"<a>&#0;</a>",
        "deep": b"<a>" * 100_000,
        "deep and closed": b"<a>" * 5000 + b"</a>" * 5000,
        "many elements": b"<a>" + b"<b/>" * _MANY + b"</a>",
        "many attributes": b"<a " + b" ".join(b'a%d=""' % number for number in range(_MANY)) + b"/>",
        "an attribute twice": b'<a b="" b=""/>',
        "two roots": b"<a/><b/>",
        "no UTF-8": b"<a>\xff</a>",
        "too long": b"<a>" + b"x" * 2_000_000 + b"</a>",
    }


def query() -> dict[str, bytes]:
    """By what is wrong with it."""
    return {
        "broken percent-encoding": b"Action=%zz",
        "a percent sign at the end": b"Action=a%",
        "no UTF-8": b"Action=%ff",
        "an overlong form": b"Action=%c0%80",
        "many parameters": b"&".join(b"a%d=1" % number for number in range(_MANY)),
        "many ampersands and values": b"a=1&" * _MANY,
        "too long": b"a=" + b"x" * 2_000_000,
    }


def cbor() -> dict[str, bytes]:
    """By what is wrong with it."""
    return {
        "nothing": b"",
        "cut off": b"\xa1\x61a",
        "a list that claims all memory": b"\x9b" + b"\xff" * 8,
        "a text that claims all memory": b"\x7b\x00\x00\x00\xff\xff\xff\xff\xff",
        "bytes that claim all memory": b"\x5b\x00\x00\x00\xff\xff\xff\xff\xff",
        "deep lists": b"\x81" * 100_000,
        "deep tags": b"\xc1" * 100_000,
        "many items": b"\x9f" + b"\x80" * 900_000 + b"\xff",
        "no end": b"\x9f" + b"\x01" * 100_000,
        "a name twice": b"\xa2\x61a\x01\x61a\x02",
        "a number for a name": b"\xa1\x01\x02",
        "a list for a name": b"\xa1\x80\x01",
        "a regular expression": b"\xd8\x23\x64(a+)",
        "a shared reference": b"\xd8\x1c\x81\xd8\x1d\x00",
        "a big number": b"\xc2\x42\xff\xff",
        "a decimal fraction": b"\xc4\x82\x01\x02",
        "a timestamp that is NaN": b"\xc1\xf9\x7e\x00",
        "a timestamp far away": b"\xc1\x1b\x7f" + b"\xff" * 7,
        "an unknown tag": b"\xd9\x03\xe8\x01",
        "undefined": b"\xf7",
        "a simple value": b"\xe0",
        "a text that is no UTF-8": b"\x62\xff\xff",
        "a break": b"\xff",
        "a reserved length": b"\x1c",
        "two documents": b"\x80\x80",
        "too long": b"\x5a\x00\x1e\x84\x80" + b"x" * 2_000_000,
    }


def compressed() -> dict[str, bytes]:
    """By what is wrong with it."""
    return {
        "nothing": b"",
        "no gzip": b"hello",
        "cut off": gzip.compress(b"hello" * 100)[:-10],
        "a bomb": gzip.compress(b"\x00" * 50_000_000, 1),
        "many members": gzip.compress(b"x") * 1000,
        "something after it": gzip.compress(b"x") + b"y",
        "a wrong sum": gzip.compress(b"x")[:-8] + b"\x00" * 8,
    }


def mutations(document: bytes, count: int, seed: int) -> Iterator[bytes]:
    """The document with bytes changed, taken out, doubled and cut off; the same for the same seed."""
    chance = random.Random(seed)
    special = b'\x00\xff"\\{}[]<>&%=:,0'
    for _ in range(count):
        body = bytearray(document)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(body) + 1)
            match chance.randrange(4):
                case 0:
                    body[at : at + 1] = bytes([chance.choice(special)])
                case 1:
                    del body[at : at + chance.randint(1, 8)]
                case 2:
                    body[at:at] = body[at : at + chance.randint(1, 16)] * chance.randint(1, 3)
                case _:
                    del body[at:]
        yield bytes(body)
