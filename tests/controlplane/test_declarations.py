"""Every member of botocore's models is declared by the operation's handler: none is taken and read by nothing."""

from __future__ import annotations

import pytest
from botocore import xform_name

from netflux.aws.acm.api import AcmApi
from netflux.aws.applicationautoscaling.api import ApplicationAutoScalingApi
from netflux.aws.awslambda.api import LambdaApi
from netflux.aws.cloudfront.api import CloudFrontApi
from netflux.aws.cloudwatch.api import CloudWatchApi
from netflux.aws.ec2.api import Ec2Api
from netflux.aws.ecr.api import EcrApi
from netflux.aws.ecs.api import EcsApi
from netflux.aws.efs.api import EfsApi
from netflux.aws.elbv2.api import ElbApi
from netflux.aws.iam.api import IamApi
from netflux.aws.logs.api import LogsApi
from netflux.aws.rds.api import RdsApi
from netflux.aws.route53.api import Route53Api
from netflux.aws.s3.api import S3Api
from netflux.aws.secretsmanager.api import SecretsManagerApi
from netflux.aws.servicediscovery.api import ServiceDiscoveryApi
from netflux.aws.sns.api import SnsApi
from netflux.aws.sqs.api import SqsApi
from netflux.aws.ssm.api import SsmApi
from netflux.aws.sts.api import StsApi
from netflux.cloudformation.api import CloudFormationApi
from netflux.controlplane import operation as operations
from netflux.controlplane.protocol import models

DECLARED: dict[str, type] = {
    "acm": AcmApi, "application-autoscaling": ApplicationAutoScalingApi, "cloudformation": CloudFormationApi,
    "cloudfront": CloudFrontApi, "cloudwatch": CloudWatchApi, "ec2": Ec2Api, "ecr": EcrApi, "ecs": EcsApi,
    "efs": EfsApi, "elbv2": ElbApi, "iam": IamApi, "lambda": LambdaApi,
    "logs": LogsApi, "rds": RdsApi, "route53": Route53Api, "s3": S3Api,
    "secretsmanager": SecretsManagerApi, "servicediscovery": ServiceDiscoveryApi, "sns": SnsApi, "sqs": SqsApi,
    "ssm": SsmApi, "sts": StsApi,
}  # fmt: skip
"""By botocore's name, the services of which every operation declares its members. The others are to be moved yet."""


@pytest.mark.parametrize("service", DECLARED)
def test_every_member_is_carried_neutral_or_refused(service: str) -> None:
    handlers, wrong = DECLARED[service], []
    for name in models.service_model(service).operation_names:
        handler = getattr(handlers, xform_name(name), None)
        if handler is None:
            continue
        declared = operations.declaration(handler)
        if declared is None:
            wrong.append(f"{name} declares nothing")
            continue
        shape = models.operation_model(service, name).input_shape
        wrong += [f"{name}: {problem}" for problem in operations.undeclared(shape, declared)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("service", DECLARED)
def test_every_declaration_is_an_operation(service: str) -> None:
    names = {xform_name(name) for name in models.service_model(service).operation_names}
    declared = {
        name for name in dir(DECLARED[service]) if operations.declaration(getattr(DECLARED[service], name)) is not None
    }
    assert declared <= names
