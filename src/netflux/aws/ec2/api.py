"""EC2: each noun's operations, in one service."""

from __future__ import annotations

from netflux.aws.ec2 import furnishing
from netflux.aws.ec2.absent import AbsentNouns
from netflux.aws.ec2.aclentries import AclEntries
from netflux.aws.ec2.addresses import Addresses
from netflux.aws.ec2.dhcpoptions import DhcpOptionSets
from netflux.aws.ec2.endpoints import Endpoints
from netflux.aws.ec2.flowlogapi import FlowLogApi, FlowLogOperations
from netflux.aws.ec2.grouprules import GroupRules
from netflux.aws.ec2.interfaceaddresses import InterfaceAddresses
from netflux.aws.ec2.interfaces import Interfaces
from netflux.aws.ec2.internetgateways import EgressOnlyInternetGateways, InternetGateways
from netflux.aws.ec2.keypairs import KeyPairs
from netflux.aws.ec2.launchtemplates import LaunchTemplates
from netflux.aws.ec2.natgateways import NatGateways
from netflux.aws.ec2.networkacls import NetworkAcls
from netflux.aws.ec2.prefixlists import PrefixLists
from netflux.aws.ec2.routes import Routes
from netflux.aws.ec2.routetables import RouteTables
from netflux.aws.ec2.subnets import Subnets
from netflux.aws.ec2.tags import Tags
from netflux.aws.ec2.vpcblocks import VpcBlocks
from netflux.aws.ec2.vpcs import Vpcs
from netflux.aws.ec2.zones import Zones
from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.resources.ec2.tables import Tables


class Ec2Api(
    Vpcs,
    VpcBlocks,
    Subnets,
    GroupRules,
    DhcpOptionSets,
    PrefixLists,
    Endpoints,
    KeyPairs,
    LaunchTemplates,
    Tags,
    Zones,
    FlowLogOperations,
    AbsentNouns,
    RouteTables,
    Routes,
    InternetGateways,
    EgressOnlyInternetGateways,
    NatGateways,
    Addresses,
    Interfaces,
    InterfaceAddresses,
    NetworkAcls,
    AclEntries,
):
    """All handlers. What none of the classes has is refused by name.

    Args:
        documents: of the region.
        clock: tells when something was made.
        flow_logs: answers for flow logs; nothing where no network is watched.
    """

    service = "ec2"
    whole = True

    def __init__(self, documents: Documents, clock: Clock, flow_logs: FlowLogApi | None = None) -> None:
        self.documents = documents
        self.tables = Tables(documents)
        self.clock = clock
        self.flow_logs = flow_logs

    def seed(self) -> None:
        """Puts what AWS has in a region from the first day on, unless it is there or the release before had it."""
        furnishing.seed(self.tables)
