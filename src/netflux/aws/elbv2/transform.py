"""A rule's transforms: how the URL and the host are rewritten once the rule holds. Lines of a backend. Pure.

User guide, "Transforms for listener rules": the matched part is replaced, `$1` to `$9` stand for its groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netflux.errors import AwsError
from netflux.haproxy.configuration import quote

URL, HOST = "url-rewrite", "host-header-rewrite"
_CONFIGS = {URL: "UrlRewriteConfig", HOST: "HostHeaderRewriteConfig"}
_LONGEST = 1024
_MOST_GROUPS = 7
"""HAProxy's replacements know \\1 to \\9; what stands before and behind the match takes two."""
_NOT_TAKEN = re.compile(r"\(\?(?:[=!<>]|P[=>]|R|\d|&)|\\[1-9pP]|[*+?}]\+")
"""Look-around, back-references, atomic and possessive parts, recursion, Unicode classes; user guide, as above."""


@dataclass(frozen=True)
class Rewrite:
    """The first match of an expression is replaced.

    Attributes:
        kind: `url-rewrite` or `host-header-rewrite`.
    """

    kind: str
    regex: str
    replacement: str


def rewrites(transforms: Sequence[Mapping[str, Any]]) -> tuple[Rewrite, ...]:
    """Those of a rule."""
    return tuple(
        Rewrite(transform["Type"], entry["Regex"], entry["Replace"])
        for transform in transforms
        for entry in transform[_CONFIGS[transform["Type"]]]["Rewrites"]
    )


def check(transforms: Sequence[Mapping[str, Any]]) -> None:
    """AwsError for transforms that AWS does not take."""
    kinds = [transform["Type"] for transform in transforms]
    for kind in kinds:
        if kinds.count(kind) > 1:
            raise AwsError("ValidationError", f"A rule can only have one '{kind}' transform")
    for transform in transforms:
        entries = (transform.get(_CONFIGS.get(transform["Type"], "")) or {}).get("Rewrites") or ()
        if len(entries) != 1:
            raise AwsError("ValidationError", f"A '{transform['Type']}' transform needs exactly one rewrite")
        for entry in entries:
            _check(entry)


def lines(found: Sequence[Rewrite], failed: str) -> Iterator[str]:
    """Of the backend.

    Args:
        found: the rule's.
        failed: what answers when the URL that comes out is none.
    """
    for rewrite in found:
        groups = re.compile(rewrite.regex).groups
        # Lazily up to the first match, and all that is behind it, are put back.
        regex = quote(f"^(.*?)(?:{rewrite.regex})(.*)$")
        text = quote(f"\\1{_replacement(rewrite.replacement)}\\{groups + 2}")
        if rewrite.kind == HOST:
            yield "http-request set-header Host %[req.hdr(host),host_only]"
            yield f"http-request replace-header Host {regex} {text}"
        else:
            yield f"http-request replace-pathq {regex} {text}"
            yield f"{failed} unless {{ path -m beg / }}"


def expression(text: str, longest: int) -> re.Pattern[str]:
    """A regular expression that AWS takes; AwsError when it is none."""
    try:
        compiled = re.compile(text)
    except re.error as error:
        raise AwsError("ValidationError", f"The regular expression '{text}' is not valid: {error}") from error
    if len(text) > longest:
        raise AwsError("ValidationError", f"A regular expression can have at most '{longest}' characters")
    if _NOT_TAKEN.search(text):
        raise AwsError("ValidationError", f"The regular expression '{text}' uses a feature that is not supported")
    return compiled


def _check(entry: Mapping[str, str]) -> None:
    groups = expression(entry["Regex"], _LONGEST).groups
    if len(entry["Replace"]) > _LONGEST:
        raise AwsError("ValidationError", f"A replacement can have at most '{_LONGEST}' characters")
    named = [int(number) for number in re.findall(r"\$(\d)", entry["Replace"])]
    if groups > _MOST_GROUPS or any(number > groups for number in named):
        raise AwsError(
            "ValidationError", f"A rewrite's expression can have at most '{_MOST_GROUPS}' groups, and names its own"
        )


def _replacement(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "%%")
    return re.sub(r"\$(\d)", lambda found: f"\\{int(found[1]) + 1}" if found[1] != "0" else "$0", escaped)
