"""What Lambda's operations share: the function that a request names, and refusals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netflux.errors import AwsError
from netflux.resources.awslambda.function import LATEST, Function, Functions, Version

_NAME = re.compile(
    r"(?:arn:aws[a-z-]*:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9_-]{1,140})(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9_-]{1,128}))?"
)


@dataclass(frozen=True)
class Named:
    """What a request calls a function: its name, with or without a version or an alias.

    Attributes:
        qualifier: empty where none was given.
    """

    name: str
    qualifier: str = ""


def named(kept: Functions, text: str, qualifier: str = "") -> Named:
    """The function that a name, a partial ARN or an ARN means.

    Args:
        kept: tells region and account.
        text: FunctionName of a request.
        qualifier: of the request; it has to agree with the one in the name.

    Raises:
        AwsError: it names nothing that can be here.
    """
    found = _NAME.fullmatch(text)
    if found is None:
        raise AwsError("InvalidParameterValueException", f"{text} is not a function's name or ARN.")
    if found["account"] not in (None, kept.account) or found["region"] not in (None, kept.region):
        raise missing(text)
    own = found["qualifier"] or ""
    if own and qualifier and own != qualifier:
        raise AwsError(
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        )
    return Named(found["name"], qualifier or own)


def missing(arn: str) -> AwsError:
    """There is no such function, version or alias."""
    return AwsError("ResourceNotFoundException", f"Function not found: {arn}", 404)


def invalid(message: str) -> AwsError:
    """A value that can't be."""
    return AwsError("InvalidParameterValueException", message)


class Part:
    """Handlers of one noun.

    Args:
        kept: the tables.
    """

    def __init__(self, kept: Functions) -> None:
        self.kept = kept
        self.documents = kept.documents

    def named(self, request: Mapping[str, Any]) -> Named:
        """What a request's FunctionName and Qualifier say."""
        return named(self.kept, request["FunctionName"], request.get("Qualifier") or "")

    def function(self, request: Mapping[str, Any]) -> Function:
        """The function that the request names."""
        wanted = self.named(request)
        found = self.kept.functions.get(wanted.name)
        if found is None:
            raise missing(self.kept.arn(wanted.name, wanted.qualifier))
        return found

    def latest(self, request: Mapping[str, Any]) -> Version:
        """The `$LATEST` of the function that the request names."""
        found = self.kept.version(self.function(request).name, LATEST)
        assert found is not None
        return found
