"""A verdict as the error that a client gets, in each service's own code and words.

"Troubleshoot access denied error messages", IAM User Guide; "Common errors" of the services' API references.
"""

from __future__ import annotations

from netflux.controlplane.authorization import encoding
from netflux.controlplane.protocol import models
from netflux.errors import AwsError
from netflux.policy.verdict import Verdict

_OWN = {"ec2": "UnauthorizedOperation", "sns": "AuthorizationError"}
_UNREASONED = ("sts",)
"""Services that do not tell why."""
_STAR = ("ecr",)
"""Services that name the resource when it is `*`."""


def refusal(service: str, verdict: Verdict) -> AwsError:
    """The error.

    Args:
        service: botocore's name of the one that is asked.
        verdict: a refusal.
    """
    text = sentence(service, verdict)
    if service == "secretsmanager" and verdict.request.action.startswith("kms:"):
        text = "Access to KMS is not allowed"
    if service == "ec2":
        text = (
            f"You are not authorized to perform this operation. {text}. Encoded authorization failure message: "
            f"{encoding.encode(verdict)}"
        )
    code, status = _code(service)
    return AwsError(code, text, status)


def sentence(service: str, verdict: Verdict) -> str:
    """Who may not do what, and why not."""
    request = verdict.request
    action = request.action.lower() if service == "sqs" else request.action
    if service == "sns":
        action = f"SNS:{action.partition(':')[2]}"
    resource = f'"{request.resource}"' if service == "s3" else request.resource
    where = f" on resource: {resource}" if request.resource != "*" or service in _STAR else ""
    reason = "" if service in _UNREASONED else f" {verdict.reason.replace(request.action, action)}"
    return f"User: {request.principal.name} is not authorized to perform: {action}{where}{reason}"


def _code(service: str) -> tuple[str, int]:
    if service in _OWN:
        return _OWN[service], 403
    model = models.service_model(service)
    protocol = model.resolved_protocol
    if "json" not in protocol or "awsQueryCompatible" in model.metadata:
        return "AccessDenied", 403
    return "AccessDeniedException", 400 if protocol == "json" else 403
