from __future__ import annotations

from typing import Any

import pytest

ZONE = """
Resources:
  Zone:
    Type: AWS::Route53::HostedZone
    Properties: {Name: example.com, HostedZoneTags: [{Key: a, Value: b}]}
"""


class Killed(BaseException):
    """Nothing in the engine may catch it, as nothing outlives SIGKILL."""


RECORDS = (
    ZONE
    + """
  Www:
    Type: AWS::Route53::RecordSet
    Properties: {HostedZoneId: !Ref Zone, Name: www.example.com, Type: A, TTL: "60", ResourceRecords: [192.0.2.1]}
  More:
    Type: AWS::Route53::RecordSetGroup
    DependsOn: Www
    Properties:
      HostedZoneId: !Ref Zone
      RecordSets:
        - Name: api.example.com.
          Type: A
          AliasTarget: {DNSName: www.example.com, HostedZoneId: !Ref Zone}
        - {Name: t.example.com, Type: TXT, TTL: 5, ResourceRecords: ['"one"']}
Outputs:
  Www: {Value: !Ref Www}
  Servers: {Value: !Join [",", !GetAtt Zone.NameServers]}
"""
)


async def _records(cloud: Any) -> dict[str, Any]:
    zones = (await cloud.apis.call("route53", "ListHostedZones", {}))["HostedZones"]
    if not zones:
        return {}
    listed = await cloud.apis.call("route53", "ListResourceRecordSets", {"HostedZoneId": zones[0]["Id"]})
    found = [each for each in listed["ResourceRecordSets"] if each["Type"] not in ("NS", "SOA")]
    return {each["Name"].removesuffix(".example.com."): each for each in found}


def _values(record: dict[str, Any]) -> list[str]:
    return [each["Value"] for each in record["ResourceRecords"]]


async def test_zones_and_records_are_made_changed_and_taken_back(cloud: Any) -> None:
    stack = await cloud.create(RECORDS)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert outputs["Www"] == "www.example.com"
    assert outputs["Servers"]
    made = await _records(cloud)
    assert set(made) == {"www", "api", "t"}
    assert made["api"]["AliasTarget"]["EvaluateTargetHealth"] is False
    fewer = RECORDS.replace("192.0.2.1", "192.0.2.2").replace(
        "        - {Name: t.example.com, Type: TXT, TTL: 5, ResourceRecords: ['\"one\"']}\n", ""
    )
    assert (await cloud.update(fewer))["StackStatus"] == "UPDATE_COMPLETE"
    made = await _records(cloud)
    assert set(made) == {"www", "api"}
    assert _values(made["www"]) == ["192.0.2.2"]
    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert await _records(cloud) == {}


async def test_an_alias_to_no_load_balancer_of_this_cloud_fails_the_stack(cloud: Any) -> None:
    target = "AliasTarget: {DNSName: x.us-east-1.elb.localhost, HostedZoneId: Z35SXDOTRQ7X7K}"
    lost = RECORDS.replace("AliasTarget: {DNSName: www.example.com, HostedZoneId: !Ref Zone}", target)
    assert (await cloud.create(lost))["StackStatus"] == "ROLLBACK_COMPLETE"
    told = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in told]
    assert any("x.us-east-1.elb.localhost., type A" in reason for reason in reasons)
    assert any("that target was not found" in reason for reason in reasons)
    assert await _records(cloud) == {}


async def test_a_zone_is_found_by_its_name_and_a_name_that_is_taken_is_left_alone(cloud: Any) -> None:
    await cloud.create(ZONE, StackName="zone")
    record = (
        "Resources:\n  R:\n    Type: AWS::Route53::RecordSet\n    Properties:\n"
        "      {HostedZoneName: example.com., Name: www.example.com, Type: A, TTL: 60, ResourceRecords: [192.0.2.9]}\n"
    )
    assert (await cloud.create(record))["StackStatus"] == "CREATE_COMPLETE"
    assert (await cloud.create(record, StackName="t"))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert _values((await _records(cloud))["www"]) == ["192.0.2.9"]
    lost = await cloud.create(record.replace("HostedZoneName: example.com", "HostedZoneName: other.com"), StackName="u")
    assert lost["StackStatus"] == "ROLLBACK_COMPLETE"


async def test_a_record_whose_answer_was_lost_is_found_again(cloud: Any) -> None:
    await cloud.create(ZONE, StackName="zone")
    cloud.after = lambda operation, _params: Killed() if operation == "ChangeResourceRecordSets" else None
    record = (
        "Resources:\n  R:\n    Type: AWS::Route53::RecordSet\n    Properties:\n"
        "      {HostedZoneName: example.com., Name: www.example.com, Type: A, TTL: 60, ResourceRecords: [192.0.2.9]}\n"
    )
    await cloud.cf("CreateStack", StackName="s", TemplateBody=record)
    with pytest.raises(Killed):
        await cloud.settled("s")
    cloud.after = lambda _operation, _params: None
    await cloud.restart()
    assert (await cloud.settled("s"))["StackStatus"] == "CREATE_COMPLETE"
    assert set(await _records(cloud)) == {"www"}
