"""RDS of release 0.1: groups were moto's, DB instances documents; both are records afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netflux.aws.rds.installation import installations
from netflux.aws.rds.instance import Instances
from netflux.resources.rds import Parameter
from netflux.upgrade import rds
from tests.controlplane.plane import Plane

FAMILY = f"postgres{installations()[0].major}"
INSTANCE: dict[str, Any] = {
    "identifier": "db", "arn": "arn:aws:rds:us-east-1:000000000000:db:db", "resource_id": "db-X",
    "created": "2026-11-01T10:00:00+00:00", "engine_version": f"{installations()[0].version}", "master": "boss",
    "database": "", "port": 5432, "subnet_group": "g", "subnet": "subnet-1", "zone": "us-east-1a", "groups": ["sg-1"],
    "settings": {"AllocatedStorage": 20, "DeletionProtection": False}, "run": "stopped", "prepared": True,
    "verifier": "", "secret": "", "secret_arn": "", "secret_key": "", "secret_new": False, "reboots": 2, "rebooted": 2,
    "pending": {"AllocatedStorage": 30}, "tags": {"k": "v"},
}  # fmt: skip


async def test_groups_are_taken_over_and_instances_are_read(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    await plane.start()
    vpc = (await plane.moto.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    subnets = []
    for number, zone in ((1, "us-east-1a"), (2, "us-east-1b")):
        wanted = {"VpcId": vpc, "CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": zone}
        subnets.append((await plane.moto.call("ec2", "CreateSubnet", wanted))["Subnet"]["SubnetId"])
    tags = [{"Key": "team", "Value": "a"}]
    group = {"DBSubnetGroupName": "G", "DBSubnetGroupDescription": "d", "SubnetIds": subnets, "Tags": tags}
    await plane.moto.call("rds", "CreateDBSubnetGroup", group)
    named = {"DBParameterGroupName": "mine"}
    made = {**named, "DBParameterGroupFamily": FAMILY, "Description": "e", "Tags": tags}
    await plane.moto.call("rds", "CreateDBParameterGroup", made)
    given = [
        {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "immediate"}
        for name, value in (("work_mem", "8192"), ("max_connections", "50"), ("foo", "1"), ("log_statement", "some"))
    ]
    await plane.moto.call("rds", "ModifyDBParameterGroup", {**named, "Parameters": given})
    plane.documents.put("rds/instance", "db", INSTANCE)
    await plane.restart()
    await rds.adopt(plane.moto, plane.documents)
    await rds.adopt(plane.moto, plane.documents)
    instances = Instances(plane.documents)
    [subnet_group] = instances.subnet_groups
    assert (subnet_group.name, subnet_group.description, subnet_group.vpc) == ("g", "d", vpc)
    assert [(one.id, one.zone) for one in subnet_group.subnets] == [
        (subnets[0], "us-east-1a"),
        (subnets[1], "us-east-1b"),
    ]
    [parameter_group] = instances.parameter_groups
    assert (parameter_group.family, parameter_group.description) == (FAMILY, "e")
    assert parameter_group.parameters == {
        "work_mem": Parameter("8192", "immediate"),
        "max_connections": Parameter("50", "pending-reboot", static=True),
    }
    assert subnet_group.tags == parameter_group.tags == {"team": "a"}
    instance = instances.get("db")
    assert instance is not None
    assert {name: getattr(instance, name) for name in INSTANCE} == INSTANCE
    assert instance.parameter_group == ""
    instances.update("db", run="running")
    assert instances.table.get("db") is not None
    plane.stop()
