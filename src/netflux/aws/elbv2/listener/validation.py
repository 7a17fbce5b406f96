"""What a listener may be. Pure.

API reference, CreateListener; user guide, "Listeners for your Application Load Balancers".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.elbv2.listener import sslpolicies
from netflux.aws.elbv2.rule import validation
from netflux.errors import AwsError, Unsupported
from netflux.resources.elbv2 import Listener


def new(request: Mapping[str, Any]) -> None:
    """Of CreateListener."""
    for name in ("Port", "Protocol"):
        if name not in request:
            raise AwsError("ValidationError", f"A listener {name.lower()} must be specified")
    listener(request)
    secure = request["Protocol"] == "HTTPS"
    if secure and not request.get("Certificates"):
        raise AwsError("ValidationError", "A certificate must be specified for HTTPS listeners")
    if not secure:
        _plain(request)
    validation.actions(request["DefaultActions"])


def listener(request: Mapping[str, Any]) -> None:
    """Of CreateListener and ModifyListener."""
    if "Port" in request and not 1 <= request["Port"] <= 65535:
        raise AwsError("ValidationError", f"Port '{request['Port']}' must be between '1-65535' inclusive")
    if len(request.get("Certificates") or ()) > 1:
        raise AwsError("ValidationError", "Only one certificate may be specified for a listener")
    if request.get("SslPolicy"):
        sslpolicies.known(request["SslPolicy"])
    if request.get("DefaultActions") is not None:
        validation.actions(request["DefaultActions"])


def policy(request: Mapping[str, Any]) -> str:
    """The security policy of a new listener."""
    return (request.get("SslPolicy") or sslpolicies.DEFAULT) if request["Protocol"] == "HTTPS" else ""


def modified(before: Listener, request: Mapping[str, Any], certificates: tuple[str, ...]) -> Listener:
    """The listener with the parts of ModifyListener's request that are no actions."""
    after = replace(before, port=request.get("Port", before.port), protocol=request.get("Protocol", before.protocol))
    if after.protocol != "HTTPS":
        _plain(request)
        return replace(after, certificates=(), ssl_policy="")
    found = tuple(dict.fromkeys([*certificates, *before.certificates[len(certificates) :]]))
    if not found:
        raise AwsError("ValidationError", "A certificate must be specified for HTTPS listeners")
    chosen = request.get("SslPolicy") or before.ssl_policy or sslpolicies.DEFAULT
    return replace(after, certificates=found, ssl_policy=chosen)


def certificate(arn: str) -> None:
    """Whether it may be one of a listener's."""
    if not arn:
        raise AwsError("ValidationError", "A certificate ARN must be specified")
    if ":server-certificate/" in arn:
        raise Unsupported(f"The certificate {arn} of IAM's", "Import it into ACM: aws acm import-certificate.")
    if not arn.startswith("arn:aws:acm:"):
        raise AwsError("ValidationError", f"Certificate ARN '{arn}' is not valid")


def _plain(request: Mapping[str, Any]) -> None:
    for name in ("Certificates", "SslPolicy", "MutualAuthentication"):
        if request.get(name):
            raise AwsError("ValidationError", f"{name} can only be specified for HTTPS listeners")
