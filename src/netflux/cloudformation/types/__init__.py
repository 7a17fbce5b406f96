"""The resource types: one row each, by service."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from netflux.cloudformation.types import acm as _acm
from netflux.cloudformation.types import applicationautoscaling as _applicationautoscaling
from netflux.cloudformation.types import awslambda as _awslambda
from netflux.cloudformation.types import cloudformation as _cloudformation
from netflux.cloudformation.types import cloudfront as _cloudfront
from netflux.cloudformation.types import cloudwatch as _cloudwatch
from netflux.cloudformation.types import ec2 as _ec2
from netflux.cloudformation.types import ecr as _ecr
from netflux.cloudformation.types import ecs as _ecs
from netflux.cloudformation.types import efs as _efs
from netflux.cloudformation.types import elbv2 as _elbv2
from netflux.cloudformation.types import iam as _iam
from netflux.cloudformation.types import logs as _logs
from netflux.cloudformation.types import networkacl as _networkacl
from netflux.cloudformation.types import rds as _rds
from netflux.cloudformation.types import route53 as _route53
from netflux.cloudformation.types import s3 as _s3
from netflux.cloudformation.types import secretsmanager as _secretsmanager
from netflux.cloudformation.types import securitygroup as _securitygroup
from netflux.cloudformation.types import servicediscovery as _servicediscovery
from netflux.cloudformation.types import ssm as _ssm
from netflux.cloudformation.types.table import Row

_MODULES = (
    _acm, _applicationautoscaling, _awslambda, _cloudformation, _cloudfront, _cloudwatch, _ec2, _ecr, _ecs, _efs,
    _elbv2, _iam, _logs, _networkacl, _rds, _route53, _s3, _secretsmanager, _securitygroup, _servicediscovery, _ssm,
)  # fmt: skip


@functools.cache
def rows() -> Mapping[str, Row]:
    """All types that Netflux carries, by name."""
    return {row.type: row for module in _MODULES for row in module.ROWS}
