"""Service-linked roles: each is one service's, made as that service defines it and not to be changed."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netflux.aws.iam import errors, shape
from netflux.aws.iam.tables import Tables
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import Unsupported
from netflux.resources.iam.identity import Role, RoleDeletion
from netflux.resources.iam.policy import AWS_MANAGED

if TYPE_CHECKING:
    from types_boto3_iam import type_defs as types


@dataclass(frozen=True)
class Linked:
    """How a service defines its role.

    Attributes:
        name: what follows `AWSServiceRoleFor`.
        policy: of AWS's managed policies below aws-service-role/.
        suffixed: whether there may be more than one, by CustomSuffix.
    """

    name: str
    policy: str
    suffixed: bool = False


_SCALING = "ApplicationAutoScaling_"
LINKED = {
    "autoscaling.amazonaws.com": Linked("AutoScaling", "AutoScalingServiceRolePolicy", suffixed=True),
    "ecs.amazonaws.com": Linked("ECS", "AmazonECSServiceRolePolicy"),
    "elasticloadbalancing.amazonaws.com": Linked("ElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"),
    "rds.amazonaws.com": Linked("RDS", "AmazonRDSServiceRolePolicy"),
    "elasticache.amazonaws.com": Linked("ElastiCache", "ElastiCacheServiceRolePolicy"),
    "replication.ecr.amazonaws.com": Linked("ECRReplication", "ECRReplicationServiceRolePolicy"),
    "pullthroughcache.ecr.amazonaws.com": Linked("ECRPullThroughCache", "AWSECRPullThroughCache_ServiceRolePolicy"),
    "logger.cloudfront.amazonaws.com": Linked("CloudFrontLogger", "AWSCloudFrontLogger"),
    "wafv2.amazonaws.com": Linked("WAFV2Logging", "WAFV2LoggingServiceRolePolicy"),
    "eks.amazonaws.com": Linked("AmazonEKS", "AmazonEKSServiceRolePolicy"),
    "spot.amazonaws.com": Linked("EC2Spot", "AWSEC2SpotServiceRolePolicy"),
    "ecs.application-autoscaling.amazonaws.com": Linked(
        f"{_SCALING}ECSService", "AWSApplicationAutoscalingECSServicePolicy"
    ),
    "rds.application-autoscaling.amazonaws.com": Linked(
        f"{_SCALING}RDSCluster", "AWSApplicationAutoscalingRDSClusterPolicy"
    ),
    "dynamodb.application-autoscaling.amazonaws.com": Linked(
        f"{_SCALING}DynamoDBTable", "AWSApplicationAutoscalingDynamoDBTablePolicy"
    ),
}
"""By service principal ["AWS services that work with IAM", and each service's page on its service-linked role]."""


class LinkedRoles:
    """Operations on service-linked roles."""

    tables: Tables

    @operation("AWSServiceName Description CustomSuffix")
    def create_service_linked_role(
        self, _call: Call, request: types.CreateServiceLinkedRoleRequestTypeDef
    ) -> dict[str, Any]:
        """Trusts its service, with that service's policy; the document's lists are AWS's ("create-service-linked-role",
        AWS CLI Command Reference).
        """
        service, suffix = request["AWSServiceName"], request.get("CustomSuffix")
        linked = LINKED.get(service)
        if linked is None:
            raise Unsupported(f"A service-linked role of {service}", f"Known are those of {', '.join(LINKED)}.")
        if suffix and not linked.suffixed:
            raise errors.invalid(f"Custom suffix is not allowed for {service}")
        name = f"AWSServiceRoleFor{linked.name}" + (f"_{suffix}" if suffix else "")
        if self.tables.roles.table.has("name", name.lower()):
            raise errors.invalid(
                f"Service role name {name} has been taken in this account, please try a different suffix."
            )
        path = f"/aws-service-role/{service}/"
        trusted = {"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": [service]}}
        role = Role(
            id=identifiers.base32("AROA", 17),
            name=name,
            path=path,
            arn=self.tables.arn(f"role{path}{name}"),
            created=self.tables.now(),
            trust=json.dumps({"Version": "2012-10-17", "Statement": [trusted]}),
            description=request.get("Description") or "",
            attached=(f"{AWS_MANAGED}aws-service-role/{linked.policy}",),
            service=service,
        )
        self.tables.roles.table.put(role)
        return {"Role": shape.role(role)}

    @operation("RoleName")
    def delete_service_linked_role(
        self, _call: Call, request: types.DeleteServiceLinkedRoleRequestTypeDef
    ) -> dict[str, Any]:
        """Done when the answer leaves; GetServiceLinkedRoleDeletionStatus tells so."""
        role = self.tables.roles.find(request)
        if not role.service:
            raise errors.not_found("service-linked role", role.name)
        task = f"task/aws-service-role/{role.service}/{role.name}/{uuid.uuid4()}"
        self.tables.roles.table.delete(role.id)
        self.tables.role_deletions.put(RoleDeletion(task, role.name, "SUCCEEDED"))
        return {"DeletionTaskId": task}

    @operation("DeletionTaskId")
    def get_service_linked_role_deletion_status(
        self, _call: Call, request: types.GetServiceLinkedRoleDeletionStatusRequestTypeDef
    ) -> dict[str, Any]:
        """What has become of a deletion."""
        task = self.tables.role_deletions.get(request["DeletionTaskId"])
        if task is None:
            raise errors.missing(f"The deletion task {request['DeletionTaskId']} cannot be found.")
        return {"Status": task.status, **({"Reason": {"Reason": task.reason}} if task.reason else {})}
