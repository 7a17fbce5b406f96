"""The service models: botocore's, which say what each operation takes and returns."""

from __future__ import annotations

from typing import Any

from botocore.model import OperationModel, ServiceModel
from botocore.validate import ParamValidator

from netflux.controlplane.protocol import modelcache
from netflux.errors import AwsError

_READING = (
    "Describe", "Get", "List", "Head", "Filter", "Lookup", "Search", "Discover", "BatchGet", "BatchCheck", "Validate",
    "Estimate", "Test", "Preview", "Query", "Scan", "Simulate", "Check", "Detect", "StartQuery",
)  # fmt: skip

# Signing names that differ from botocore's service names, for the services that a template of this kind touches.
_BY_SIGNING_NAME = {
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "states": "stepfunctions",
    "email": "ses",
}


_BY_PATH = {("ses", "/v2/email/"): "sesv2", ("email", "/v2/email/"): "sesv2", ("s3", "/v20180820/"): "s3control"}
"""Services that sign by another's name: their paths begin with what the other's do not."""


def service_by_signing_name(signing_name: str, path: str = "/") -> str:
    """botocore's name of the service whose credential scope carries this signing name."""
    for (name, start), service in _BY_PATH.items():
        if signing_name == name and path.startswith(start):
            return service
    return _BY_SIGNING_NAME.get(signing_name, signing_name)


def service_model(service: str) -> ServiceModel:
    """The model of a service; AwsError when botocore knows no such service."""
    try:
        return modelcache.get(service)
    except LookupError as error:
        raise AwsError("UnknownService", f"There is no AWS service named '{service[:100]}'.", 404) from error


def operation_model(service: str, operation: str, missing: str = "InvalidAction") -> OperationModel:
    """The model of an operation; AwsError of the code `missing` when the service has no such operation."""
    model = service_model(service)
    known: dict[str, OperationModel] = vars(model).setdefault("_known_operations", {})
    found = known.get(operation)
    if found is None:
        if operation not in model.operation_names:
            raise AwsError(missing, f"{service} has no operation named '{operation[:100]}'.")
        found = known[operation] = model.operation_model(operation)
    return found


def changes_state(operation: str) -> bool:
    """Whether the operation may change desired state, judged by AWS's naming of reading operations."""
    return not operation.startswith(_READING)


def check_parameters(model: OperationModel, params: dict[str, Any]) -> None:
    """AwsError naming each parameter that is missing, unknown or of the wrong type. What is too short, long, small or
    large is told by `constraints`, in the service's words.
    """
    if model.input_shape is None:
        return
    found = ParamValidator().validate(params, model.input_shape)
    found._errors = [error for error in found._errors if error[0] not in ("invalid range", "invalid length")]
    if found.has_errors():
        report = found.generate_report()
        code = "InvalidParameterException" if model.service_model.resolved_protocol == "json" else "ValidationError"
        raise AwsError(code, f"{model.name}: {report}")
