"""EC2: each noun's operations, in one service."""

from __future__ import annotations

from netflux.aws.ec2.association import Addresses
from netflux.aws.ec2.flowlogapi import FlowLogApi
from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.resources.ec2.tables import Tables


class Ec2Api:
    """All handlers. What none of the classes has is refused by name.

    Args:
        documents: of the region.
        clock: tells when something was made.
        flow_logs: answers for flow logs.
        public: the addresses that internet gateways translate, by their interfaces.
    """

    service = "ec2"
    whole = True

    def __init__(self, documents: Documents, clock: Clock, flow_logs: FlowLogApi, public: Addresses = dict) -> None:
        self.documents = documents
        self.tables = Tables(documents)
        self.clock = clock
        self.flow_logs = flow_logs
        self.public = public
