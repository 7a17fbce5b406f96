"""EC2's encoded authorization failure messages, and what DecodeAuthorizationMessage makes of them."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from netflux.errors import AwsError
from netflux.policy.verdict import Verdict, Why

_LONGEST = 64 * 1024
"""Bytes of a decoded message; what a request's condition keys take is far below."""


def encode(verdict: Verdict) -> str:
    """The verdict in letters that say nothing to who reads them, as EC2 shows it."""
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(_told(verdict)).encode())).decode()


def decode(text: str) -> str:
    """The message as JSON.

    Raises:
        AwsError: it is none.
    """
    try:
        unpacked = zlib.decompressobj().decompress(base64.urlsafe_b64decode(text), _LONGEST)
        return json.dumps(json.loads(unpacked))
    except (ValueError, zlib.error) as error:
        raise AwsError("InvalidAuthorizationMessageException", "Message is not valid") from error


def _told(verdict: Verdict) -> dict[str, Any]:
    request, statement = verdict.request, verdict.statement
    matched = (
        [] if statement is None else [{"statementId": statement.sid, "effect": "ALLOW" if statement.allow else "DENY"}]
    )
    return {
        "allowed": verdict.allowed,
        "explicitDeny": verdict.why is Why.DENIED,
        "matchedStatements": {"items": matched},
        "failures": {"items": []},
        "context": {
            "principal": {"arn": request.principal.name},
            "action": request.action,
            "resource": request.resource,
            "conditions": {
                "items": [
                    {"key": key, "values": {"items": [{"value": value} for value in values]}}
                    for key, values in request.context.items()
                ]
            },
        },
    }
