"""EC2 network ACLs: the list, its entries, and which subnets it is for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from netflux.cloudformation.types.ec2 import TAGGING, by_tags
from netflux.cloudformation.types.table import Caller, Facts, Read, Row, Step
from netflux.errors import AwsError

_ABSENT = ("InvalidNetworkAclID.NotFound", "InvalidNetworkAclEntry.NotFound", "InvalidAssociationID.NotFound")

_ACL = Row(
    type="AWS::EC2::NetworkAcl",
    service="ec2",
    create=Step("CreateNetworkAcl"),
    id="$response.NetworkAcl.NetworkAclId",
    read=Read("DescribeNetworkAcls", {"NetworkAclIds": ["$id"]}, "$response.NetworkAcls.0"),
    attributes={"Id": "$id"},
    delete=(Step("DeleteNetworkAcl", params={"NetworkAclId": "$id"}),),
    gone=_ABSENT,
    find=by_tags("DescribeNetworkAcls", "NetworkAcls", "NetworkAclId"),
    tags=TAGGING,
    tag_type="network-acl",
)

_ENTRY_PROPERTIES = (
    "NetworkAclId", "RuleNumber", "Protocol", "RuleAction", "Egress", "CidrBlock", "Ipv6CidrBlock", "Icmp", "PortRange",
)  # fmt: skip


def _outwards(facts: Facts) -> bool:
    return str(facts.new.get("Egress", False)).lower() == "true"


def _place(facts: Facts) -> dict[str, Any]:
    number = int(facts.new["RuleNumber"])
    return {"NetworkAclId": facts.new["NetworkAclId"], "RuleNumber": number, "Egress": _outwards(facts)}


def _entry(facts: Facts) -> list[dict[str, Any]]:
    made = _place(facts) | {"Protocol": str(facts.new["Protocol"]), "RuleAction": facts.new["RuleAction"]}
    made |= {key: facts.new[key] for key in ("CidrBlock", "Ipv6CidrBlock") if key in facts.new}
    for name, member in (("PortRange", "PortRange"), ("Icmp", "IcmpTypeCode")):
        if name in facts.new:
            made[member] = {key: int(each) for key, each in facts.new[name].items()}
    return [made]


async def _acls(call: Caller, asked: dict[str, Any]) -> list[dict[str, Any]]:
    return list((await call("ec2", "DescribeNetworkAcls", asked))["NetworkAcls"])


def _of(subnet: str) -> dict[str, Any]:
    return {"Filters": [{"Name": "association.subnet-id", "Values": [subnet]}]}


async def _entry_there(call: Caller, facts: Facts, _known: Collection[str]) -> str | None:
    wanted = _place(facts)
    for acl in await _acls(call, {"NetworkAclIds": [wanted["NetworkAclId"]]}):
        for entry in acl["Entries"]:
            if (entry["RuleNumber"], entry["Egress"]) == (wanted["RuleNumber"], wanted["Egress"]):
                return f"{facts.logical}-{facts.token}"
    return None


_ENTRY = Row(
    type="AWS::EC2::NetworkAclEntry",
    service="ec2",
    create=Step("CreateNetworkAclEntry", _ENTRY_PROPERTIES, build=_entry),
    id="{logical}-{token}",
    seek=_entry_there,
    update=(
        Step(
            "ReplaceNetworkAclEntry",
            ("Protocol", "RuleAction", "CidrBlock", "Ipv6CidrBlock", "Icmp", "PortRange"),
            build=_entry,
        ),
    ),
    delete=(Step("DeleteNetworkAclEntry", build=lambda facts: [_place(facts)], ignore=_ABSENT),),
    gone=_ABSENT,
)


def _association(acl: dict[str, Any], key: str, value: str) -> str | None:
    return next((str(each["NetworkAclAssociationId"]) for each in acl["Associations"] if each[key] == value), None)


async def _replaced(call: Caller, facts: Facts, params: dict[str, Any]) -> dict[str, Any]:
    """A subnet always has one list; the association that it has is replaced."""
    subnet = str(facts.new["SubnetId"])
    for acl in await _acls(call, _of(subnet)):
        return params | {"AssociationId": _association(acl, "SubnetId", subnet)}
    raise AwsError("InvalidSubnetID.NotFound", f"The subnet ID '{subnet}' does not exist")


async def _associated(call: Caller, facts: Facts, _known: Collection[str]) -> str | None:
    subnet = str(facts.new["SubnetId"])
    for acl in await _acls(call, _of(subnet)):
        if acl["NetworkAclId"] == facts.new["NetworkAclId"]:
            return _association(acl, "SubnetId", subnet)
    return None


def _to_default(facts: Facts) -> list[dict[str, Any]]:
    """The VPC's default list is what the subnet has afterwards."""
    acls = facts.response["NetworkAcls"]
    own = next((acl for acl in acls if _association(acl, "NetworkAclAssociationId", facts.id)), None)
    if own is None:
        return []
    default = next(acl for acl in acls if acl["IsDefault"] and acl["VpcId"] == own["VpcId"])
    return [{"AssociationId": facts.id, "NetworkAclId": default["NetworkAclId"]}]


_ASSOCIATION = Row(
    type="AWS::EC2::SubnetNetworkAclAssociation",
    service="ec2",
    create=Step("ReplaceNetworkAclAssociation", ("NetworkAclId",)),
    id="$response.NewAssociationId",
    complete=_replaced,
    consumed=("SubnetId",),
    read=Read("DescribeNetworkAcls", {}, "$response.NetworkAcls.0"),
    attributes={"AssociationId": "$id"},
    delete=(Step("ReplaceNetworkAclAssociation", build=_to_default, ignore=_ABSENT),),
    gone=_ABSENT,
    seek=_associated,
)

ROWS = (_ACL, _ENTRY, _ASSOCIATION)
