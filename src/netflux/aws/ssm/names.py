"""Names of parameters: what AWS takes, and what a request's name stands for. Pure.

"Understanding requirements and constraints for parameter names", AWS Systems Manager User Guide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from netflux.errors import AwsError

PUBLIC = "/aws/service/"
"""Where AWS's own parameters are."""
REFERENCE = "/aws/reference/secretsmanager/"
"""Where secrets of Secrets Manager are told as parameters."""

_NAME = re.compile(r"[A-Za-z0-9_.\-/]+")
_ARN = re.compile(r"arn:aws:ssm:([^:]*):([0-9]*):parameter(/.+)")
_RESERVED = ("aws", "ssm")
_LONGEST, _LEVELS = 1011, 15
_FORM = (
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
    "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 "
    "symbols .-_"
)
_PATH_FORM = (
    "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "
    '"/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the '
    "following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if "
    'specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.'
)


@dataclass(frozen=True)
class Wanted:
    """What a request's name asks for.

    Attributes:
        name: without what follows.
        selector: a version's number or a label; empty for the latest version.
        elsewhere: it is an ARN of another account or region.
    """

    name: str
    selector: str = ""
    elsewhere: bool = False


def new(name: str) -> str:
    """A new parameter's name, without spaces around it. Raises AwsError for one that AWS does not take."""
    name = name.strip()
    check(name)
    bare = name.lstrip("/").lower()
    if bare.startswith(_RESERVED):
        levels = name.count("/")
        if name.lower().startswith("/aws") and levels > 1:
            raise AwsError("AccessDeniedException", f"No access to reserved parameter name: {name}.")
        raise _invalid(
            _FORM if levels > 1 else 'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).'
        )
    if "/" in name and not name.startswith("/"):
        raise _invalid("Parameter name must be a fully qualified name: it begins with a slash.")
    if name.endswith("/"):
        raise _invalid("Parameter name must not end with slash.")
    if "//" in name:
        raise _invalid(_FORM)
    if len(name) > _LONGEST:
        raise _invalid(f"Parameter name has {len(name)} characters, of {_LONGEST} at most.")
    if name.count("/") > _LEVELS:
        raise AwsError(
            "HierarchyLevelLimitExceededException",
            f"A hierarchy can have a maximum of {_LEVELS} levels; {name} has {name.count('/')}.",
        )
    return name


def check(name: str) -> None:
    """ValidationException for a name with other characters than names have."""
    if not _NAME.fullmatch(name):
        raise _invalid(f"{_FORM}. Spaces and other characters are not allowed: {name!r}")


def check_path(path: str) -> None:
    """ValidationException for a path that no parameter can be below."""
    if not path.startswith("/") or "//" in path or not _NAME.fullmatch(path):
        raise _invalid(_PATH_FORM)


def wanted(text: str, account: str, region: str) -> Wanted:
    """A name or an ARN, with a version or label after a colon or without. More colons than one belong to the name."""
    match, elsewhere = _ARN.fullmatch(text), False
    if match is not None:
        owner = "" if match[3].startswith(PUBLIC) else account
        elsewhere, text = (match[1], match[2]) != (region, owner), match[3]
    name, colon, selector = text.strip().partition(":")
    if ":" in selector or (colon and not selector):
        return Wanted(text, elsewhere=elsewhere)
    return Wanted(name, selector, elsewhere)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
