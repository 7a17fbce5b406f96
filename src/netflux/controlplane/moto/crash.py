"""What a client is told when code fails on its request with an exception instead of an answer. Pure.

moto looks things up without asking whether they are there, and reads numbers without asking whether they are ones.
Where the exception names a value or a member of the request, the cause is known, and the answer is AWS's. Where it does
not, nothing is claimed: the call is refused by name.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from netflux.controlplane.protocol.refusals import Violation, invalid
from netflux.errors import AwsError, Unsupported

_ABSENT = re.compile("NotFound|NoSuch|NotExist|NonExist|Unknown", re.IGNORECASE)
_BAD_TOKEN = re.compile("Invalid.*(Token|Marker|Paginat)")
_TOKEN = re.compile("token|marker|cursor", re.IGNORECASE)
_IDENTIFIER = re.compile("(id|ids|arn|arns|name|names|identifier|identifiers|key|url|alias)$", re.IGNORECASE)
_SUFFIX = re.compile("(id|arn|name|identifier)s?$", re.IGNORECASE)
_LITERAL = re.compile(
    r"(?:invalid literal for int\(\) with base \d+|could not convert string to float): '(.*)'", re.DOTALL
)
_LONGEST = 200
_FRAMES = 3


def explain(model: Any, params: Mapping[str, Any], error: BaseException) -> AwsError:
    """The error for the client whose request moto failed on; the call must have been taken back.

    Args:
        model: the operation.
        params: as boto3 takes them.
        error: what was raised.
    """
    told = known(model, params, error)
    if told is not None:
        return told
    said = f"{type(error).__name__}: {error}"[:_LONGEST]
    return Unsupported(
        f"{model.service_model.service_name}:{model.name} with these values",
        f"What keeps its records failed on them ({said}). Nothing was changed.",
    )


def known(model: Any, params: Mapping[str, Any], error: BaseException) -> AwsError | None:
    """The error that AWS answers for what the exception shows to be wrong; None where it shows nothing."""
    texts = [*_texts(params, "")]
    if isinstance(error, KeyError) and error.args:
        return _unfound(model, texts, error.args[0])
    found = _LITERAL.search(str(error)) if isinstance(error, ValueError) else None
    if found:
        for name, value in texts:
            if value.strip() == found[1].strip() or repr(value)[1:-1] == found[1]:
                return _invalid(model, name, value)
    if isinstance(error, ValueError) and _function(error) == "parse_arn":
        for name, value in texts:
            if name.lower().endswith(("arn", "arns")) and value.count(":") < 5:
                return _invalid(model, name, value)
    return None


def place(error: BaseException) -> str:
    """What happened and where, in one line: a fault of moto's on a client's nonsense is no fault of the region's."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    said = f"{type(error).__name__}: {error}".replace("\n", " ")[:_LONGEST]
    where = " < ".join(f"{'/'.join(Path(one.filename).parts[-2:])}:{one.lineno} {one.name}" for one in frames[::-1])
    return f"{said} at {where}"


def _function(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return frames[-1].name if frames else ""


def _unfound(model: Any, texts: list[tuple[str, str]], key: Any) -> AwsError | None:
    for name, value in texts:
        if value == key:
            code = _absent(model, name) if _IDENTIFIER.search(name) else ""
            if code:
                return AwsError(code, f"{name} '{value[:_LONGEST]}' does not exist.")
            return _invalid(model, name, value)
    if isinstance(key, str) and model.input_shape is not None and key in _members(model.input_shape, 0):
        missing = Violation(key, None, "Member must not be null")
        return invalid(model.service_model.service_name, model.service_model.resolved_protocol, [missing])
    return None


def _texts(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Each text of the parameters, with the member it stands in."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, str(key))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, name)


def _members(shape: Any, depth: int) -> Iterator[str]:
    """The names of all members of a shape and of what it holds."""
    if depth > _FRAMES * 2:
        return
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield name
            yield from _members(member, depth + 1)
    elif shape.type_name == "list":
        yield from _members(shape.member, depth + 1)
    elif shape.type_name == "map":
        yield from _members(shape.value, depth + 1)


def _codes(model: Any) -> list[str]:
    return [str(shape.metadata.get("error", {}).get("code") or shape.name) for shape in model.error_shapes]


def _absent(model: Any, name: str) -> str:
    """The service's code for something that is not there; nothing when its model tells none."""
    codes = [code for code in _codes(model) if _ABSENT.search(code)]
    noun = _SUFFIX.sub("", name).lower()
    if noun:
        codes.sort(key=lambda code: noun not in code.lower())
    return codes[0] if codes else ""


def _invalid(model: Any, name: str, value: str) -> AwsError:
    if _TOKEN.search(name):
        code = next((code for code in _codes(model) if _BAD_TOKEN.search(code)), "")
        if code:
            return AwsError(code, f"The token '{value[:_LONGEST]}' is not one that this operation gave.")
    unknown = Violation(name, value[:_LONGEST], "Member must have a value that the service knows")
    return invalid(model.service_model.service_name, model.service_model.resolved_protocol, [unknown])
