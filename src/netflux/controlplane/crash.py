"""What a client is told when moto fails on its request with an exception instead of an answer. Pure.

moto looks things up without asking whether they are there, and reads numbers without asking whether they are ones.
Where the exception names a value of the request, the cause is known, and the answer is AWS's. Where it does not,
nothing is claimed: the call is refused by name.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from netflux.errors import AwsError, Unsupported

_ABSENT = re.compile("NotFound|NoSuch|NotExist|NonExist|Unknown", re.IGNORECASE)
_INVALID = re.compile(
    "Validation|InvalidParameter|InvalidArgument|InvalidInput|InvalidRequest|BadRequest|ClientException"
)
_BAD_TOKEN = re.compile("Invalid.*(Token|Marker|Paginat)")
_TOKEN = re.compile("token|marker|cursor", re.IGNORECASE)
_IDENTIFIER = re.compile("(id|ids|arn|arns|name|names|identifier|identifiers|key|url|alias)$", re.IGNORECASE)
_SUFFIX = re.compile("(id|arn|name|identifier)s?$", re.IGNORECASE)
_LITERAL = re.compile(
    r"(?:invalid literal for int\(\) with base \d+|could not convert string to float): '(.*)'", re.DOTALL
)
_EC2_ABSENT = {
    "GroupId": "InvalidGroup.NotFound",
    "GroupIds": "InvalidGroup.NotFound",
    "GroupName": "InvalidGroup.NotFound",
    "KeyName": "InvalidKeyPair.NotFound",
    "PrefixListId": "InvalidPrefixListID.NotFound",
    "PublicIp": "InvalidAddress.NotFound",
}
"""Codes that are not made of the parameter's name ["Error codes for the Amazon EC2 API"]."""
_NO_ENTITY = {"iam": "NoSuchEntity", "sns": "NotFound", "sqs": "AWS.SimpleQueueService.NonExistentQueue"}
_LONGEST = 200
_FRAMES = 3


def explain(model: Any, params: Mapping[str, Any], error: Exception) -> AwsError:
    """The error for the client.

    Args:
        model: the operation.
        params: as boto3 takes them.
        error: what moto raised.
    """
    texts = [*_texts(params, "")]
    if isinstance(error, KeyError) and error.args:
        for name, value in texts:
            if value == error.args[0] and _IDENTIFIER.search(name):
                code = _absent(model, name)
                if code:
                    return AwsError(code, f"{name} '{value[:_LONGEST]}' does not exist.")
            if value == error.args[0]:
                return _invalid(model, name, value)
    if isinstance(error, ValueError) and (found := _LITERAL.search(str(error))):
        for name, value in texts:
            if value.strip() == found[1].strip() or repr(value)[1:-1] == found[1]:
                return _invalid(model, name, value)
    service = model.service_model.service_name
    said = f"{type(error).__name__}: {error}"[:_LONGEST]
    return Unsupported(
        f"{service}:{model.name} with these values",
        f"What keeps its records failed on them ({said}). Nothing was changed.",
    )


def place(error: BaseException) -> str:
    """What happened and where, in one line: a fault of moto's on a client's nonsense is no fault of the region's."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    said = f"{type(error).__name__}: {error}".replace("\n", " ")[:_LONGEST]
    where = " < ".join(f"{'/'.join(Path(one.filename).parts[-2:])}:{one.lineno} {one.name}" for one in frames[::-1])
    return f"{said} at {where}"


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


def _codes(model: Any) -> list[str]:
    return [str(shape.metadata.get("error", {}).get("code") or shape.name) for shape in model.error_shapes]


def _absent(model: Any, name: str) -> str:
    """The service's code for something that is not there; nothing when its model tells none."""
    service = model.service_model.service_name
    if service == "ec2":
        noun = _SUFFIX.sub("", name)
        return _EC2_ABSENT.get(name) or f"Invalid{noun[:1].upper()}{noun[1:]}ID.NotFound"
    codes = [code for code in _codes(model) if _ABSENT.search(code)]
    noun = _SUFFIX.sub("", name).lower()
    if noun:
        codes.sort(key=lambda code: noun not in code.lower())
    return codes[0] if codes else _NO_ENTITY.get(service, "")


def _invalid(model: Any, name: str, value: str) -> AwsError:
    codes = _codes(model)
    shown = value[:_LONGEST]
    if _TOKEN.search(name):
        found = next((code for code in codes if _BAD_TOKEN.search(code)), "")
        if found:
            return AwsError(found, f"The token '{shown}' is not one that this operation gave.")
    found = next((code for code in codes if _INVALID.search(code)), "")
    protocol = model.service_model.resolved_protocol
    otherwise = {"ec2": "InvalidParameterValue", "query": "ValidationError"}.get(protocol, "ValidationException")
    return AwsError(found or otherwise, f"Value ({shown}) for parameter {name} is invalid.")
