"""Network ACLs, and which subnets they are for.

"Network access control lists", Amazon VPC user guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netflux.aws.ec2 import furnishing
from netflux.aws.ec2.aclentries import entry_shape
from netflux.aws.ec2.filters import Filters, page
from netflux.aws.ec2.nouns import ACLS, VPCS, invalid
from netflux.aws.ec2.part import DRY_RUN, Part, shown_tags
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import hexadecimal
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.networkacl import NetworkAcl, NetworkAclAssociation
from netflux.resources.ec2.tables import Tables

if TYPE_CHECKING:
    from types_boto3_ec2 import type_defs as types

_MOST = 200
"""ACLs of a VPC ["Amazon VPC quotas"]."""


class NetworkAcls(Part):
    """The operations on ACLs; those on their entries are `AclEntries`."""

    @operation("VpcId ClientToken TagSpecifications(ResourceType Tags(Key Value))", neutral=DRY_RUN)
    def create_network_acl(self, call: Call, request: types.CreateNetworkAclRequestTypeDef) -> dict[str, Any]:
        """It denies everything. A token that was used before answers what was made then."""
        token = request.get("ClientToken") or ""
        known = self.tables.acls.where("token", token) if token else []
        if not known:
            vpc = VPCS.get(self.documents, request["VpcId"])
            if len(self.tables.acls.keys("vpc", vpc.id)) >= _MOST:
                raise AwsError("NetworkAclLimitExceeded", "The maximum number of network ACLs has been reached.")
            tags = self.tags(call, request, ACLS)
            entries = furnishing.closing_entries(ipv6=bool(vpc.ipv6_associations))
            known = [NetworkAcl(hexadecimal("acl"), vpc.id, entries, client_token=token, tags=tags)]
            self.tables.acls.put(known[0])
        told = {"ClientToken": token} if token else {}
        return {"NetworkAcl": _shown_acl(self.tables, call, known[0]), **told}

    @operation("NetworkAclId", neutral=DRY_RUN)
    def delete_network_acl(self, _call: Call, request: types.DeleteNetworkAclRequestTypeDef) -> dict[str, Any]:
        """Without subnets. The default one goes with its VPC."""
        acl = ACLS.get(self.documents, request["NetworkAclId"])
        if acl.default:
            raise invalid(f"cannot delete default network ACL {acl.id}")
        self.tables.acls.delete(acl.id)
        return {}

    @operation("NetworkAclIds Filters(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def describe_network_acls(self, call: Call, request: types.DescribeNetworkAclsRequestTypeDef) -> dict[str, Any]:
        """ACLs with their entries and associations."""
        found = _filters(self.tables, call).found(
            self.documents, ACLS, request.get("NetworkAclIds"), request.get("Filters")
        )
        answer = page(request, found, "NetworkAcls")
        return {**answer, "NetworkAcls": [_shown_acl(self.tables, call, one) for one in answer["NetworkAcls"]]}

    @operation("AssociationId NetworkAclId", neutral=DRY_RUN)
    def replace_network_acl_association(
        self, _call: Call, request: types.ReplaceNetworkAclAssociationRequestTypeDef
    ) -> dict[str, Any]:
        """A subnet always has one ACL: another one takes its place."""
        tie = self.tables.acl_associations.get(request["AssociationId"])
        if tie is None:
            raise AwsError(
                "InvalidAssociationID.NotFound", f"The association ID '{request['AssociationId']}' does not exist"
            )
        acl = ACLS.get(self.documents, request["NetworkAclId"])
        if acl.vpc_id != ACLS.get(self.documents, tie.acl_id).vpc_id:
            raise invalid(f"network ACL {acl.id} and subnet {tie.subnet_id} belong to different networks")
        made = NetworkAclAssociation(hexadecimal("aclassoc"), acl.id, tie.subnet_id)
        self.tables.acl_associations.delete(tie.id)
        self.tables.acl_associations.put(made)
        return {"NewAssociationId": made.id}


def _shown_acl(tables: Tables, call: Call, acl: NetworkAcl) -> dict[str, Any]:
    return {
        "NetworkAclId": acl.id,
        "VpcId": acl.vpc_id,
        "OwnerId": call.account,
        "IsDefault": acl.default,
        "Associations": [
            {"NetworkAclAssociationId": tie.id, "NetworkAclId": acl.id, "SubnetId": tie.subnet_id}
            for tie in tables.acl_associations.where("acl", acl.id)
        ],
        "Entries": [entry_shape(one) for one in sorted(acl.entries, key=lambda one: (one.number, not one.egress))],
        "Tags": shown_tags(acl.tags),
    }


def _filters(tables: Tables, call: Call) -> Filters[NetworkAcl]:
    ties = tables.acl_associations
    return Filters(
        {
            "association.association-id": lambda acl: ties.keys("acl", acl.id),
            "association.network-acl-id": lambda acl: acl.id if ties.has("acl", acl.id) else None,
            "association.subnet-id": lambda acl: [one.subnet_id for one in ties.where("acl", acl.id)],
            "default": lambda acl: acl.default,
            "entry.cidr": lambda acl: [one.cidr_block for one in acl.entries if ":" not in one.cidr_block],
            "entry.ipv6-cidr": lambda acl: [one.cidr_block for one in acl.entries if ":" in one.cidr_block],
            "entry.icmp.code": lambda acl: [one.icmp_code for one in acl.entries],
            "entry.icmp.type": lambda acl: [one.icmp_type for one in acl.entries],
            "entry.port-range.from": lambda acl: [one.from_port for one in acl.entries if one.from_port >= 0],
            "entry.port-range.to": lambda acl: [one.to_port for one in acl.entries if one.to_port >= 0],
            "entry.protocol": lambda acl: [
                name for one in acl.entries for name in (one.protocol, _NAMES.get(one.protocol))
            ],
            "entry.rule-action": lambda acl: ["allow" if one.allow else "deny" for one in acl.entries],
            "entry.egress": lambda acl: [one.egress for one in acl.entries],
            "entry.rule-number": lambda acl: [one.number for one in acl.entries],
            "network-acl-id": lambda acl: acl.id,
            "owner-id": lambda _: call.account,
            "vpc-id": lambda acl: acl.vpc_id,
        },
        lambda acl: acl.tags,
        {"vpc-id": "vpc"},
    )


_NAMES = {"6": "tcp", "17": "udp", "1": "icmp"}
"""Names that the filter `entry.protocol` takes besides numbers [DescribeNetworkAcls]."""
