"""Template text to plain values: JSON or YAML, with CloudFormation's short tags written out.

`!GetAtt A.B` and `{"Fn::GetAtt": ["A", "B"]}` come out the same, so everything after this module knows one form only.
Both decoders are bounded, so that no text takes longer or becomes larger than a template of AWS's largest size.
"""

from __future__ import annotations

import json
import re
from typing import Any

from netflux.decoding import json as json_text
from netflux.decoding import yaml as yaml_text
from netflux.decoding.limits import Limits, Malformed
from netflux.errors import AwsError

LIMITS = Limits(size=1_000_000, depth=100, nodes=100_000)
"""Bytes: "CloudFormation quotas", a template in an S3 object, in decimal as the error says it. Depth and nodes are
Netflux's: 500 resources of 200 nodes each, and five times as deep as what CDK writes.
"""
_LARGEST = 10**40
"""Numbers of properties are 64 bits at most; what is larger can't be compared, and its text takes quadratic time."""
FORMAT_ERROR = "Template format error: "
_TRAILING = re.compile(r'("(?:[^"\\]++|\\.|\\\Z)*+"?)|,(\s*+[}\]])', re.DOTALL)
"""A text, which stays as it is, or a comma after the last member, which AWS takes."""
_NEVER = re.compile("[\\0\ud800-\udfff\ufffe\uffff]")
"""Characters that no answer in XML can have."""

# The short forms of the user guide's "Intrinsic function reference".
_TAGS = frozenset({
    "And", "Base64", "Cidr", "Equals", "FindInMap", "GetAZs", "GetAtt", "GetStackOutput", "If", "ImportValue", "Join",
    "Length", "Not", "Or", "Select", "Split", "Sub", "ToJsonString", "Transform",
})  # fmt: skip


def malformed(message: str) -> AwsError:
    """The error of a template that can't be read as one."""
    return AwsError("ValidationError", f"{FORMAT_ERROR}{message}")


def _short(name: str, value: Any) -> dict[str, Any]:
    if name in {"Ref", "Condition"}:
        return {name: value}
    if name not in _TAGS:
        raise Malformed(f"the tag !{name} is unknown")
    return {f"Fn::{name}": value}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise malformed(f"JSON not well-formed. The key {key} is given twice")
            seen.add(key)
    return made


def read(body: str) -> dict[str, Any]:
    """The template as plain values.

    Raises AwsError ValidationError naming the line and column when the text is neither JSON nor YAML, and when it is
    not a map of sections or larger than AWS takes.
    """
    if len(body) > LIMITS.size or len(body.encode(errors="replace")) > LIMITS.size:
        raise AwsError("ValidationError", f"Template may not exceed {LIMITS.size} bytes in size.")
    value = _json(body) if body.lstrip().startswith("{") else _yaml(body)
    if not isinstance(value, dict):
        raise malformed("unsupported structure.")
    plain: dict[str, Any] = _plain(value)
    return plain


def _json(body: str) -> Any:
    try:
        return json_text.decode(body.encode(errors="surrogatepass"), LIMITS, _unique)
    except Malformed as error:
        cause = error.__cause__
        if isinstance(cause, json.JSONDecodeError):
            without = _TRAILING.sub(r"\1\2", body)
            if without != body:
                return _json(without)
            raise malformed(f"JSON not well-formed. (line {cause.lineno}, column {cause.colno + 1})") from error
        raise malformed(f"JSON not well-formed. {error}") from error


def _yaml(body: str) -> Any:
    try:
        return yaml_text.decode(body, LIMITS, _short)
    except yaml_text.Alias as error:
        raise AwsError(
            "ValidationError",
            f"Template error: YAML aliases are not allowed in CloudFormation templates {error}. Write out what it "
            "stands for; `aws cloudformation package` does so.",
        ) from error
    except yaml_text.Unreadable as error:
        raise malformed(f"YAML not well-formed. {error.place}") from error
    except Malformed as error:
        raise malformed(f"YAML not well-formed. {error}") from error


def _plain(value: Any) -> Any:
    """The long form with a dotted text is the short form's value as well."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("Fn::GetAtt"), str):
            return {"Fn::GetAtt": _text(value["Fn::GetAtt"]).split(".", 1)}
        return {_text(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float) and not -_LARGEST < value < _LARGEST:
        raise malformed("a number is out of range; write it as text, between quotation marks")
    return value


def _text(text: str) -> str:
    found = _NEVER.search(text)
    if found:
        raise malformed(f"a text has the character U+{ord(found[0]):04X}, which no answer can have")
    return text
