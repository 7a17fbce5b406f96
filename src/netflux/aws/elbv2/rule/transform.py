"""A rule's transforms: how the URL and the host are rewritten once the rule holds. Lines of a backend. Pure.

User guide, "Transforms for listener rules": the matched part is replaced, `$1` to `$9` stand for its groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netflux import expressions
from netflux.aws.elbv2.rule.shapes import TRANSFORMS
from netflux.errors import AwsError
from netflux.haproxy.configuration import quote
from netflux.resources.elbv2 import Transform

URL, HOST = "url-rewrite", "host-header-rewrite"
_LONGEST = 1024
_NEW = "txn.rewritten"
_NOT_TAKEN = re.compile(r"\(\?(?:[=!<>]|P[=>]|R|\d|&)|\\[1-9pP]|[*+?}]\+")
"""Look-around, back-references, atomic and possessive parts, recursion, Unicode classes; user guide, as above."""


def check(transforms: Sequence[Mapping[str, Any]]) -> None:
    """AwsError for transforms that AWS does not take."""
    kinds = [transform["Type"] for transform in transforms]
    for kind in kinds:
        if kinds.count(kind) > 1:
            raise AwsError("ValidationError", f"A rule can only have one '{kind}' transform")
    for transform in transforms:
        own = TRANSFORMS.get(transform["Type"], "")
        for config in TRANSFORMS.values():
            if config != own and transform.get(config):
                raise AwsError("ValidationError", f"A '{transform['Type']}' transform takes no {config}")
        entries = (transform.get(own) or {}).get("Rewrites") or ()
        if len(entries) != 1:
            raise AwsError("ValidationError", f"A '{transform['Type']}' transform needs exactly one rewrite")
        for entry in entries:
            _check(entry)


def lines(found: Sequence[Transform], failed: str) -> Iterator[str]:
    """Of the backend.

    Args:
        found: the rule's.
        failed: what answers when the URL that comes out is none.
    """
    for rewrite in found:
        arguments = f"{_argument(rewrite.regex)},{_argument(_replacement(rewrite.replacement))}"
        source = "req.hdr(host),host_only" if rewrite.kind == HOST else "pathq"
        yield f"http-request set-var({_NEW}) {quote(f'{source},regsub({arguments})')}"
        if rewrite.kind == HOST:
            yield f"http-request set-header Host %[var({_NEW})] if {{ req.hdr(host) -m found }}"
        else:
            yield f"http-request set-pathq %[var({_NEW})]"
            yield f"{failed} unless {{ path -m beg / }}"


def expression(text: str, longest: int) -> expressions.Expression:
    """A regular expression that AWS takes; AwsError when it is none.

    HAProxy's PCRE tries, and gives up after 80 ms: what takes longer there matches nothing.
    """
    if len(text) > longest:
        raise AwsError("ValidationError", f"A regular expression can have at most '{longest}' characters")
    if _NOT_TAKEN.search(text):
        raise AwsError("ValidationError", f"The regular expression '{text}' uses a feature that is not supported")
    try:
        return expressions.compiled(text)
    except expressions.Invalid as error:
        raise AwsError("ValidationError", f"The regular expression '{text}' is not valid: {error}") from error


def _check(entry: Mapping[str, str]) -> None:
    groups = expression(entry["Regex"], _LONGEST).groups
    if len(entry["Replace"]) > _LONGEST:
        raise AwsError("ValidationError", f"A replacement can have at most '{_LONGEST}' characters")
    if any(int(number) > groups for number in re.findall(r"\$(\d)", entry["Replace"])):
        raise AwsError("ValidationError", "A replacement can only name groups of its expression")


def _replacement(text: str) -> str:
    r"""In HAProxy's words: \\1 to \\9; `$0` is no group."""
    return re.sub(r"\$([1-9])", r"\\\1", text.replace("\\", "\\\\"))


def _argument(text: str) -> str:
    """Of one of HAProxy's converters: between single quotes all but these are themselves."""
    return "'" + text.replace("'", "'\"'\"'") + "'"
