"""What Route 53 refuses."""

from __future__ import annotations

from typing import Any

from netflux import names
from netflux.aws.route53.api import Route53Api
from netflux.aws.servicediscovery.api import ServiceDiscoveryApi
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.route53.batches import ALIASES, CHANGES
from tests.rules.route53.recordsets import SHAPES, VALUES
from tests.rules.route53.rows import record_set
from tests.rules.route53.zones import DELEGATION_SETS, TAGS, ZONES

SERVICE = "route53"
RULES = [*CHANGES, *VALUES, *SHAPES, *ALIASES, *ZONES, *DELEGATION_SETS, *TAGS]


def register(plane: Plane, apis: Apis) -> None:
    """Route 53, and Cloud Map, whose zones are its own."""
    place = (names.REGION, names.ACCOUNT)
    apis.register(Route53Api(plane.documents, Clock(), apis, place))
    apis.register(ServiceDiscoveryApi(plane.documents, Clock(), place))


async def prepare(apis: Apis) -> dict[str, str]:
    """Zones of each sort, with some record sets."""

    async def call(operation: str, **params: Any) -> dict[str, Any]:
        return await apis.call("route53", operation, params)

    vpcs = [(await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"] for _ in range(2)]
    where = {"VPCRegion": names.REGION, "VPCId": vpcs[0]}
    public = (await call("CreateHostedZone", Name="example.com", CallerReference="public"))["HostedZone"]["Id"]
    empty = (await call("CreateHostedZone", Name="empty.com", CallerReference="empty"))["HostedZone"]["Id"]
    private = (await call("CreateHostedZone", Name="corp.internal", CallerReference="private", VPC=where))["HostedZone"]
    sets = [
        record_set("www.example.com", "A", "192.0.2.1"), record_set("go.example.com", "CNAME", "www.example.com"),
        record_set("w.example.com", "A", "192.0.2.1", SetIdentifier="one", Weight=1),
        record_set("m.example.com", "A", "192.0.2.1", SetIdentifier="one", MultiValueAnswer=True),
    ]  # fmt: skip
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": one} for one in sets]}
    await call("ChangeResourceRecordSets", HostedZoneId=public, ChangeBatch=batch)
    spaced = {"Name": "map.internal", "Vpc": vpcs[1]}
    told = await apis.call("servicediscovery", "CreatePrivateDnsNamespace", spaced)
    operation = (await apis.call("servicediscovery", "GetOperation", told))["Operation"]
    namespace = await apis.call("servicediscovery", "GetNamespace", {"Id": operation["Targets"]["NAMESPACE"]})
    owned = namespace["Namespace"]["Properties"]["DnsProperties"]["HostedZoneId"]
    delegation = (await call("CreateReusableDelegationSet", CallerReference="set"))["DelegationSet"]["Id"]
    shared = {"Name": "delegated.com", "CallerReference": "shared", "DelegationSetId": delegation}
    delegated = (await call("CreateHostedZone", **shared))["HostedZone"]["Id"]
    found = {"set": delegation, "delegated": delegated} | {
        "zone": public,
        "empty": empty,
        "private": private["Id"],
        "map": owned,
    }
    return {name: identity.rpartition("/")[2] for name, identity in found.items()} | {"vpc": vpcs[0], "other": vpcs[1]}
