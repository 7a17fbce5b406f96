"""Load balancers as answers have them. Pure."""

from __future__ import annotations

from typing import Any

from netflux import names
from netflux.resources.elbv2 import LoadBalancer
from netflux.resources.route53.targets import LOAD_BALANCERS


def shown(balancer: LoadBalancer, region: str, *, active: bool) -> dict[str, Any]:
    """With the DNS name that answers here, and the state that was observed."""
    return {
        "LoadBalancerArn": balancer.arn,
        "DNSName": names.load_balancer(balancer.name, balancer.arn, region, balancer.internal),
        "CanonicalHostedZoneId": LOAD_BALANCERS.get(region, LOAD_BALANCERS["us-east-1"]),
        "CreatedTime": balancer.created,
        "LoadBalancerName": balancer.name,
        "Scheme": "internal" if balancer.internal else "internet-facing",
        "VpcId": balancer.vpc_id,
        "State": {"Code": "active" if active else "provisioning"},
        "Type": "application",
        "AvailabilityZones": zones(balancer),
        "SecurityGroups": [*balancer.security_groups],
        "IpAddressType": "ipv4",
    }


def zones(balancer: LoadBalancer) -> list[dict[str, Any]]:
    """Where it has nodes."""
    return [{"ZoneName": zone.name, "SubnetId": zone.subnet, "LoadBalancerAddresses": []} for zone in balancer.zones]
