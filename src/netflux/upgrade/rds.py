"""RDS of release 0.1: subnet and parameter groups were moto's, DB instances documents with the same members."""

from __future__ import annotations

import asyncio
from typing import Any

from netflux.aws.rds import parameters
from netflux.aws.rds.installation import installations
from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.rds import PARAMETER_GROUP, SUBNET_GROUP, GroupSubnet, Parameter, ParameterGroup, SubnetGroup

_DEFAULT = "default."
Json = dict[str, Any]


async def adopt(moto: Caller, documents: Documents) -> None:
    """Puts records of all that is there; a group that has a record already is left as it is.

    Parameters that PostgreSQL does not take were never given to any; they are left out.
    """
    subnet_groups, parameter_groups = documents.table(SUBNET_GROUP), documents.table(PARAMETER_GROUP)
    told = await _all(moto, "DescribeDBSubnetGroups", "DBSubnetGroups")
    found = [await _subnet_group(moto, one) for one in told]
    others = [
        await _parameter_group(moto, one)
        for one in await _all(moto, "DescribeDBParameterGroups", "DBParameterGroups")
        if not one["DBParameterGroupName"].startswith(_DEFAULT)
    ]
    with documents.transaction():
        for group in found:
            if group.name not in subnet_groups:
                subnet_groups.put(group)
        for other in others:
            if other.name not in parameter_groups:
                parameter_groups.put(other)


async def _all(moto: Caller, operation: str, member: str, **params: Any) -> list[Json]:
    found: list[Json] = []
    marker: Json = {}
    while True:
        answer = await moto.call("rds", operation, {**params, **marker})
        found += answer.get(member, [])
        if not answer.get("Marker"):
            return found
        marker = {"Marker": answer["Marker"]}


async def _subnet_group(moto: Caller, told: Json) -> SubnetGroup:
    subnets = [GroupSubnet(one["SubnetIdentifier"], one["SubnetAvailabilityZone"]["Name"]) for one in told["Subnets"]]
    return SubnetGroup(
        name=told["DBSubnetGroupName"].lower(),
        arn=told["DBSubnetGroupArn"],
        description=told["DBSubnetGroupDescription"],
        vpc=told["VpcId"],
        subnets=tuple(subnets),
        tags=await _tags(moto, told["DBSubnetGroupArn"]),
    )


async def _parameter_group(moto: Caller, told: Json) -> ParameterGroup:
    name, family = told["DBParameterGroupName"], told["DBParameterGroupFamily"]
    given = await _all(moto, "DescribeDBParameters", "Parameters", DBParameterGroupName=name)
    return ParameterGroup(
        name=name.lower(),
        arn=told["DBParameterGroupArn"],
        family=family,
        description=told["Description"],
        parameters=await asyncio.to_thread(_taken, family, given),
        tags=await _tags(moto, told["DBParameterGroupArn"]),
    )


def _taken(family: str, given: list[Json]) -> dict[str, Parameter]:
    installation = next((one for one in installations() if family == f"postgres{one.major}"), None)
    if installation is None:
        return {}
    known, taken = parameters.settings(installation), {}
    for one in given:
        name, value = one["ParameterName"].lower(), one.get("ParameterValue", "")
        try:
            parameters.check(installation, {name: value})
        except AwsError:
            continue
        method = "pending-reboot" if known[name].static else one.get("ApplyMethod", "pending-reboot")
        taken[name] = Parameter(value, method, known[name].static)
    return taken


async def _tags(moto: Caller, arn: str) -> dict[str, str]:
    told = await moto.call("rds", "ListTagsForResource", {"ResourceName": arn})
    return {tag["Key"]: tag.get("Value", "") for tag in told["TagList"]}
