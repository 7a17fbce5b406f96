"""moto's state: on disk before the answer, back after a restart, and never more than the disk has."""

from typing import Any

import pytest

from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.errors import AwsError
from tests.controlplane.plane import Plane


async def _network(apis: Apis) -> dict[str, Any]:
    vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    subnets = [
        (await apis.call("ec2", "CreateSubnet", {"VpcId": vpc, "CidrBlock": cidr, "AvailabilityZone": zone}))["Subnet"]
        for cidr, zone in (("10.0.1.0/24", "us-east-1a"), ("10.0.2.0/24", "us-east-1b"))
    ]
    group = await apis.call("ec2", "CreateSecurityGroup", {"GroupName": "g", "Description": "d", "VpcId": vpc})
    return {"vpc": vpc, "subnets": [subnet["SubnetId"] for subnet in subnets], "group": group["GroupId"]}


async def test_everything_a_template_of_this_kind_creates_in_moto_comes_back_after_a_restart(plane: Plane) -> None:
    net = await _network(await plane.start())
    moto = plane.moto
    await moto.call("secretsmanager", "CreateSecret", {"Name": "/prod/a", "SecretString": "s3cret"})
    await moto.call("ecr", "CreateRepository", {"repositoryName": "movie-service"})
    await moto.call("ssm", "PutParameter", {"Name": "p", "Value": "v", "Type": "String"})
    await moto.call("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}"})
    await moto.call("servicediscovery", "CreateHttpNamespace", {"Name": "prod"})
    subnet_group = {"DBSubnetGroupName": "g", "DBSubnetGroupDescription": "d", "SubnetIds": net["subnets"]}
    await moto.call("rds", "CreateDBSubnetGroup", subnet_group)
    reads = (
        ("ec2", "DescribeVpcs"), ("ec2", "DescribeSubnets"), ("secretsmanager", "ListSecrets"),
        ("ecr", "DescribeRepositories"),
        ("ssm", "DescribeParameters"), ("iam", "ListRoles"), ("servicediscovery", "ListNamespaces"),
        ("rds", "DescribeDBSubnetGroups"),
    )  # fmt: skip
    before = {read: await moto.call(*read, {}) for read in reads}
    await plane.restart()
    moto = plane.moto
    assert {read: await moto.call(*read, {}) for read in reads} == before


async def test_a_backend_stays_writable_after_a_restart(plane: Plane) -> None:
    await plane.start()
    await plane.moto.call("ecr", "CreateRepository", {"repositoryName": "one"})
    await plane.restart()
    await plane.moto.call("ecr", "CreateRepository", {"repositoryName": "two"})
    await plane.restart()
    found = await plane.moto.call("ecr", "DescribeRepositories", {})
    assert [repository["repositoryName"] for repository in found["repositories"]] == ["one", "two"]


async def test_a_change_that_the_disk_refuses_is_an_error_and_is_taken_back(plane: Plane) -> None:
    apis = await plane.start()
    await apis.call("secretsmanager", "CreateSecret", {"Name": "kept", "SecretString": "x"})
    plane.documents._db.execute("PRAGMA max_page_count=8")
    with pytest.raises(AwsError, match="disk of the state directory is full"):
        await apis.call("secretsmanager", "CreateSecret", {"Name": "lost", "SecretString": "y" * 60_000})
    listed = await apis.call("secretsmanager", "ListSecrets", {})
    assert [secret["Name"] for secret in listed["SecretList"]] == ["kept"]


async def test_every_change_shows_in_the_next_answer_and_an_answer_is_the_callers_own(plane: Plane) -> None:
    apis = await plane.start()
    net = await _network(apis)

    async def told() -> list[str]:
        groups = (await apis.call("ec2", "DescribeSecurityGroups", {"GroupIds": made}))["SecurityGroups"]
        seen = [group["IpPermissions"][0]["FromPort"] for group in groups if group["IpPermissions"]]
        for group in groups:
            group["IpPermissions"] = []
        return seen

    wanted = {"GroupName": "a", "Description": "a", "VpcId": net["vpc"]}
    made = [(await apis.call("ec2", "CreateSecurityGroup", wanted))["GroupId"]]
    assert await told() == []
    port = {"GroupId": made[0], "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "10.0.0.0/8"}
    await apis.call("ec2", "AuthorizeSecurityGroupIngress", port)
    assert await told() == await told() == [80]
    answer = await plane.moto.forward(Call("ec2", "RevokeSecurityGroupIngress", "us-east-1", ""), port, "ec2")
    assert answer.status == 200, answer.body
    assert await told() == []


async def test_moto_errors_keep_their_code_and_message(plane: Plane) -> None:
    apis = await plane.start()
    with pytest.raises(AwsError) as error:
        await apis.call("ec2", "DescribeVpcs", {"VpcIds": ["vpc-123"]})
    assert error.value.code == "InvalidVpcID.NotFound"


async def test_an_operation_nobody_has_is_refused_by_name(plane: Plane) -> None:
    apis = await plane.start()
    with pytest.raises(AwsError, match="MakeTea"):
        await apis.call("ec2", "MakeTea", {})


async def test_changing_calls_are_told_and_reading_calls_are_not(plane: Plane) -> None:
    apis = await plane.start()
    await apis.call("iam", "CreateUser", {"UserName": "sam"})
    await apis.call("iam", "ListUsers", {})
    assert [call.operation for call in plane.changes] == ["CreateUser"]


async def test_a_fault_of_motos_own_is_an_error_of_the_api(plane: Plane) -> None:
    apis = await plane.start()
    with pytest.raises(AwsError) as error:
        await apis.call("ec2", "CreateRoute", {"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0"})
    assert error.value.code


async def test_a_policy_needs_a_version_only_where_it_is_a_managed_one(plane: Plane) -> None:
    apis = await plane.start()
    await apis.call("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}"})
    old = '{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
    await apis.call("iam", "PutRolePolicy", {"RoleName": "r", "PolicyName": "p", "PolicyDocument": old})
    found = await apis.call("iam", "GetRolePolicy", {"RoleName": "r", "PolicyName": "p"})
    assert "Version" not in found["PolicyDocument"]
    with pytest.raises(AwsError, match="Policy document must be version 2012-10-17 or greater"):
        await apis.call("iam", "CreatePolicy", {"PolicyName": "p", "PolicyDocument": old})
    new = old.replace("{", '{"Version": "2012-10-17", ', 1)
    await apis.call("iam", "CreatePolicy", {"PolicyName": "p", "PolicyDocument": new})


async def test_awss_own_policies_are_there_and_only_those_in_use_are_kept(plane: Plane) -> None:
    apis = await plane.start()
    own = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    await apis.call("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}"})
    await apis.call("iam", "AttachRolePolicy", {"RoleName": "r", "PolicyArn": own})
    apis = await plane.restart()
    attached = (await apis.call("iam", "ListAttachedRolePolicies", {"RoleName": "r"}))["AttachedPolicies"]
    assert attached == [{"PolicyName": "AmazonECSTaskExecutionRolePolicy", "PolicyArn": own}]
    version = (await apis.call("iam", "GetPolicy", {"PolicyArn": own}))["Policy"]["DefaultVersionId"]
    asked = {"PolicyArn": own, "VersionId": version}
    document = (await apis.call("iam", "GetPolicyVersion", asked))["PolicyVersion"]["Document"]
    assert "ecr:GetAuthorizationToken" in document
    listed = await apis.call("iam", "ListPolicies", {"Scope": "AWS", "MaxItems": 1000})
    assert len(listed["Policies"]) > 500
    assert sum(len(blob) for _, blob in plane.documents.blobs("moto/iam/")) < 100_000
    with pytest.raises(AwsError, match="does not exist or is not attachable"):
        await apis.call("iam", "AttachRolePolicy", {"RoleName": "r", "PolicyArn": own + "X"})
    await apis.call("iam", "DetachRolePolicy", {"RoleName": "r", "PolicyArn": own})
    await apis.call("iam", "DeleteRole", {"RoleName": "r"})


async def test_a_subnet_that_is_gone_does_not_take_those_with_it_that_name_it(plane: Plane) -> None:
    apis = await plane.start()
    vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    made = [
        await apis.call("ec2", "CreateSubnet", {"VpcId": vpc, "CidrBlock": f"10.0.{number}.0/24"}) for number in (1, 2)
    ]
    subnets = [one["Subnet"]["SubnetId"] for one in made]
    group = {"DBSubnetGroupName": "g", "DBSubnetGroupDescription": "d", "SubnetIds": subnets}
    await plane.moto.call("rds", "CreateDBSubnetGroup", group)
    await apis.call("ec2", "DeleteSubnet", {"SubnetId": subnets[0]})
    for _ in range(2):
        apis = await plane.restart()
        (told,) = (await plane.moto.call("rds", "DescribeDBSubnetGroups", {}))["DBSubnetGroups"]
        assert {one["SubnetIdentifier"] for one in told["Subnets"]} == {*subnets}
        await apis.call("sqs", "CreateQueue", {"QueueName": "q"})
    await plane.moto.call("rds", "DeleteDBSubnetGroup", {"DBSubnetGroupName": "g"})


async def test_state_that_can_not_be_read_costs_its_service_alone_and_stays(plane: Plane) -> None:
    apis = await plane.start()
    await apis.call("kms", "CreateKey", {})
    await apis.call("sqs", "CreateQueue", {"QueueName": "q"})
    (key,) = [key for key, _ in plane.documents.blobs("moto/kms/")]
    plane.documents.put_blob(key, b"no pickle")
    apis = await plane.restart()
    assert (await apis.call("sqs", "ListQueues", {}))["QueueUrls"]
    with pytest.raises(AwsError, match="The stored state of kms can't be read") as refusal:
        await apis.call("kms", "ListKeys", {})
    assert refusal.value.status == 503
    await apis.call("sqs", "CreateQueue", {"QueueName": "r"})
    assert dict(plane.documents.blobs("moto/kms/"))[key] == b"no pickle"
    assert [fault.subject for fault in plane.documents.faults.list()] == ["state of kms"]


async def test_a_rehearsal_takes_back_what_it_did(plane: Plane) -> None:
    apis = await plane.start()
    await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"})
    before = await apis.call("ec2", "DescribeVpcs", {})
    await plane.moto.rehearse("ec2", "CreateVpc", {"CidrBlock": "10.1.0.0/16"})
    with pytest.raises(AwsError, match="InvalidVpcID"):
        await plane.moto.rehearse("ec2", "DeleteVpc", {"VpcId": "vpc-0"})
    assert await apis.call("ec2", "DescribeVpcs", {}) == before
