"""Network interfaces as EC2 tells them, and by what they are found."""

from __future__ import annotations

from typing import Any

from netflux import names
from netflux.aws.ec2.filters import Filters
from netflux.aws.ec2.part import shown_tags
from netflux.aws.ec2.zones import ZONES
from netflux.controlplane.call import Call
from netflux.resources.ec2.interface import Attachment, NetworkInterface
from netflux.resources.ec2.tables import Tables

_OWNERS = ("amazon-elb", "amazon-rds")
"""Services that have public addresses under their own names."""


def shape(tables: Tables, call: Call, eni: NetworkInterface) -> dict[str, Any]:
    """The whole interface."""
    associations = _associations(tables, call, eni)
    primary = eni.private_addresses[0] if eni.private_addresses else ""
    dns = _private_names(tables, eni)
    told: dict[str, Any] = {
        "NetworkInterfaceId": eni.id,
        "SubnetId": eni.subnet_id,
        "VpcId": eni.vpc_id,
        "AvailabilityZone": eni.zone,
        "AvailabilityZoneId": ZONES.get(eni.zone, ""),
        "Description": eni.description,
        "Groups": group_shapes(tables, eni),
        "InterfaceType": eni.interface_type,
        "MacAddress": eni.mac_address,
        "OwnerId": call.account,
        "RequesterManaged": eni.requester_managed,
        "SourceDestCheck": eni.source_dest_check,
        "Status": status(eni),
        "Operator": {"Managed": False},
        "Ipv6Addresses": [{"Ipv6Address": one, "IsPrimaryIpv6": False} for one in eni.ipv6_addresses],
        "PrivateIpAddresses": [
            {
                "PrivateIpAddress": one,
                "Primary": one == primary,
                **({"PrivateDnsName": dns[one]} if one in dns else {}),
                **({"Association": associations[one]} if one in associations else {}),
            }
            for one in eni.private_addresses
        ],
        "TagSet": shown_tags(eni.tags),
    }
    if primary:
        told["PrivateIpAddress"] = primary
    if primary in dns:
        told["PrivateDnsName"] = dns[primary]
    if primary in associations:
        told["Association"] = associations[primary]
    if eni.attachment is not None:
        told["Attachment"] = attachment_shape(eni.attachment)
    if eni.ipv6_addresses:
        told["Ipv6Address"] = eni.ipv6_addresses[0]
    if eni.requester:
        told["RequesterId"] = eni.requester
    return told


def status(eni: NetworkInterface) -> str:
    """Whether something has it."""
    return "in-use" if eni.attachment is not None else "available"


def attachment_shape(attachment: Attachment) -> dict[str, Any]:
    """That it belongs to something."""
    return {
        "AttachmentId": attachment.id,
        "AttachTime": attachment.attached,
        "DeleteOnTermination": attachment.delete_on_termination,
        "DeviceIndex": attachment.device_index,
        "InstanceOwnerId": attachment.instance_owner,
        "Status": attachment.status,
    }


def group_shapes(tables: Tables, eni: NetworkInterface) -> list[dict[str, str]]:
    """Its security groups, with their names."""
    found = [(one, tables.groups.get(one)) for one in eni.groups]
    return [{"GroupId": one, "GroupName": group.name if group else ""} for one, group in found]


def filters(tables: Tables, call: Call) -> Filters[NetworkInterface]:
    """Of DescribeNetworkInterfaces."""

    def associated(member: str) -> Any:
        return lambda eni: [one.get(member) for one in _associations(tables, call, eni).values()]

    def attached(read: Any) -> Any:
        return lambda eni: read(eni.attachment) if eni.attachment is not None else None

    return Filters(
        {
            "addresses.association.owner-id": associated("IpOwnerId"),
            "addresses.association.public-ip": associated("PublicIp"),
            "addresses.primary": lambda eni: [one == eni.private_addresses[0] for one in eni.private_addresses],
            "addresses.private-ip-address": lambda eni: eni.private_addresses,
            "association.allocation-id": associated("AllocationId"),
            "association.association-id": associated("AssociationId"),
            "association.ip-owner-id": associated("IpOwnerId"),
            "association.public-ip": associated("PublicIp"),
            "association.public-dns-name": lambda _: None,
            "attachment.attach-time": attached(lambda one: one.attached.isoformat()),
            "attachment.attachment-id": attached(lambda one: one.id),
            "attachment.delete-on-termination": attached(lambda one: one.delete_on_termination),
            "attachment.device-index": attached(lambda one: one.device_index),
            "attachment.instance-id": attached(lambda one: one.instance_id or None),
            "attachment.instance-owner-id": attached(lambda one: one.instance_owner),
            "attachment.status": attached(lambda one: one.status),
            "availability-zone": lambda eni: eni.zone,
            "availability-zone-id": lambda eni: ZONES.get(eni.zone),
            "description": lambda eni: eni.description,
            "group-id": lambda eni: eni.groups,
            "group-name": lambda eni: [one["GroupName"] for one in group_shapes(tables, eni)],
            "interface-type": lambda eni: eni.interface_type,
            "ipv6-addresses.ipv6-address": lambda eni: eni.ipv6_addresses,
            "mac-address": lambda eni: eni.mac_address,
            "network-interface-id": lambda eni: eni.id,
            "operator.managed": lambda _: False,
            "operator.principal": lambda _: None,
            "owner-id": lambda _: call.account,
            "private-dns-name": lambda eni: [*_private_names(tables, eni).values()],
            "private-ip-address": lambda eni: eni.private_addresses,
            "requester-id": lambda eni: eni.requester or None,
            "requester-managed": lambda eni: eni.requester_managed,
            "source-dest-check": lambda eni: eni.source_dest_check,
            "status": status,
            "subnet-id": lambda eni: eni.subnet_id,
            "vpc-id": lambda eni: eni.vpc_id,
        },
        lambda eni: eni.tags,
        {
            "vpc-id": "vpc",
            "subnet-id": "subnet",
            "group-id": "group",
            "private-ip-address": "private",
            "addresses.private-ip-address": "private",
            "tag:netflux:owner": "owner",
        },
    )


def _associations(tables: Tables, call: Call, eni: NetworkInterface) -> dict[str, dict[str, str]]:
    """By private address, the public one that an internet gateway translates. PublicDnsName is left out: nobody
    resolves one.
    """
    found = {
        one.private_ip: {
            "AllocationId": one.id,
            "AssociationId": one.association_id,
            "IpOwnerId": call.account,
            "PublicIp": one.public_ip,
        }
        for one in tables.addresses.where("interface", eni.id)
    }
    if eni.public_ip and eni.private_addresses and eni.private_addresses[0] not in found:
        owner = eni.requester if eni.requester in _OWNERS else "amazon"
        found[eni.private_addresses[0]] = {"IpOwnerId": owner, "PublicIp": eni.public_ip}
    return found


def _private_names(tables: Tables, eni: NetworkInterface) -> dict[str, str]:
    """By private address, the name that the VPC's resolver knows; none where it answers no such names."""
    vpc = tables.vpcs.get(eni.vpc_id)
    if vpc is None or not (vpc.dns_support and vpc.dns_hostnames):
        return {}
    domain = names.internal_domain(names.REGION)
    return {one: f"ip-{one.replace('.', '-')}.{domain}" for one in eni.private_addresses}
