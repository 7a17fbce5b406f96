"""Security groups on the running application, changed through AWS's APIs alone."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from netflux.runtime import enclosure
from tests.behaviours import bodies, stack
from tests.behaviours.cloud import ROOT, Cloud, inside, running, wait_for

LATE = 0
REFUSED = enclosure.refusal()
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    pytest.mark.skipif(REFUSED is not None, reason=f"network namespaces: {REFUSED}"),
]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    state: Path = tmp_path_factory.mktemp("groups") / "state"
    with running(state, str(ROOT), "--speed", "10", "--network", "namespaces") as cloud:
        yield cloud


def group(cloud: Cloud, name: str) -> str:
    found = cloud.boto3("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": [f"netflux-{name}"]}])
    return str(found["SecurityGroups"][0]["GroupId"])


@contextmanager
def revoked(cloud: Cloud, owner: str, peer: str, port: int) -> Iterator[None]:
    """The inbound rule is gone inside the block."""
    ec2 = cloud.boto3("ec2")
    pair = {"UserIdGroupPairs": [{"GroupId": group(cloud, peer)}]}
    rule: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **pair}
    ec2.revoke_security_group_ingress(GroupId=group(cloud, owner), IpPermissions=[rule])
    try:
        yield
    finally:
        ec2.authorize_security_group_ingress(GroupId=group(cloud, owner), IpPermissions=[rule])


def reasons(cloud: Cloud) -> set[str]:
    elb = cloud.boto3("elbv2")
    return {
        target["TargetHealth"].get("Reason", target["TargetHealth"]["State"])
        for name in stack.SERVICES
        for target in elb.describe_target_health(
            TargetGroupArn=elb.describe_target_groups(Names=[f"{name}-containers"])["TargetGroups"][0]["TargetGroupArn"]
        )["TargetHealthDescriptions"]
        if target["TargetHealth"]["State"] not in ("initial", "draining")
    }


def status(cloud: Cloud, path: str, patience: float = 30) -> int:
    """What the distribution answers, or LATE when that takes more than `patience` real seconds."""
    try:
        return cloud.ask("GET", f"https://{stack.domain(cloud)}{path}", patience).status_code
    except httpx.TimeoutException:
        return LATE


def recovers(cloud: Cloud) -> None:
    wait_for("all targets are healthy again", lambda: stack.all_healthy(cloud), 150)
    wait_for("the application answers", lambda: status(cloud, "/api/customers/1") == 200, 20)


def reach(cloud: Cloud, source: str, destination: str) -> int:
    """The exit code of `netflux reach --probe`: 0 yes, 1 no, 3 when a packet did otherwise."""
    done = cloud.command("reach", source, destination, "--probe", check=False)
    return done.returncode


def dropped(cloud: Cloud, source: str, destination: str) -> int:
    """What the group that decides has dropped, as `netflux reach` tells it, and `netflux status` likewise."""
    found = json.loads(cloud.command("reach", source, destination, "--json", check=False).stdout)
    hop = next(hop for hop in found["paths"][0]["hops"] if not hop["passed"])
    rows = json.loads(cloud.command("status", "--json").stdout)["dropped"]
    address = found["paths"][0]["to"]["address"]
    (row,) = [one for one in rows if one["direction"] == "inbound"
              and address in [each["address"] for each in one["interfaces"]]]  # fmt: skip
    assert row["packets"] >= hop["counted"]["packets"]
    return int(hop["counted"]["packets"])


def test_without_8080_from_the_load_balancer_targets_time_out_and_requests_get_504(cloud: Cloud) -> None:
    assert status(cloud, "/api/movies") == 200
    assert reach(cloud, "alb", "movie-service") == 0
    with revoked(cloud, "app-sg", "alb-sg", 8080):
        wait_for("every target has timed out", lambda: reasons(cloud) == {"Target.Timeout"}, 90)
        assert reach(cloud, "alb", "movie-service") == 1
        assert dropped(cloud, "alb", "movie-service") >= 1
        answer = cloud.ask("GET", f"http://{stack.outputs(cloud)['LoadBalancerDnsName']}/api/movies")
        assert answer.status_code == 504
        assert "504 Gateway Time-out" in answer.text
    recovers(cloud)


def test_with_8080_from_one_of_its_subnets_alone_the_load_balancer_reaches_tasks_from_there(cloud: Cloud) -> None:
    recovers(cloud)
    ec2 = cloud.boto3("ec2")
    (balancer,) = cloud.boto3("elbv2").describe_load_balancers()["LoadBalancers"]
    subnet = balancer["AvailabilityZones"][0]["SubnetId"]
    (block,) = [one["CidrBlock"] for one in ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]]
    rule: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "IpRanges": [{"CidrIp": block}]}
    seen: set[int] = set()

    def ask() -> bool:
        seen.add(status(cloud, "/api/movies", 2))
        return seen == {200, LATE}

    with revoked(cloud, "app-sg", "alb-sg", 8080):
        ec2.authorize_security_group_ingress(GroupId=group(cloud, "app-sg"), IpPermissions=[rule])
        assert reach(cloud, "alb", "movie-service") == 1
        wait_for("requests by one node are answered, by the other one they are not", ask, 30)
        wait_for("every target has timed out there", lambda: reasons(cloud) == {"Target.Timeout"}, 90)
        ec2.revoke_security_group_ingress(GroupId=group(cloud, "app-sg"), IpPermissions=[rule])


def test_without_5432_the_services_are_down(cloud: Cloud) -> None:
    recovers(cloud)
    with revoked(cloud, "db-sg", "app-sg", 5432):
        wait_for("requests fail", lambda: status(cloud, "/api/movies") >= 500, 20)
        assert reach(cloud, "movie-service", "db") == 1
        down = {"Target.ResponseCodeMismatch", "Target.Timeout"}
        wait_for("every target is unhealthy", lambda: reasons(cloud) and reasons(cloud) <= down, 90)
    recovers(cloud)
    assert reach(cloud, "movie-service", "db") == 0


def groups_of_database(cloud: Cloud) -> list[dict[str, str]]:
    found: list[dict[str, str]] = cloud.boto3("rds").describe_db_instances()["DBInstances"][0]["VpcSecurityGroups"]
    return found


def test_a_database_that_is_modified_into_another_group_is_reached_by_nobody(cloud: Cloud) -> None:
    recovers(cloud)
    rds, ec2 = cloud.boto3("rds"), cloud.boto3("ec2")
    (instance,) = rds.describe_db_instances()["DBInstances"]
    vpc, identifier = instance["DBSubnetGroup"]["VpcId"], instance["DBInstanceIdentifier"]
    lonely = ec2.create_security_group(GroupName="lonely", Description="of nobody", VpcId=vpc)["GroupId"]
    old = [one["VpcSecurityGroupId"] for one in instance["VpcSecurityGroups"]]
    for groups, exit_code in (([lonely], 1), (old, 0)):
        rds.modify_db_instance(DBInstanceIdentifier=identifier, VpcSecurityGroupIds=groups)
        told = [{"VpcSecurityGroupId": one, "Status": "active"} for one in groups]
        wait_for("they are active", lambda told=told: groups_of_database(cloud) == told, 20)
        assert reach(cloud, "movie-service", "db") == exit_code


def test_a_packet_from_the_internet_gets_to_the_load_balancer_and_not_to_the_tasks(cloud: Cloud) -> None:
    assert reach(cloud, "internet", "alb") == 0
    assert reach(cloud, "internet", "movie-service") == 1
    nodes = {"Name": "association.ip-owner-id", "Values": ["amazon-elb"]}
    found = cloud.boto3("ec2").describe_network_interfaces(Filters=[nodes])["NetworkInterfaces"]
    assert {one["Description"].split("/")[1] for one in found} == {"netflux-alb"}
    assert len({one["Association"]["PublicIp"] for one in found}) == 2


def test_without_their_own_rule_tasks_do_not_reach_each_other_and_the_load_balancer_reaches_them(cloud: Cloud) -> None:
    recovers(cloud)
    with revoked(cloud, "app-sg", "app-sg", 8080):
        wait_for("customers get no recommendations", lambda: status(cloud, "/api/customers/1") >= 500, 20)
        assert [status(cloud, "/api/movies") for _ in range(5)] == [200] * 5
        assert reach(cloud, "customer-service", "movie-service") == 1
    wait_for("customers get them again", lambda: status(cloud, "/api/customers/1") == 200, 20)


def addresses(cloud: Cloud, prefix: str) -> dict[str, str]:
    """Interfaces by address, of those whose description or owner begins so."""
    found = cloud.boto3("ec2").describe_network_interfaces()["NetworkInterfaces"]
    return {
        one["PrivateIpAddress"]: one["NetworkInterfaceId"]
        for one in found
        if any(tag["Key"] == "netflux:owner" and tag["Value"].startswith(prefix) for tag in one["TagSet"])
    }


def dialled(cloud: Cloud, source: str, address: str, port: int) -> int:
    """The client's port of a connection that was tried from a task's address."""
    with inside(cloud, source):
        client = socket.socket()
    client.settimeout(0.5)
    client.bind((source, 0))
    with contextlib.suppress(OSError):
        client.connect((address, port))
    chosen = int(client.getsockname()[1])
    client.close()
    return chosen


def test_a_flow_log_has_the_record_of_a_connection_and_of_one_that_was_rejected(cloud: Cloud) -> None:
    recovers(cloud)
    ec2, logs, iam = cloud.boto3("ec2"), cloud.boto3("logs"), cloud.boto3("iam")
    trust = bodies.TRUST.replace("ecs-tasks.amazonaws.com", "vpc-flow-logs.amazonaws.com")
    role = iam.create_role(RoleName="flow", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="flow", PolicyArn="arn:aws:iam::aws:policy/CloudWatchLogsFullAccess")
    database, eni = next(iter(addresses(cloud, "rds/").items()))
    task, _ = next(iter(addresses(cloud, "ecs/task/").items()))
    ids = ec2.create_flow_logs(
        ResourceType="NetworkInterface", ResourceIds=[eni], TrafficType="ALL", LogGroupName="flows",
        DeliverLogsPermissionArn=role, MaxAggregationInterval=60,
    )["FlowLogIds"]  # fmt: skip
    accepted, rejected = dialled(cloud, task, database, 5432), dialled(cloud, task, database, 22)
    ec2.delete_flow_logs(FlowLogIds=ids)
    told = logs.get_log_events(logGroupName="flows", logStreamName=f"{eni}-all", startFromHead=True)["events"]
    lines = [event["message"].split() for event in told]
    (there,) = [line for line in lines if line[3:7] == [task, database, str(accepted), "5432"]]
    (back,) = [line for line in lines if line[3:7] == [database, task, "5432", str(accepted)]]
    (turned,) = [line for line in lines if line[3:7] == [task, database, str(rejected), "22"]]
    assert there[:3] == ["2", "123456789012", eni]
    assert [line[-2:] for line in (there, back, turned)] == [["ACCEPT", "OK"], ["ACCEPT", "OK"], ["REJECT", "OK"]]
    assert int(there[8]) >= 3
    assert int(turned[8]) >= 1
