"""How each service says that a request is not one: its codes, its sentences, its status.

Most services answer in the words of the framework that AWS built them on ("1 validation error detected: …"); EC2, ECR,
CloudFront and a few more have codes of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from netflux.decoding.limits import Exceeded, Malformed
from netflux.errors import AwsError

_LONGEST_SHOWN = 1000
_MOST_SHOWN = 10

_INVALID = {
    "acm": "ValidationException",
    "cloudfront": "InvalidArgument",
    "cloudwatch": "ValidationError",
    "ec2": "InvalidParameterValue",
    "ecr": "InvalidParameterException",
    "ecs": "InvalidParameterException",
    "logs": "InvalidParameterException",
    "rds": "InvalidParameterValue",
    "route53": "InvalidInput",
    "s3": "InvalidArgument",
    "servicediscovery": "InvalidInput",
    "sns": "InvalidParameter",
    "sqs": "InvalidParameterValue",
}
_MALFORMED_POLICY = {
    "iam": "MalformedPolicyDocument",
    "kms": "MalformedPolicyDocumentException",
    "s3": "MalformedPolicy",
    "secretsmanager": "MalformedPolicyDocumentException",
    "sqs": "InvalidAttributeValue",
    "sts": "MalformedPolicyDocument",
}
_OF_S3 = {"locationConstraint": "InvalidLocationConstraint", "storageClass": "InvalidStorageClass"}
_ENUM = "satisfy enum value set"
TOO_DEEP = "Member must have fewer levels of JSON"
_MISSING = {"ec2": "MissingParameter", "rds": "MissingParameter", "sqs": "MissingParameter"}
_OF_EC2 = {"Resources": "resourceIdSet"}


@dataclass(frozen=True)
class Violation:
    """One constraint of the model that a parameter breaks.

    Attributes:
        path: the member as AWS names it, e.g. `tags.1.member.key`.
        value: what was given; None where nothing was.
        constraint: what was asked of it, e.g. "Member must not be null".
        shown: whether the value may be repeated.
    """

    path: str
    value: Any
    constraint: str
    shown: bool = True


def invalid(service: str, protocol: str, violations: Sequence[Violation]) -> AwsError:
    """The error for parameters that break their constraints."""
    first = violations[0]
    if first.constraint == TOO_DEEP and service in _MALFORMED_POLICY:
        return AwsError(_MALFORMED_POLICY[service], f"The JSON at '{first.path}' has too many levels.")
    code = _INVALID.get(service) or ("ValidationError" if protocol in ("query", "ec2") else "ValidationException")
    if service == "s3" and "." in first.path:  # what is no header stands in the XML
        code = "MalformedXML"
    if service == "s3":
        code = _OF_S3.get(first.path.rpartition(".")[2], code)
    if first.value is None and service in _MISSING:
        return AwsError(_MISSING[service], f"The request must contain the parameter {_named(service, first.path)}")
    if service == "ec2":
        shown = _text(first)
        reason = first.constraint.replace("Member", "The value")
        return AwsError(code, f"Value ({shown}) for parameter {_own_name(first.path)} is invalid. {reason}.")
    if service == "ecr":
        constraint = first.constraint if _ENUM in first.constraint else first.constraint.removeprefix("Member ")
        return AwsError(code, f"Invalid parameter at '{first.path}' failed to satisfy constraint: '{constraint}'")
    number = len(violations)
    sentences = [
        f"Value {_quoted(each)}at '{each.path}' failed to satisfy constraint: {each.constraint}"
        for each in violations[:_MOST_SHOWN]
    ]
    return AwsError(code, f"{number} validation error{'s' * (number > 1)} detected: {'; '.join(sentences)}")


def malformed(service: str, protocol: str, error: Malformed) -> AwsError:
    """The error for bytes that could not be read as a request."""
    if isinstance(error, Exceeded) and error.what.startswith("bytes"):
        return AwsError("RequestEntityTooLarge", f"The request can't be taken by {service}: {error}.", 413)
    match protocol:
        case "ec2":
            return AwsError("InvalidParameterValue", f"The request can't be read: {error}")
        case "query":
            return AwsError("MalformedInput", str(error))
        case "rest-xml":
            return AwsError("MalformedInput", str(error))
    return AwsError("SerializationException", str(error))


def too_large(most: int) -> AwsError:
    """The error for a body that is longer than the service takes, of which no more was read."""
    return AwsError("RequestEntityTooLarge", f"The request's body is larger than {most} bytes.", 413)


def _own_name(path: str) -> str:
    name = path.rpartition(".member.")[2].partition(".")[0] if ".member." in path else path.partition(".")[0]
    return name[:1].upper() + name[1:]


def _named(service: str, path: str) -> str:
    """A parameter that is missing. EC2 calls some by the name that its answers have."""
    name = _own_name(path)
    return _OF_EC2.get(name, name) if service == "ec2" else name


def _quoted(violation: Violation) -> str:
    if violation.value is None:
        return "null "
    return f"'{_text(violation)}' " if violation.shown and len(str(violation.value)) <= _LONGEST_SHOWN else ""


def _text(violation: Violation) -> str:
    if isinstance(violation.value, list):
        return f"[{', '.join(str(each) for each in violation.value[:50])}]"[:_LONGEST_SHOWN]
    return str(violation.value)[:_LONGEST_SHOWN] if violation.shown else "***"
