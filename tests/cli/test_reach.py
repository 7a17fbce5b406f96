"""`netflux reach` on an empty cloud in which boto3 has built a VPC by hand."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.behaviours.cloud import Cloud, running, wait_for
from tests.behaviours.hands import AwsCommands

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@dataclass
class Built:
    """A VPC with a load balancer in two public subnets and an interface in a private one, its group still closed."""

    cloud: Cloud
    aws: AwsCommands
    groups: dict[str, str] = field(default_factory=dict)
    subnets: dict[str, str] = field(default_factory=dict)
    vpc: str = ""
    interface: str = ""
    acl: str = ""

    def reach(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return self.cloud.command("reach", *words, check=False)

    def told(self, *words: str) -> dict[str, Any]:
        done = self.reach(*words, "--json")
        assert done.returncode in (0, 1), done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        assert done.returncode == (0 if found["reachable"] else 1)
        return found

    def open_as_told(self, found: dict[str, Any]) -> None:
        """Runs the commands that the answer names, as they are."""
        for hop in found["paths"][0]["hops"]:
            if hop["remedy"]:
                program, *words = shlex.split(hop["remedy"])
                assert program == "aws"
                done = self.aws.run(self.cloud, *words)
                assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, aws_commands: AwsCommands) -> Iterator[Built]:
    with running(tmp_path_factory.mktemp("reach") / "state", "--empty", "--speed", "10") as cloud:
        yield _build(Built(cloud, aws_commands))


def _build(built: Built) -> Built:
    ec2 = built.cloud.boto3("ec2")
    built.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for number, (name, zone) in enumerate((("public-1", "a"), ("public-2", "b"), ("private", "a")), 1):
        made = ec2.create_subnet(VpcId=built.vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")
        built.subnets[name] = made["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=built.vpc)
    table = ec2.create_route_table(VpcId=built.vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    for name in ("public-1", "public-2"):
        ec2.associate_route_table(RouteTableId=table, SubnetId=built.subnets[name])
    for name in ("alb", "app"):
        made = ec2.create_security_group(GroupName=f"{name}-sg", Description=name, VpcId=built.vpc)
        built.groups[name] = made["GroupId"]
    interface = ec2.create_network_interface(SubnetId=built.subnets["private"], Groups=[built.groups["app"]])
    built.interface = interface["NetworkInterface"]["NetworkInterfaceId"]
    elb = built.cloud.boto3("elbv2")
    balancer = elb.create_load_balancer(
        Name="my-alb",
        Subnets=[built.subnets["public-1"], built.subnets["public-2"]],
        SecurityGroups=[built.groups["alb"]],
    )["LoadBalancers"][0]["LoadBalancerArn"]
    elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )
    wait_for("the listener answers", lambda: "nothing listens" not in built.reach("internet", "alb").stdout, 30)
    return built


def failing(found: dict[str, Any]) -> list[str]:
    return [hop["stage"] for hop in found["paths"][0]["hops"] if not hop["passed"]]


def test_the_internet_reaches_the_load_balancer_once_the_command_it_names_was_run(built: Built) -> None:
    found = built.told("internet", "alb")
    assert failing(found) == ["inbound group"]
    assert f"no inbound rule of {built.groups['alb']} (alb-sg) allows tcp 80" in found["because"]
    built.open_as_told(found)
    opened = built.told("internet", "my-alb:80")
    assert (opened["reachable"], opened["ways"]) == (True, 2)
    assert not built.told("internet", "alb:443")["reachable"]


def test_a_load_balancer_reaches_an_interface_by_its_group_but_nothing_is_attached_to_it(built: Built) -> None:
    found = built.told("alb", f"{built.interface}:8080")
    assert failing(found) == ["inbound group", "holder of the address"]
    built.open_as_told(found)
    found = built.told("alb", f"{built.interface}:8080")
    assert failing(found) == ["holder of the address"]
    assert found["paths"][0]["outcome"] == "timed out"
    assert "attached to nothing" in found["because"]
    (rule,) = built.cloud.boto3("ec2").describe_security_groups(GroupIds=[built.groups["app"]])["SecurityGroups"][0][
        "IpPermissions"
    ]
    assert rule["UserIdGroupPairs"][0]["GroupId"] == built.groups["alb"]


def test_a_network_acl_of_our_own_lets_through_what_the_commands_add_and_no_more(built: Built) -> None:
    ec2 = built.cloud.boto3("ec2")
    acl = ec2.create_network_acl(VpcId=built.vpc)["NetworkAcl"]["NetworkAclId"]
    (current,) = ec2.describe_network_acls(
        Filters=[{"Name": "association.subnet-id", "Values": [built.subnets["private"]]}]
    )["NetworkAcls"]
    (association,) = [one for one in current["Associations"] if one["SubnetId"] == built.subnets["private"]]
    replaced = ec2.replace_network_acl_association(
        AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl
    )
    try:
        found = built.told("my-alb", f"{built.interface}:9090")
        assert "rule * denies" in next(hop["says"] for hop in found["paths"][0]["hops"] if acl in hop["says"])
        built.open_as_told(found)
        again = built.told("my-alb", f"{built.interface}:9090")
        (entry,) = [one for one in _entries(ec2, acl) if not one["Egress"]]
        source = found["paths"][0]["from"]["address"]
        assert (entry["CidrBlock"], entry["PortRange"]) == (f"{source}/32", {"From": 9090, "To": 9090})
        open_again = [path for path in again["paths"] if path["from"]["address"] == source]
        assert [hop["stage"] for hop in open_again[0]["hops"] if not hop["passed"]] == ["holder of the address"]
    finally:
        ec2.replace_network_acl_association(
            AssociationId=replaced["NewAssociationId"], NetworkAclId=current["NetworkAclId"]
        )


def _entries(ec2: Any, acl: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
    return [one for one in entries if one["RuleNumber"] < 32767]


def test_the_way_out_of_a_private_subnet_ends_at_the_route(built: Built) -> None:
    found = built.told(built.interface, "internet")
    assert failing(found) == ["route"]
    assert "has no route for" in found["because"]


def test_people_get_the_hops_and_programs_the_exit_code(built: Built) -> None:
    done = built.reach("internet", f"{built.interface}:22")
    assert done.returncode == 1
    assert done.stdout.startswith(f"no  internet → {built.interface}")
    assert "✗ public address" in done.stdout
    assert "it has no public address" in done.stdout


def test_a_driver_that_filters_nothing_says_so(tmp_path: Path, aws_commands: AwsCommands) -> None:
    with running(tmp_path / "state", "--empty", "--speed", "10", "--network", "loopback") as cloud:
        built = _build(Built(cloud, aws_commands))
        found = built.told("alb", f"{built.interface}:8080", "--probe")
    assert not found["enforced"]
    assert "does not filter packets between processes" in found["note"]


def test_a_driver_that_filters_sees_what_the_analysis_says(built: Built) -> None:
    found = built.told("alb", f"{built.interface}:8080", "--probe")
    if not found["enforced"]:
        pytest.skip("this kernel lets nobody make network namespaces: `netflux doctor`")
    assert found["paths"][0]["probe"]["disagreement"] == ""


def test_a_packet_from_the_internet_does_what_the_answer_says(built: Built) -> None:
    found = built.told("internet", "my-alb:80", "--probe")
    assert found["paths"], found
    for path in found["paths"]:
        assert path["probe"]["source_port"], "nothing was sent"
        assert path["probe"]["disagreement"] == "" or not found["enforced"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("internet", "nowhere"), "nothing called 'nowhere'"),
        (("internet", "cloudfront"), "outside of every VPC"),
        (("internet", "alb:http"), "is no port"),
        (("internet", "8.8.8.8:53"), "Neither end"),
    ],
)
def test_a_question_that_makes_no_sense_is_neither_yes_nor_no(built: Built, words: tuple[str, ...], says: str) -> None:
    done = built.reach(*words)
    assert done.returncode == 2
    assert says in re.sub(r"[\s│]+", " ", done.stderr)


def test_without_a_region_there_is_no_answer(tmp_path: Path) -> None:
    done = Cloud(1, tmp_path / "state").command("reach", "internet", "alb", check=False)
    assert done.returncode == 2
    assert "No region is running in" in done.stderr
