"""moto's exceptions: AWS's error where the cause is known, a refusal by name where not, and nothing left behind."""

from typing import Any

import pytest

from netflux.controlplane.call import Call
from netflux.controlplane.moto import crash
from netflux.controlplane.protocol import models
from netflux.errors import AwsError, Unsupported
from tests.controlplane.plane import Plane

NO_NUMBER = "invalid literal for int() with base 10: "
CAUSES = (
    ("secretsmanager", "ListSecretVersionIds", {"SecretId": "nope"}, KeyError("nope"), "ResourceNotFoundException"),
    ("eks", "ListNodegroups", {"clusterName": "nope"}, KeyError("nope"), "ResourceNotFoundException"),
    ("kms", "RevokeGrant", {"KeyId": "nope", "GrantId": "g"}, KeyError("nope"), "NotFoundException"),
    ("ec2", "DeleteRoute", {"RouteTableId": "rtb-1"}, KeyError("rtb-1"), "InvalidRouteTableID.NotFound"),
    ("ec2", "CreateSubnet", {"VpcId": "vpc-1"}, KeyError("vpc-1"), "InvalidVpcID.NotFound"),
    ("rds", "DescribeDBParameters", {"DBParameterGroupName": "p"}, KeyError("p"), "DBParameterGroupNotFound"),
    ("iam", "GetRole", {"RoleName": "r"}, KeyError("r"), "NoSuchEntity"),
    ("ssm", "DescribeParameters", {"NextToken": "a|b"}, ValueError(f"{NO_NUMBER}'a|b'"), "InvalidNextToken"),
    ("ec2", "DescribeVpcs", {"NextToken": "x"}, ValueError(f"{NO_NUMBER}'x'"), "InvalidParameterValue"),
)  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "params", "error", "code"), CAUSES)
def test_an_exception_that_names_a_value_of_the_request_is_awss_error(
    service: str, operation: str, params: dict[str, Any], error: Exception, code: str
) -> None:
    told = crash.explain(models.operation_model(service, operation), params, error)
    value = next(str(one) for one in params.values())
    assert (told.code, value in told.message) == (code, True)


@pytest.mark.parametrize(
    "error", [KeyError("elsewhere"), AttributeError("'NoneType' object"), IndexError(), KeyError()]
)
def test_an_exception_of_which_nothing_is_known_refuses_the_call_by_name(error: Exception) -> None:
    told = crash.explain(models.operation_model("kms", "RevokeGrant"), {"KeyId": "nope"}, error)
    assert isinstance(told, Unsupported)
    assert "kms:RevokeGrant" in told.message


async def test_a_call_that_fails_half_way_has_changed_nothing(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.ssm.models import SimpleSystemManagerBackend

    apis = await plane.start()
    await apis.call("ssm", "PutParameter", {"Name": "kept", "Value": "v", "Type": "String"})
    put = SimpleSystemManagerBackend.put_parameter

    def half(backend: Any, *args: Any, **named: Any) -> Any:
        put(backend, *args, **named)
        raise KeyError("elsewhere")

    monkeypatch.setattr(SimpleSystemManagerBackend, "put_parameter", half)
    with pytest.raises(Unsupported, match="ssm:PutParameter"):
        await apis.call("ssm", "PutParameter", {"Name": "half", "Value": "v", "Type": "String"})
    monkeypatch.undo()
    told = await apis.call("ssm", "DescribeParameters", {})
    assert [one["Name"] for one in told["Parameters"]] == ["kept"]


async def test_a_call_that_fails_before_anything_is_stored_leaves_what_was_read(plane: Plane) -> None:
    apis = await plane.start()
    before = (await apis.call("ec2", "DescribeVpcs", {}))["Vpcs"]
    with pytest.raises(AwsError):
        await apis.call("ec2", "CreateSubnet", {"VpcId": "vpc-nope", "CidrBlock": "10.0.0.0/24"})
    assert (await apis.call("ec2", "DescribeVpcs", {}))["Vpcs"] == before


async def test_going_back_leaves_backends_that_others_refer_to(plane: Plane) -> None:
    """A second going back failed once to find the name of a backend that the first had replaced."""
    apis = await plane.start()
    vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    subnets = [
        (
            await apis.call(
                "ec2", "CreateSubnet", {"VpcId": vpc, "CidrBlock": f"10.0.{n}.0/24", "AvailabilityZone": zone}
            )
        )
        for n, zone in enumerate(("us-east-1a", "us-east-1b"))
    ]
    group = {"DBSubnetGroupName": "g", "DBSubnetGroupDescription": "d"}
    wanted = {**group, "SubnetIds": [one["Subnet"]["SubnetId"] for one in subnets]}
    await plane.moto.call("rds", "CreateDBSubnetGroup", wanted)
    for n in range(2):
        await plane.moto._run(lambda: plane.moto._ledger.go_back("ec2"))
        await apis.call("iam", "CreateUser", {"UserName": f"u{n}"})
        await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"})
        parameters = {"DBParameterGroupName": f"p{n}", "DBParameterGroupFamily": "postgres17", "Description": "d"}
        await plane.moto.call("rds", "CreateDBParameterGroup", parameters)
    apis = await plane.restart()
    told = await plane.moto.call("rds", "DescribeDBSubnetGroups", {})
    assert [len(one["Subnets"]) for one in told["DBSubnetGroups"]] == [2]


async def test_reading_a_service_that_can_not_be_pickled_does_not_stop_changes_of_others(plane: Plane) -> None:
    apis = await plane.start()
    await apis.call("ec2", "DescribeVpcs", {})
    import threading

    from moto.backends import get_backend

    get_backend("events")["123456789012"]["us-east-1"].lock = threading.local()
    await apis.call("iam", "CreateUser", {"UserName": "sam"})


async def test_what_moto_does_not_have_is_refused_by_its_name(plane: Plane) -> None:
    await plane.start()
    for service, operation, params in (
        ("fsx", "DescribeFileSystemAliases", {"FileSystemId": "fs-0123456789abcdef0"}),
        ("dynamodb", "ExecuteStatement", {"Statement": "SELECT * FROM t"}),
    ):
        with pytest.raises(Unsupported, match=f"{service}:{operation}"):
            await plane.moto.call(service, operation, params)


async def test_a_client_is_answered_from_what_was_read_of_its_request(plane: Plane) -> None:
    await plane.start()
    call = Call("sts", "GetCallerIdentity", "us-east-1", "", access_key="AKIAIOSFODNN7EXAMPLE")
    answer = await plane.moto.forward(call, {}, "query")
    assert (answer.status, b"<Account>123456789012" in answer.body) == (200, True)
