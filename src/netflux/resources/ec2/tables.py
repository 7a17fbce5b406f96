"""All of EC2's tables at once, so that each reference between them holds from the first record on."""

from __future__ import annotations

from netflux.controlplane.records.documents import Documents
from netflux.resources.ec2.address import ADDRESS
from netflux.resources.ec2.endpoint import VPC_ENDPOINT
from netflux.resources.ec2.flowlog import FLOW_LOG_TAGS
from netflux.resources.ec2.gateway import EGRESS_ONLY_INTERNET_GATEWAY, INTERNET_GATEWAY, NAT_GATEWAY
from netflux.resources.ec2.instance import KEY_PAIR, LAUNCH_TEMPLATE, LAUNCH_TEMPLATE_VERSION
from netflux.resources.ec2.interface import NETWORK_INTERFACE
from netflux.resources.ec2.networkacl import NETWORK_ACL, NETWORK_ACL_ASSOCIATION
from netflux.resources.ec2.prefixlist import PREFIX_LIST, PREFIX_LIST_VERSION
from netflux.resources.ec2.routetable import ROUTE, ROUTE_TABLE, ROUTE_TABLE_ASSOCIATION
from netflux.resources.ec2.securitygroup import SECURITY_GROUP, SECURITY_GROUP_RULE
from netflux.resources.ec2.subnet import SUBNET
from netflux.resources.ec2.vpc import DHCP_OPTIONS, VPC


class Tables:
    """EC2's records.

    Args:
        documents: of the region.
    """

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.dhcp_options = documents.table(DHCP_OPTIONS)
        self.vpcs = documents.table(VPC)
        self.subnets = documents.table(SUBNET)
        self.prefix_lists = documents.table(PREFIX_LIST)
        self.prefix_list_versions = documents.table(PREFIX_LIST_VERSION)
        self.groups = documents.table(SECURITY_GROUP)
        self.rules = documents.table(SECURITY_GROUP_RULE)
        self.route_tables = documents.table(ROUTE_TABLE)
        self.routes = documents.table(ROUTE)
        self.route_table_associations = documents.table(ROUTE_TABLE_ASSOCIATION)
        self.internet_gateways = documents.table(INTERNET_GATEWAY)
        self.egress_only_gateways = documents.table(EGRESS_ONLY_INTERNET_GATEWAY)
        self.nat_gateways = documents.table(NAT_GATEWAY)
        self.interfaces = documents.table(NETWORK_INTERFACE)
        self.addresses = documents.table(ADDRESS)
        self.acls = documents.table(NETWORK_ACL)
        self.acl_associations = documents.table(NETWORK_ACL_ASSOCIATION)
        self.endpoints = documents.table(VPC_ENDPOINT)
        self.key_pairs = documents.table(KEY_PAIR)
        self.launch_templates = documents.table(LAUNCH_TEMPLATE)
        self.launch_template_versions = documents.table(LAUNCH_TEMPLATE_VERSION)
        self.flow_log_tags = documents.table(FLOW_LOG_TAGS)
