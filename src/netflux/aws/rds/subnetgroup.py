"""DB subnet groups: two availability zones at least, all in one VPC."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.rds import vpc
from netflux.aws.rds.pages import page
from netflux.aws.rds.part import TAGS, Part, invalid, no_filters, own
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import arn
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.subnet import Subnet
from netflux.resources.rds import GroupSubnet, SubnetGroup

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import (
        CreateDBSubnetGroupMessageTypeDef,
        DeleteDBSubnetGroupMessageTypeDef,
        DescribeDBSubnetGroupsMessageTypeDef,
        ModifyDBSubnetGroupMessageTypeDef,
    )

DEFAULT = "default"

_NAME = re.compile(r"[A-Za-z0-9._ -]{1,255}")  # "CreateDBSubnetGroup", Amazon RDS API Reference
_MOST_GROUPS, _MOST_SUBNETS = 50, 20  # "Quotas and constraints for Amazon RDS", RDS User Guide


class SubnetGroupOperations(Part):
    """Handlers of DB subnet groups."""

    @operation("DBSubnetGroupName DBSubnetGroupDescription SubnetIds Tags(Key Value)")
    def create_db_subnet_group(self, call: Call, request: CreateDBSubnetGroupMessageTypeDef) -> dict[str, Any]:
        """Names are kept in lower case ("CreateDBSubnetGroup", Amazon RDS API Reference)."""
        name = request["DBSubnetGroupName"].lower()
        if not _NAME.fullmatch(name) or name == DEFAULT:
            raise invalid(
                f"The parameter DBSubnetGroupName is not valid: {name}. It has 1 to 255 letters, digits, periods, "
                "underscores, spaces or hyphens, and is not 'default'."
            )
        if not request["DBSubnetGroupDescription"].strip():
            raise invalid("The parameter DBSubnetGroupDescription must be provided and must not be blank.")
        tags = TAGS.read(request.get("Tags"), own(call))
        found = self._subnets(request["SubnetIds"])
        if name in self.subnet_groups:
            raise AwsError("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
        made = self._new_subnet_group(call, name, request["DBSubnetGroupDescription"], found)
        self.subnet_groups.put(replace(made, tags=tags))
        return {"DBSubnetGroup": shape(made)}

    def default_subnet_group(self, call: Call) -> SubnetGroup:
        """RDS makes the subnet group `default` of the default VPC's subnets when an instance first needs it."""
        found = self.subnet_groups.get(DEFAULT)
        if found is not None:
            return found
        subnets = vpc.default_subnets(self.documents)
        if not subnets:
            raise AwsError("InvalidVPCNetworkStateFault", "There is no default VPC; name a DBSubnetGroupName.")
        made = self._new_subnet_group(call, DEFAULT, DEFAULT, subnets)
        self.subnet_groups.put(made)
        return made

    def _new_subnet_group(self, call: Call, name: str, description: str, found: Sequence[Subnet]) -> SubnetGroup:
        if len(self.subnet_groups) >= _MOST_GROUPS:
            raise AwsError("DBSubnetGroupQuotaExceeded", f"The account has {_MOST_GROUPS} DB subnet groups already.")
        subnets = tuple(GroupSubnet(one.id, one.zone) for one in found)
        where = arn("rds", f"subgrp:{name}", call.account, call.region)
        return SubnetGroup(name, where, description, found[0].vpc_id, subnets)

    @operation("DBSubnetGroupName MaxRecords Marker", refused={"Filters": "Leave it out: AWS has none for it either."})
    def describe_db_subnet_groups(self, call: Call, request: DescribeDBSubnetGroupsMessageTypeDef) -> dict[str, Any]:
        """All, or the one of a name."""
        no_filters(request)
        found = sorted(self.subnet_groups, key=lambda group: group.name)
        if "DBSubnetGroupName" in request:
            found = [self.subnet_group(request["DBSubnetGroupName"])]
        shown, marker = page(found, request, lambda group: group.name)
        answer: dict[str, Any] = {"DBSubnetGroups": [shape(group) for group in shown]}
        return {**answer, "Marker": marker} if marker else answer

    @operation("DBSubnetGroupName DBSubnetGroupDescription SubnetIds")
    def modify_db_subnet_group(self, call: Call, request: ModifyDBSubnetGroupMessageTypeDef) -> dict[str, Any]:
        """The subnets are replaced; a DB instance's own stays."""
        group = self.subnet_group(request["DBSubnetGroupName"])
        found = self._subnets(request["SubnetIds"])
        if found[0].vpc_id != group.vpc:
            raise invalid("The new Subnets are not in the same Vpc as the existing subnet group")
        used = {instance.subnet for instance in self.instances.table.where("subnet group", group.name)}
        lost = sorted(used - {one.id for one in found})
        if lost:
            raise invalid(f"Some of the subnets to be deleted are currently in use: {', '.join(lost)}")
        subnets = tuple(GroupSubnet(one.id, one.zone) for one in found)
        description = request.get("DBSubnetGroupDescription", group.description)
        changed = replace(group, subnets=subnets, description=description)
        self.subnet_groups.put(changed)
        return {"DBSubnetGroup": shape(changed)}

    @operation("DBSubnetGroupName")
    def delete_db_subnet_group(self, call: Call, request: DeleteDBSubnetGroupMessageTypeDef) -> dict[str, Any]:
        """Refused while a DB instance is in it."""
        self.subnet_groups.delete(self.subnet_group(request["DBSubnetGroupName"]).name)
        return {}

    def subnet_group(self, name: str) -> SubnetGroup:
        """DBSubnetGroupNotFoundFault when there is none of the name."""
        found = self.subnet_groups.get(name.lower())
        if found is None:
            raise AwsError("DBSubnetGroupNotFoundFault", f"DB Subnet group '{name}' not found.", 404)
        return found

    def _subnets(self, ids: Sequence[str]) -> Sequence[Subnet]:
        wanted = [*dict.fromkeys(ids)]
        if len(wanted) > _MOST_SUBNETS:
            raise AwsError(
                "DBSubnetQuotaExceededFault",
                f"A DB subnet group has at most {_MOST_SUBNETS} subnets, not {len(wanted)}.",
            )
        if not wanted:
            raise invalid("The parameter SubnetIds must be provided and must not be empty.")
        found = {one.id: one for one in vpc.subnets(self.documents, wanted)}
        unknown = [identity for identity in wanted if identity not in found]
        if unknown:
            raise invalid(f"Some input subnets in :[{', '.join(unknown)}] are invalid.")
        vpcs = sorted({one.vpc_id for one in found.values()})
        if len(vpcs) > 1:
            raise AwsError("InvalidSubnet", f"The subnets are in different VPCs: {', '.join(vpcs)}.")
        zones = sorted({one.zone for one in found.values()})
        if len(zones) < 2:
            raise AwsError(
                "DBSubnetGroupDoesNotCoverEnoughAZs",
                "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: "
                f"{', '.join(zones)}. Add subnets to cover at least 2 AZs.",
            )
        return [found[identity] for identity in wanted]


def shape(group: SubnetGroup) -> dict[str, Any]:
    """The DBSubnetGroup shape."""
    return {
        "DBSubnetGroupName": group.name,
        "DBSubnetGroupDescription": group.description,
        "VpcId": group.vpc,
        "SubnetGroupStatus": "Complete",
        "Subnets": [
            {
                "SubnetIdentifier": subnet.id,
                "SubnetAvailabilityZone": {"Name": subnet.zone},
                "SubnetOutpost": {},
                "SubnetStatus": "Active",
            }
            for subnet in group.subnets
        ],
        "DBSubnetGroupArn": group.arn,
        "SupportedNetworkTypes": ["IPV4"],
    }
