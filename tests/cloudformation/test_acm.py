from __future__ import annotations

import asyncio
from typing import Any

import pytest

from netflux.errors import AwsError

TEMPLATE = """
Resources:
  Zone:
    Type: AWS::Route53::HostedZone
    Properties: {Name: shop.test}
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: shop.test
      SubjectAlternativeNames: ["*.shop.test", "www.shop.test"]
      ValidationMethod: DNS
      KeyAlgorithm: EC_prime256v1
      CertificateTransparencyLoggingPreference: DISABLED
      DomainValidationOptions:
        - {DomainName: shop.test, HostedZoneId: !Ref Zone}
        - {DomainName: www.shop.test, HostedZoneId: !Ref Zone}
      Tags: [{Key: a, Value: "1"}]
Outputs:
  Arn: {Value: !Ref Certificate}
"""


class Killed(BaseException):
    """Nothing in the engine may catch it, as nothing outlives SIGKILL."""


async def _certificate(cloud: Any, arn: str) -> dict[str, Any]:
    told: dict[str, Any] = await cloud.apis.call("acm", "DescribeCertificate", {"CertificateArn": arn})
    return told["Certificate"]  # type: ignore[no-any-return]


async def test_a_certificate_is_validated_in_the_zone_that_the_template_names(cloud: Any) -> None:
    stack = await cloud.create(TEMPLATE)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    arn = stack["Outputs"][0]["OutputValue"]
    told = await _certificate(cloud, arn)
    assert (told["Status"], told["KeyAlgorithm"]) == ("ISSUED", "EC_prime256v1")
    assert told["SubjectAlternativeNames"] == ["shop.test", "*.shop.test", "www.shop.test"]
    changed = TEMPLATE.replace('Value: "1"', 'Value: "2"').replace(
        "      CertificateTransparencyLoggingPreference: DISABLED\n", ""
    )
    assert (await cloud.update(changed))["StackStatus"] == "UPDATE_COMPLETE"
    assert (await _certificate(cloud, arn))["Options"]["CertificateTransparencyLoggingPreference"] == "ENABLED"
    tags = (await cloud.apis.call("acm", "ListTagsForCertificate", {"CertificateArn": arn}))["Tags"]
    assert {"Key": "a", "Value": "2"} in tags
    zone = (await cloud.apis.call("route53", "ListHostedZones", {}))["HostedZones"][0]["Id"]
    listed = await cloud.apis.call("route53", "ListResourceRecordSets", {"HostedZoneId": zone})
    cnames = [record for record in listed["ResourceRecordSets"] if record["Type"] == "CNAME"]
    batch = [{"Action": "DELETE", "ResourceRecordSet": record} for record in cnames]
    assert len(batch) == 2, "one for a domain and its wildcard"
    change = {"HostedZoneId": zone, "ChangeBatch": {"Changes": batch}}
    await cloud.apis.call("route53", "ChangeResourceRecordSets", change)
    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert (await cloud.apis.call("acm", "ListCertificates", {}))["CertificateSummaryList"] == []


async def test_without_a_zone_the_stack_waits_for_the_user_s_record(cloud: Any) -> None:
    alone = TEMPLATE[: TEMPLATE.index("      DomainValidationOptions")] + "      Tags: [{Key: a, Value: b}]\n"
    await cloud.cf("CreateStack", StackName="s", TemplateBody=alone)
    found: list[dict[str, Any]] = []
    for _ in range(500):
        every = {"Includes": {"keyTypes": ["EC_prime256v1"]}}
        found = (await cloud.apis.call("acm", "ListCertificates", every))["CertificateSummaryList"]
        zones = (await cloud.apis.call("route53", "ListHostedZones", {}))["HostedZones"]
        if found and zones:
            break
        await asyncio.sleep(0.02)
    told = await _certificate(cloud, found[0]["CertificateArn"])
    assert told["Status"] == "PENDING_VALIDATION"
    zone = (await cloud.apis.call("route53", "ListHostedZones", {}))["HostedZones"][0]["Id"]
    records = {one["ResourceRecord"]["Name"]: one["ResourceRecord"] for one in told["DomainValidationOptions"]}
    changes = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": {
                "Name": name,
                "Type": "CNAME",
                "TTL": 1,
                "ResourceRecords": [{"Value": one["Value"]}],
            },
        }
        for name, one in records.items()
    ]
    batch = {"HostedZoneId": zone, "ChangeBatch": {"Changes": changes}}
    await cloud.apis.call("route53", "ChangeResourceRecordSets", batch)
    assert (await cloud.settled("s"))["StackStatus"] == "CREATE_COMPLETE"


async def test_a_certificate_whose_answer_was_lost_is_the_same_one(cloud: Any) -> None:
    cloud.after = lambda operation, _params: Killed() if operation == "RequestCertificate" else None
    await cloud.cf("CreateStack", StackName="s", TemplateBody=TEMPLATE)
    with pytest.raises(Killed):
        await cloud.settled("s")
    cloud.after = lambda _operation, _params: None
    await cloud.restart()
    assert (await cloud.settled("s"))["StackStatus"] == "CREATE_COMPLETE"
    every = {"Includes": {"keyTypes": ["EC_prime256v1"]}}
    assert len((await cloud.apis.call("acm", "ListCertificates", every))["CertificateSummaryList"]) == 1


async def test_validation_by_mail_is_refused_by_name_before_anything_is_made(cloud: Any) -> None:
    with pytest.raises(AwsError, match=r"Resource Certificate .*: the parameter ValidationMethod \('EMAIL'\)"):
        await cloud.create(TEMPLATE.replace("ValidationMethod: DNS", "ValidationMethod: EMAIL"))
    assert not (await cloud.cf("DescribeStacks"))["Stacks"]
