"""The resource types: one row each, by service."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from netflux.cloudformation.types import (
    applicationautoscaling,
    cloudfront,
    ec2,
    ecr,
    ecs,
    elbv2,
    iam,
    logs,
    rds,
    s3,
    secretsmanager,
    securitygroup,
    servicediscovery,
    ssm,
)
from netflux.cloudformation.types.table import Row

_MODULES = (
    applicationautoscaling, cloudfront, ec2, ecr, ecs, elbv2, iam, logs, rds, s3, secretsmanager, securitygroup,
    servicediscovery, ssm,
)  # fmt: skip


@functools.cache
def rows() -> Mapping[str, Row]:
    """All types that Netflux carries, by name."""
    return {row.type: row for module in _MODULES for row in module.ROWS}
