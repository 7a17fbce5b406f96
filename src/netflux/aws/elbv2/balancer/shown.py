"""Load balancers as answers have them. Pure."""

from __future__ import annotations

from typing import Any

from netflux import names
from netflux.resources.elbv2 import LoadBalancer

_HOSTED_ZONES = {
    "af-south-1": "Z268VQBMOI5EKX", "ap-east-1": "Z3DQVH9N71FHZ0", "ap-northeast-1": "Z14GRHDCWA56QT",
    "ap-northeast-2": "ZWKZPGTI48KDX", "ap-northeast-3": "Z5LXEXXYW11ES", "ap-south-1": "ZP97RAFLXTNZK",
    "ap-southeast-1": "Z1LMS91P8CMLE5", "ap-southeast-2": "Z1GM3OXH4ZPM65", "ca-central-1": "ZQSVJUPU6J1EY",
    "eu-central-1": "Z215JYRZR1TBD5", "eu-north-1": "Z23TAZ6LKFMNIO", "eu-south-1": "Z3ULH7SSC9OV64",
    "eu-west-1": "Z32O12XQLNTSW2", "eu-west-2": "ZHURV8PSTC4K8", "eu-west-3": "Z3Q77PNBQS71R4",
    "me-south-1": "ZS929ML54UICD", "sa-east-1": "Z2P70J7HTTTPLU", "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2", "us-west-1": "Z368ELLRRE2KJ0", "us-west-2": "Z1H1FL5HABSF5",
}  # fmt: skip
"""Of alias records that lead to Application Load Balancers; AWS General Reference, "Elastic Load Balancing endpoints
and quotas"."""


def shown(balancer: LoadBalancer, region: str, *, active: bool) -> dict[str, Any]:
    """With the DNS name that answers here, and the state that was observed."""
    return {
        "LoadBalancerArn": balancer.arn,
        "DNSName": names.load_balancer(balancer.name, balancer.arn, region, balancer.internal),
        "CanonicalHostedZoneId": _HOSTED_ZONES.get(region, _HOSTED_ZONES["us-east-1"]),
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
