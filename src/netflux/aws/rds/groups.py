"""The default parameter and option groups that a DB instance tells to be in. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netflux.aws.rds.installation import Installation
from netflux.controlplane.call import Call
from netflux.errors import AwsError

Request = dict[str, Any]


def parameter_group(call: Call, installation: Installation) -> Request:
    """The one of an engine's major version, as DescribeDBParameterGroups has it."""
    family = f"postgres{installation.major}"
    return {
        "DBParameterGroupName": f"default.{family}",
        "DBParameterGroupFamily": family,
        "Description": f"Default parameter group for {family}",
        "DBParameterGroupArn": f"arn:aws:rds:{call.region}:{call.account}:pg:default.{family}",
    }


def option_group(call: Call, installation: Installation) -> Request:
    """The one of an engine's major version, as DescribeOptionGroups has it; PostgreSQL has no options."""
    name = f"default:postgres-{installation.major}"
    return {
        "OptionGroupName": name,
        "OptionGroupDescription": f"Default option group for postgres {installation.major}",
        "EngineName": "postgres",
        "MajorEngineVersion": installation.major,
        "Options": [],
        "AllowsVpcAndNonVpcInstanceMemberships": True,
        "OptionGroupArn": f"arn:aws:rds:{call.region}:{call.account}:og:{name}",
    }


def option_groups(every: Sequence[Request], asked: Mapping[str, Any]) -> list[Request]:
    """Those that a request asks for.

    Raises:
        AwsError: the one that it names is not there.
    """
    name = asked.get("OptionGroupName")
    if name is not None and name.lower() not in [one["OptionGroupName"] for one in every]:
        raise AwsError("OptionGroupNotFoundFault", f"Specified OptionGroupName: {name} not found.", 404)
    wanted = {
        "OptionGroupName": name.lower() if name else None,
        "EngineName": asked.get("EngineName"),
        "MajorEngineVersion": asked.get("MajorEngineVersion"),
    }
    return [one for one in every if all(value in (None, one[key]) for key, value in wanted.items())]
