"""Which operations the cloud answers: read from botocore's models and moto's list."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel

from netflux.controlplane.moto import motopolicy
from netflux.errors import Unsupported

OWN = (
    "application-autoscaling", "cloudformation", "cloudfront", "cloudwatch", "ec2", "ecr", "ecs", "elbv2", "logs",
    "rds", "s3", "secretsmanager", "servicediscovery", "sns", "sqs", "ssm", "sts",
)  # fmt: skip
"""Services with handlers of the cloud's own."""
RECORDS = ("acm", "dynamodb", "iam", "kms", "route53")
"""Services whose records moto keeps and a template uses."""
SERVED = OWN + RECORDS
_MODULES = {
    "acmpca": "acm-pca", "awslambda": "lambda", "bedrockagent": "bedrock-agent", "cognitoidentity": "cognito-identity",
    "cognitoidp": "cognito-idp", "iotdata": "iot-data", "resourcegroups": "resource-groups", "rdsdata": "rds-data",
    "redshiftdata": "redshift-data", "servicequotas": "service-quotas", "ssoadmin": "sso-admin",
    "timestreamwrite": "timestream-write", "emrcontainers": "emr-containers", "networkfirewall": "network-firewall",
}  # fmt: skip


@cache
def _loader() -> Any:
    return botocore.session.get_session().get_component("data_loader")


@cache
def known() -> tuple[str, ...]:
    """Every service of botocore's."""
    return tuple(_loader().list_available_services("service-2"))


@cache
def lent() -> tuple[str, ...]:
    """The other services that moto has something of."""
    from moto.backends import list_of_moto_modules

    named = {_MODULES.get(module, module) for module in list_of_moto_modules()}
    return tuple(sorted((named & set(known())) - set(SERVED)))


@cache
def service(name: str) -> ServiceModel:
    """A service's model."""
    return ServiceModel(_loader().load_service_model(name, "service-2"), name)


@cache
def names(name: str) -> tuple[str, ...]:
    """The operations of a service that are not refused by their name alone; all of them where all are refused."""
    every = service(name).operation_names
    return tuple(one for one in every if not _refused(name, one)) or tuple(every)


def _refused(name: str, operation: str) -> bool:
    if name in OWN:
        return False
    try:
        motopolicy.check(name, operation)
    except Unsupported:
        return True
    return False


@cache
def model(name: str, operation: str) -> OperationModel:
    """One operation's model."""
    return service(name).operation_model(operation)
