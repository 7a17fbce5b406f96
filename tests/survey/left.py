"""What a region has, by name, to see what a deleted stack leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.survey.trip import Region

_LISTS: list[tuple[str, str, str, dict[str, Any], str, str]] = [
    ("AWS::EC2::VPC", "ec2", "describe_vpcs", {}, "Vpcs", "VpcId"),
    ("AWS::EC2::Subnet", "ec2", "describe_subnets", {}, "Subnets", "SubnetId"),
    ("AWS::EC2::SecurityGroup", "ec2", "describe_security_groups", {}, "SecurityGroups", "GroupId"),
    ("AWS::EC2::RouteTable", "ec2", "describe_route_tables", {}, "RouteTables", "RouteTableId"),
    ("AWS::EC2::InternetGateway", "ec2", "describe_internet_gateways", {}, "InternetGateways", "InternetGatewayId"),
    ("AWS::EC2::EIP", "ec2", "describe_addresses", {}, "Addresses", "PublicIp"),
    ("AWS::EC2::VPCEndpoint", "ec2", "describe_vpc_endpoints", {}, "VpcEndpoints", "VpcEndpointId"),
    (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "elbv2",
        "describe_load_balancers",
        {},
        "LoadBalancers",
        "LoadBalancerArn",
    ),
    (
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "elbv2",
        "describe_target_groups",
        {},
        "TargetGroups",
        "TargetGroupArn",
    ),
    ("AWS::ECS::Cluster", "ecs", "list_clusters", {}, "clusterArns", ""),
    ("AWS::ECS::TaskDefinition", "ecs", "list_task_definitions", {"status": "ACTIVE"}, "taskDefinitionArns", ""),
    ("AWS::RDS::DBInstance", "rds", "describe_db_instances", {}, "DBInstances", "DBInstanceIdentifier"),
    ("AWS::RDS::DBSubnetGroup", "rds", "describe_db_subnet_groups", {}, "DBSubnetGroups", "DBSubnetGroupName"),
    ("AWS::S3::Bucket", "s3", "list_buckets", {}, "Buckets", "Name"),
    ("AWS::IAM::Role", "iam", "list_roles", {"MaxItems": 1000}, "Roles", "RoleName"),
    ("AWS::IAM::ManagedPolicy", "iam", "list_policies", {"Scope": "Local", "MaxItems": 1000}, "Policies", "Arn"),
    ("AWS::Logs::LogGroup", "logs", "describe_log_groups", {}, "logGroups", "logGroupName"),
    ("AWS::SecretsManager::Secret", "secretsmanager", "list_secrets", {}, "SecretList", "ARN"),
    ("AWS::SNS::Topic", "sns", "list_topics", {}, "Topics", "TopicArn"),
    ("AWS::SQS::Queue", "sqs", "list_queues", {}, "QueueUrls", ""),
    ("AWS::Lambda::Function", "lambda", "list_functions", {}, "Functions", "FunctionName"),
    ("AWS::ECR::Repository", "ecr", "describe_repositories", {}, "repositories", "repositoryName"),
    ("AWS::SSM::Parameter", "ssm", "describe_parameters", {}, "Parameters", "Name"),
    ("AWS::Events::Rule", "events", "list_rules", {}, "Rules", "Name"),
    ("AWS::EFS::FileSystem", "efs", "describe_file_systems", {}, "FileSystems", "FileSystemId"),
    ("AWS::ServiceDiscovery::Service", "servicediscovery", "list_services", {}, "Services", "Id"),
]
"""Type, service, operation, request, member of the answer, member of an item."""
_MADE_BY_RUNNING = ("AWS::Logs::LogGroup /aws/lambda/", "AWS::IAM::Role AWSServiceRole")
"""What a running function makes, and a service's own role: both stay on AWS as well."""


def there(region: Region) -> set[str]:
    """Type and name of each; of interfaces those in the ground's VPC, since no other VPC goes before they do."""
    found = set()
    for kind, service, operation, request, member, name in _LISTS:
        try:
            told = getattr(region.client(service), operation)(**request)
        except ClientError:
            continue
        found |= {f"{kind} {one[name] if name else one}" for one in told.get(member, [])}
    own = [{"Name": "vpc-id", "Values": [region.ground["Vpc"]]}]
    interfaces = region.client("ec2").describe_network_interfaces(Filters=own)["NetworkInterfaces"]
    found |= {f"AWS::EC2::NetworkInterface {one['NetworkInterfaceId']}" for one in interfaces}
    zones = region.client("route53").list_hosted_zones()["HostedZones"]
    found |= {f"AWS::Route53::HostedZone {one['Id'].rpartition('/')[2]}" for one in zones}
    return {one for one in found if not one.startswith(_MADE_BY_RUNNING)}
