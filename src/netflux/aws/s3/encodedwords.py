"""Metadata that is not ASCII, in the encoded words of RFC 2047 that headers carry it in. Pure.

S3 decodes encoded words before it keeps metadata, reads other bytes as Latin-1, and encodes what is not printable ASCII
when it answers ["Working with object metadata", Amazon S3 User Guide]. What is mostly ASCII is quoted, the rest base64,
each as one word; the recorded answers of S3 that LocalStack's tests keep are made so.
"""

from __future__ import annotations

import base64
import binascii
import re

_WORD = re.compile(r"=\?(utf-8|us-ascii|iso-8859-1)\?([bq])\?([^?\s]*)\?=", re.IGNORECASE | re.ASCII)
_BETWEEN = re.compile(r"(\?=)\s+(=\?)", re.ASCII)
_CODE = re.compile(rb"=([0-9A-Fa-f]{2})")
_QUOTED = frozenset(b"=_?")
"""Characters with a meaning in a quoted word, so they are quoted themselves."""


def read(header: str) -> str:
    """What a header says, given as it arrived: UTF-8 where it is, other bytes escaped as surrogates."""
    if not header.isascii():
        header = header.encode(errors="surrogateescape").decode("latin-1")
    if "=?" not in header:
        return header
    return _WORD.sub(_decoded, _BETWEEN.sub(r"\1\2", header))


def written(text: str) -> str:
    """The text as a header may carry it."""
    if all(_is_plain(ord(sign)) for sign in text):
        return text
    content = text.encode(errors="surrogateescape")
    if sum(_is_plain(ord(sign)) for sign in text) * 2 > len(text):
        return f"=?UTF-8?Q?{''.join(map(_quoted, content))}?="
    return f"=?UTF-8?B?{base64.b64encode(content).decode()}?="


def _decoded(word: re.Match[str]) -> str:
    charset, encoding, content = word.group(1), word.group(2).lower(), word.group(3)
    if encoding == "q":
        plain = _CODE.sub(lambda code: bytes.fromhex(code.group(1).decode()), content.replace("_", " ").encode())
        return plain.decode(charset, "replace")
    try:
        return base64.b64decode(content, validate=True).decode(charset, "replace")
    except binascii.Error:
        return word.group()


def _is_plain(code: int) -> bool:
    return 0x20 <= code < 0x7F or code == 0x09


def _quoted(byte: int) -> str:
    if byte == 0x20:
        return "_"
    return chr(byte) if 0x20 < byte < 0x7F and byte not in _QUOTED else f"={byte:02X}"
