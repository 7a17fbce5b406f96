"""EC2, Elastic Load Balancing, Route 53, Cloud Map, CloudFront, ACM."""

from __future__ import annotations

from netflux.controlplane.authorization.service import Service

_MADE = {
    "AllocateAddress": ("elastic-ip/*",),
    "CreateDhcpOptions": ("dhcp-options/*",),
    "CreateEgressOnlyInternetGateway": ("egress-only-internet-gateway/*", "vpc/{VpcId}"),
    "CreateFlowLogs": ("vpc-flow-log/*", "{ResourceIds:typed}"),
    "CreateInternetGateway": ("internet-gateway/*",),
    "CreateKeyPair": ("key-pair/{KeyName}",),
    "ImportKeyPair": ("key-pair/{KeyName}",),
    "CreateLaunchTemplate": ("launch-template/*",),
    "CreateManagedPrefixList": ("prefix-list/*",),
    "CreateNatGateway": ("natgateway/*", "subnet/{SubnetId}", "elastic-ip/{AllocationId}"),
    "CreateNetworkAcl": ("network-acl/*", "vpc/{VpcId}"),
    "CreateNetworkInterface": ("network-interface/*", "subnet/{SubnetId}", "security-group/{Groups}"),
    "CreateRouteTable": ("route-table/*", "vpc/{VpcId}"),
    "CreateSecurityGroup": ("security-group/*", "vpc/{VpcId}"),
    "CreateSubnet": ("subnet/*", "vpc/{VpcId}"),
    "CreateVpc": ("vpc/*",),
    "CreateVpcEndpoint": (
        "vpc-endpoint/*", "vpc/{VpcId}", "route-table/{RouteTableIds}", "subnet/{SubnetIds}",
        "security-group/{SecurityGroupIds}",
    ),
    "CreateVpcPeeringConnection": ("vpc-peering-connection/*", "vpc/{VpcId}"),
}  # fmt: skip
"""Operations that make something: `*` stands for its id, which is not known yet."""

EC2 = Service(
    "ec2",
    every=True,
    unscoped=("Describe", "Get"),
    parameters=(
        "vpc/{VpcId}", "subnet/{SubnetId}", "subnet/{SubnetIds}", "security-group/{GroupId}",
        "security-group/{GroupName}", "route-table/{RouteTableId}", "internet-gateway/{InternetGatewayId}",
        "egress-only-internet-gateway/{EgressOnlyInternetGatewayId}", "natgateway/{NatGatewayId}",
        "elastic-ip/{AllocationId}", "network-interface/{NetworkInterfaceId}", "network-acl/{NetworkAclId}",
        "prefix-list/{PrefixListId}", "vpc-endpoint/{VpcEndpointId}", "vpc-endpoint/{VpcEndpointIds}",
        "vpc-peering-connection/{VpcPeeringConnectionId}", "vpc-flow-log/{FlowLogIds}", "instance/{InstanceId}",
        "instance/{InstanceIds}", "volume/{VolumeId}", "launch-template/{LaunchTemplateId}", "key-pair/{KeyName}",
        "dhcp-options/{DhcpOptionsId}",
    ),
    operations={
        **_MADE,
        "CreateRoute": ("route-table/{RouteTableId}",),
        "CreateTags": ("{Resources:typed}",),
        "DeleteRoute": ("route-table/{RouteTableId}",),
        "DeleteTags": ("{Resources:typed}",),
        "ReplaceRoute": ("route-table/{RouteTableId}",),
    },
    also=dict.fromkeys(_MADE, (("TagSpecifications", "CreateTags", "{TagSpecifications.ResourceType}/*"),)),
    passes={"CreateFlowLogs": (("DeliverLogsPermissionArn", "vpc-flow-logs.amazonaws.com"),)},
    keys={"ec2:vpcid": "VpcId"},
)  # fmt: skip

BALANCERS = Service(
    "elasticloadbalancing",
    every=True,
    unscoped=("Describe",),
    parameters=(
        "{LoadBalancerArn}", "{TargetGroupArn}", "{ListenerArn}", "{RuleArn}", "{ResourceArns}", "{TrustStoreArn}",
    ),
    operations={
        "CreateListener": ("{LoadBalancerArn}",),
        "CreateLoadBalancer": ("loadbalancer/app/{Name}/*",),
        "CreateRule": ("{ListenerArn}",),
        "CreateTargetGroup": ("targetgroup/{Name}/*",),
        "SetRulePriorities": ("{RulePriorities.RuleArn}",),
    },
    also=dict.fromkeys(
        ("CreateListener", "CreateLoadBalancer", "CreateRule", "CreateTargetGroup"), (("Tags", "AddTags", ""),)
    ),
)  # fmt: skip

_ZONE = "hostedzone/{HostedZoneId:last}"

NAMES = Service(
    "route53",
    regional=False,
    owned=False,
    parameters=(_ZONE, "healthcheck/{HealthCheckId}", "hostedzone/{Id:last}"),
    operations={
        "CreateHostedZone": (),
        "GetChange": ("change/{Id:last}",),
        "ListHostedZones": (),
        "ListHostedZonesByName": (),
        "ListTagsForResource": ("{ResourceType}/{ResourceId}",),
        "ChangeTagsForResource": ("{ResourceType}/{ResourceId}",),
    },
)

MAP = Service(
    "servicediscovery",
    parameters=("service/{ServiceId:last}", "{ResourceARN}"),
    operations={
        "CreateService": ("namespace/{NamespaceId:last}",),
        "DeleteNamespace": ("namespace/{Id:last}",),
        "DeleteService": ("service/{Id:last}",),
        "GetNamespace": ("namespace/{Id:last}",),
        "GetService": ("service/{Id:last}",),
        "UpdateHttpNamespace": ("namespace/{Id:last}",),
        "UpdatePrivateDnsNamespace": ("namespace/{Id:last}",),
        "UpdatePublicDnsNamespace": ("namespace/{Id:last}",),
        "UpdateService": ("service/{Id:last}",),
    },
    keys={
        "servicediscovery:namespacename": "NamespaceName",
        "servicediscovery:servicename": "ServiceName",
    },
)

_KINDS = {
    "CachePolicy": "cache-policy", "OriginRequestPolicy": "origin-request-policy", "Function": "function",
    "ResponseHeadersPolicy": "response-headers-policy", "OriginAccessControl": "origin-access-control",
    "KeyGroup": "key-group", "PublicKey": "public-key",
    "CloudFrontOriginAccessIdentity": "origin-access-identity",
}  # fmt: skip


def _edge_operations() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, kind in _KINDS.items():
        identity = "{Name}" if name == "Function" else "{Id}"
        found |= {f"{verb}{name}": (f"{kind}/{identity}",) for verb in ("Get", "Update", "Delete")}
        if name != "Function":
            found[f"Get{name}Config"] = (f"{kind}/{identity}",)
    return found


EDGE = Service(
    "cloudfront",
    regional=False,
    parameters=("distribution/{DistributionId}", "distribution/{Id}", "{Resource}"),
    operations={
        **_edge_operations(),
        "CreateDistribution": ("distribution/*",),
        "CreateDistributionWithTags": ("distribution/*",),
    },
    actions={"CreateDistributionWithTags": ("CreateDistribution", "TagResource")},
)

CERTIFICATES = Service(
    "acm",
    parameters=("{CertificateArn}", "{ResourceArn}"),
    operations={
        "RequestCertificate": ("certificate/*",),
        "ListCertificates": (),
        "ImportCertificate": ("certificate/*",),
    },
    also={"RequestCertificate": (("Tags", "AddTagsToCertificate", ""),)},
)

SERVICES = {
    "ec2": EC2,
    "elbv2": BALANCERS,
    "route53": NAMES,
    "servicediscovery": MAP,
    "cloudfront": EDGE,
    "acm": CERTIFICATES,
}
