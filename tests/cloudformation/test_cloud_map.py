"""Namespaces and services of Cloud Map in a stack, and an ECS service that is registered in one."""

from __future__ import annotations

from typing import Any

from netflux.aws.servicediscovery.api import ServiceDiscoveryApi
from netflux.clock import Clock
from tests.cloudformation.cloud import ACCOUNT, REGION, Cloud

TEMPLATE = """
Resources:
  Vpc: {Type: "AWS::EC2::VPC", Properties: {CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true}}
  Corp:
    Type: AWS::ServiceDiscovery::PrivateDnsNamespace
    Properties:
      Name: corp.internal
      Vpc: !Ref Vpc
      Description: first
      Properties: {DnsProperties: {SOA: {TTL: 30}}}
  Names: {Type: "AWS::ServiceDiscovery::HttpNamespace", Properties: {Name: names}}
  Api:
    Type: AWS::ServiceDiscovery::Service
    Properties:
      Name: api
      NamespaceId: !Ref Corp
      Description: first
      DnsConfig: {RoutingPolicy: MULTIVALUE, DnsRecords: [{Type: A, TTL: 10}]}
      HealthCheckCustomConfig: {FailureThreshold: 1}
      Tags: [{Key: team, Value: a}]
  Cluster: {Type: "AWS::ECS::Cluster", Properties: {ClusterName: prod}}
  Definition:
    Type: AWS::ECS::TaskDefinition
    Properties: {Family: api, NetworkMode: awsvpc, ContainerDefinitions: [{Name: api, Image: api}]}
  Service:
    Type: AWS::ECS::Service
    Properties:
      ServiceName: api
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Definition
      ServiceRegistries: [{RegistryArn: !GetAtt Api.Arn, Port: 8080}]
Outputs:
  Zone: {Value: !GetAtt Corp.HostedZoneId}
  Api: {Value: !GetAtt Api.Id}
  Arn: {Value: !GetAtt Api.Arn}
"""


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


async def test_a_stack_makes_changes_and_deletes_them(cloud: Cloud) -> None:
    cloud.apis.register(ServiceDiscoveryApi(cloud.documents, Clock(), (REGION, ACCOUNT)))
    stack = await cloud.create(TEMPLATE)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    told = outputs(stack)
    zone = await cloud.apis.call("route53", "GetHostedZone", {"Id": told["Zone"]})
    assert zone["HostedZone"]["Name"] == "corp.internal."
    found = (await cloud.apis.call("servicediscovery", "GetService", {"Id": told["Api"]}))["Service"]
    assert found["HealthCheckCustomConfig"] == {"FailureThreshold": 1}
    tags = (await cloud.apis.call("servicediscovery", "ListTagsForResource", {"ResourceARN": told["Arn"]}))["Tags"]
    assert {"Key": "team", "Value": "a"} in tags
    assert cloud.made("CreateService")[-1]["serviceRegistries"] == [{"registryArn": told["Arn"], "port": 8080}]
    changed = TEMPLATE.replace("first", "second").replace("TTL: 10", "TTL: 20").replace("TTL: 30", "TTL: 40")
    stack = await cloud.update(changed)
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert outputs(stack) == told
    found = (await cloud.apis.call("servicediscovery", "GetService", {"Id": told["Api"]}))["Service"]
    assert (found["Description"], found["DnsConfig"]["DnsRecords"]) == ("second", [{"Type": "A", "TTL": 20}])
    namespaces = (await cloud.apis.call("servicediscovery", "ListNamespaces", {}))["Namespaces"]
    corp = next(each for each in namespaces if each["Name"] == "corp.internal")
    assert (corp["Description"], corp["Properties"]["DnsProperties"]["SOA"]) == ("second", {"TTL": 40})
    await cloud.cf("DeleteStack", StackName="s")
    found = (await cloud.cf("DescribeStacks", StackName=stack["StackId"]))["Stacks"][0]
    assert (await cloud.settled(found["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert (await cloud.apis.call("servicediscovery", "ListNamespaces", {}))["Namespaces"] == []
    assert (await cloud.apis.call("route53", "ListHostedZones", {}))["HostedZones"] == []


async def test_a_service_whose_answer_was_lost_is_found_and_goes_with_the_stack(cloud: Cloud) -> None:
    cloud.apis.register(ServiceDiscoveryApi(cloud.documents, Clock(), (REGION, ACCOUNT)))
    lost = []

    def lose(operation: str, params: dict[str, Any]) -> Exception | None:
        if operation == "CreateService" and "NamespaceId" in params and not lost:
            lost.append(operation)
            return ConnectionError("gone")
        return None

    cloud.after = lose
    stack = await cloud.create(TEMPLATE)
    assert lost
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert (await cloud.apis.call("servicediscovery", "ListServices", {}))["Services"] == []
    assert (await cloud.apis.call("servicediscovery", "ListNamespaces", {}))["Namespaces"] == []
