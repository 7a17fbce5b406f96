"""Sets of DHCP options."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2.filters import Filters, Read, page
from netflux.aws.ec2.nouns import OPTIONS, VPCS, invalid
from netflux.aws.ec2.part import DRY_RUN, Part, shown_tags
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.vpc import DhcpOptions

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import (
        AssociateDhcpOptionsRequestTypeDef,
        CreateDhcpOptionsRequestTypeDef,
        DeleteDhcpOptionsRequestTypeDef,
        DescribeDhcpOptionsRequestTypeDef,
    )

_AMAZON = "AmazonProvidedDNS"
_MOST = {
    "domain-name": 1,
    "domain-name-servers": 4,
    "ntp-servers": 4,
    "netbios-name-servers": 4,
    "netbios-node-type": 1,
    "ipv6-address-preferred-lease-time": 1,
}
"""Keys, and how many values each has ["CreateDhcpOptions", Amazon EC2 API reference]."""

_ADDRESSES = ("domain-name-servers", "ntp-servers", "netbios-name-servers")
_NODE_TYPES = ("1", "2", "4", "8")


class DhcpOptionSets(Part):
    """The operations."""

    @operation("DhcpConfigurations(Key Values) TagSpecifications(ResourceType Tags(Key Value))", neutral=DRY_RUN)
    def create_dhcp_options(self, call: Call, request: CreateDhcpOptionsRequestTypeDef) -> dict[str, Any]:
        """A set never changes; VPCs get another one ("DHCP option sets", Amazon VPC user guide)."""
        configurations = _configurations(request["DhcpConfigurations"])
        options = DhcpOptions(identifiers.hexadecimal("dopt"), configurations, tags=self.tags(call, request, OPTIONS))
        self.tables.dhcp_options.put(options)
        return {"DhcpOptions": _shape(options, call.account)}

    @operation("DhcpOptionsId", neutral=DRY_RUN)
    def delete_dhcp_options(self, _call: Call, request: DeleteDhcpOptionsRequestTypeDef) -> dict[str, Any]:
        """Not while a VPC has it."""
        if not request["DhcpOptionsId"].startswith(f"{OPTIONS.prefix}-"):
            said = f'Invalid id: "{request["DhcpOptionsId"]}" (expecting "{OPTIONS.prefix}-...")'
            raise AwsError("InvalidDhcpOptionsId.Malformed", said)
        self.tables.dhcp_options.delete(OPTIONS.get(self.documents, request["DhcpOptionsId"]).id)
        return {}

    @operation("DhcpOptionsIds Filters(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def describe_dhcp_options(self, call: Call, request: DescribeDhcpOptionsRequestTypeDef) -> dict[str, Any]:
        """Sets by ids and filters."""
        read: dict[str, Read] = {
            "dhcp-options-id": lambda options: options.id,
            "key": lambda options: [*options.configurations],
            "value": lambda options: [value for values in options.configurations.values() for value in values],
            "owner-id": lambda _: call.account,
        }
        wanted = Filters[DhcpOptions](read, lambda options: options.tags)
        found = wanted.found(self.documents, OPTIONS, request.get("DhcpOptionsIds"), request.get("Filters"))
        return page(request, [_shape(one, call.account) for one in found], "DhcpOptions", least=5)

    @operation("DhcpOptionsId VpcId", neutral=DRY_RUN)
    def associate_dhcp_options(self, _call: Call, request: AssociateDhcpOptionsRequestTypeDef) -> dict[str, Any]:
        """`default` stands for no set at all."""
        vpc, wanted = VPCS.get(self.documents, request["VpcId"]), request["DhcpOptionsId"]
        identity = "" if wanted == "default" else OPTIONS.get(self.documents, wanted).id
        self.tables.vpcs.put(replace(vpc, dhcp_options_id=identity))
        return {}


def _configurations(told: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    configurations: dict[str, tuple[str, ...]] = {}
    for one in told:
        key, values = one.get("Key") or "", tuple(one.get("Values") or ())
        if key not in _MOST:
            raise invalid(f"Value ({key}) for parameter name is invalid. Unknown DHCP option")
        if key in configurations:
            raise invalid(f"The DHCP option {key} stands twice in the request. Leave one out.")
        if not values:
            raise AwsError("MissingParameter", f"The DHCP option {key} has no value.")
        if len(values) > _MOST[key]:
            raise invalid(f"The DHCP option {key} has at most {_MOST[key]} values; {len(values)} were given.")
        for value in values:
            _check(key, value)
        configurations[key] = values
    if not configurations:
        raise AwsError("MissingParameter", "The request must contain the parameter dhcpConfiguration")
    return configurations


def _check(key: str, value: str) -> None:
    if key == "netbios-node-type" and value not in _NODE_TYPES:
        raise invalid(f"Value ({value}) for parameter value is invalid. Invalid DHCP option value. Use 1, 2, 4 or 8.")
    if key not in _ADDRESSES or (value == _AMAZON and key == "domain-name-servers"):
        return
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise invalid(f"Value ({value}) for parameter value is invalid. Invalid DHCP option value") from None


def _shape(options: DhcpOptions, account: str) -> dict[str, Any]:
    return {
        "DhcpOptionsId": options.id,
        "OwnerId": account,
        "DhcpConfigurations": [
            {"Key": key, "Values": [{"Value": value} for value in values]}
            for key, values in options.configurations.items()
        ],
        "Tags": shown_tags(options.tags),
    }
