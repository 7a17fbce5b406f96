"""Each member of a request is carried, without effect here, or refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from netflux.controlplane import operation as operations
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.controlplane.operation import declared, members, operation
from netflux.controlplane.protocol import models
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError, Unsupported
from tests.controlplane.plane import Plane


class Subnets:
    service = "ec2"
    whole = True

    def __init__(self, documents: Documents) -> None:
        self.documents = documents

    @operation(
        "VpcId CidrBlock TagSpecifications(ResourceType Tags(Key Value))",
        neutral={"DryRun": "The kernel rehearses the call."},
        refused={"OutpostArn": "There are no Outposts here.", "TagSpecifications.Tags.Value": "x"},
        only={"CidrBlock": ("10.0.0.0/24", "10.0.1.0/24")},
    )
    def create_subnet(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        self.documents.put("subnet", request["CidrBlock"], {})
        if request["CidrBlock"] == "10.0.1.0/24":
            raise AwsError("InvalidSubnet.Conflict", "taken", 400)
        return {"Subnet": {"VpcId": request["VpcId"]}}


@pytest.fixture
async def apis(plane: Plane) -> Apis:
    made = await plane.start()
    made.register(Subnets(plane.documents))
    return made


async def _refused(apis: Apis, **params: Any) -> AwsError:
    with pytest.raises(AwsError) as refused:
        await apis.call("ec2", "CreateSubnet", {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", **params})
    return refused.value


async def test_a_member_that_nothing_declares_is_refused_by_name(apis: Apis) -> None:
    refused = await _refused(apis, Ipv6CidrBlock="::/64")
    assert isinstance(refused, Unsupported)
    assert "ec2:CreateSubnet: the parameter Ipv6CidrBlock" in refused.message


async def test_a_refusal_says_what_helps(apis: Apis) -> None:
    assert "There are no Outposts here." in (await _refused(apis, OutpostArn="arn")).message


async def test_a_member_inside_a_list_is_refused_by_its_path(apis: Apis) -> None:
    tags = [{"ResourceType": "subnet", "Tags": [{"Key": "a"}, {"Key": "b", "Value": "c"}]}]
    with pytest.MonkeyPatch.context() as patch:
        declared = operations.declaration(Subnets.create_subnet)
        assert declared is not None
        narrow = operations.members("VpcId CidrBlock TagSpecifications(ResourceType Tags(Key))")
        patch.setitem(declared.__dict__, "carries", narrow)
        assert "TagSpecifications.Tags.Value" in (await _refused(apis, TagSpecifications=tags)).message


async def test_a_value_that_is_not_carried_is_refused(apis: Apis) -> None:
    assert "CidrBlock ('10.0.9.0/24')" in (await _refused(apis, CidrBlock="10.0.9.0/24")).message


async def test_a_call_is_one_transaction(apis: Apis, plane: Plane) -> None:
    assert (await _refused(apis, CidrBlock="10.0.1.0/24")).code == "InvalidSubnet.Conflict"
    assert not plane.documents.list("subnet")
    await apis.call("ec2", "CreateSubnet", {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"})
    assert [key for key, _ in plane.documents.list("subnet")] == ["10.0.0.0/24"]
    assert [call.operation for call in plane.changes] == ["CreateSubnet"]


async def test_a_dry_run_says_what_would_come_of_it_and_changes_nothing(apis: Apis, plane: Plane) -> None:
    assert (await _refused(apis, DryRun=True)).code == "DryRunOperation"
    assert (await _refused(apis, DryRun=True, CidrBlock="10.0.1.0/24")).code == "InvalidSubnet.Conflict"
    assert not plane.documents.list("subnet")
    assert not plane.changes


def test_members_are_read_with_their_structures() -> None:
    assert operations.members("A B(C D(E)) F") == {"A": {}, "B": {"C": {}, "D": {"E": {}}}, "F": {}}
    for wrong in ("A(B", "A)B", "A A"):
        with pytest.raises(ValueError, match=wrong[0]):
            operations.members(wrong)


def test_what_the_model_has_and_nobody_declares_is_found() -> None:
    shape = models.operation_model("ec2", "CreateSubnet").input_shape
    declared = operations.Declaration(
        operations.members("VpcId CidrBlock TagSpecifications(ResourceType Tags(Key)) Never"), {"DryRun": "x"}
    )
    found = [*operations.undeclared(shape, declared)]
    assert "TagSpecifications.Tags.Value is not declared" in found
    assert "Never is not a member" in found
    assert "DryRun is not declared" not in found


BEHAVIOR = declared("Origin Signers(Quantity)", refused={"Code": "No code runs."}, only={"Signers.Quantity": (0,)})
LISTENED = declared(
    "Name", parts={"Default": BEHAVIOR, "Others.Items": declared("Pattern").joined(BEHAVIOR)}, neutral={"Class": "One."}
)


def test_a_structure_that_several_inputs_hold_is_declared_once() -> None:
    @operation("Id", parts={"Config": LISTENED})
    def update() -> None: ...

    made = operations.declaration(update)
    assert made is not None
    assert made.carries == members(
        "Id Config(Name Default(Origin Signers(Quantity)) Others(Items(Pattern Origin Signers(Quantity))))"
    )
    assert made.refused == {"Config.Default.Code": "No code runs.", "Config.Others.Items.Code": "No code runs."}
    assert made.only == {"Config.Default.Signers.Quantity": (0,), "Config.Others.Items.Signers.Quantity": (0,)}
    assert made.neutral == {"Config.Class": "One."}


def test_a_part_stands_where_nothing_stands_yet() -> None:
    with pytest.raises(ValueError, match="Default stands twice"):
        declared("Default(Name)", parts={"Default": BEHAVIOR})
