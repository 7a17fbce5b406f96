"""XML as AWS's services take it: UTF-8, no document type, no entities of its own.

Document types are what makes XML dangerous (entities that grow, files and addresses that a parser fetches), so expat is
run by defusedxml, which refuses them where the parser meets them and not where a text is found: the same in every
spelling. One encoding is taken, so what one parser here read another can't read in another way.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from netflux.decoding.limits import Exceeded, Limits, Malformed, check_size

_UNWRITABLE = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|\xed[\xa0-\xbf][\x80-\xbf]")
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
_DECLARED = re.compile(r"\s*<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([^\"']*)[\"']")
_UTF8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


def decode(body: bytes, limits: Limits) -> Element:
    """The document's root.

    Raises:
        Malformed: not XML, not UTF-8, or with a document type.
        Exceeded: more than the limits; elements, attributes and processing instructions are nodes.
    """
    check_size(body, limits)
    try:
        text = body.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        raise Malformed("it is not UTF-8") from error
    declared = _DECLARED.match(text)
    if declared and declared[1].lower() not in _UTF8:
        raise Malformed(f"its encoding is {declared[1][:40]}; UTF-8 is taken")
    parser = DefusedXMLParser(target=_Tree(limits), encoding="utf-8", forbid_dtd=True)
    try:
        parser.feed(text.encode())
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise Malformed("it declares a document type") from error
    except Malformed:
        raise
    except (ParseError, ValueError) as error:
        raise Malformed(str(error)) from error
    return root


class _Tree(TreeBuilder):
    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits
        self._level = 0
        self._nodes = 0

    def start(self, tag: Any, attrs: Any, /) -> Any:
        self._level += 1
        self._nodes += 1 + len(attrs)
        if self._level > self._limits.depth:
            raise Exceeded("levels", self._limits.depth)
        if self._nodes > self._limits.nodes:
            raise Exceeded("nodes", self._limits.nodes)
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Any:
        self._level -= 1
        return super().end(tag)


def readable(document: bytes) -> bytes:
    """A document that we wrote, so that any parser reads it.

    Controls, U+FFFE, U+FFFF and surrogates have no form in XML 1.0, escaped or not; they become U+FFFD.
    """
    if document.isascii() and len(document.translate(None, _CONTROLS)) == len(document):
        return document
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}".encode(), document) if _UNWRITABLE.search(document) else document


def local(tag: str) -> str:
    """An element's name without its namespace."""
    return tag.rpartition("}")[2]
