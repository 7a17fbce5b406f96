"""Certificates through the API."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from netflux import names
from netflux.aws.acm.api import AcmApi
from netflux.aws.route53.api import Route53Api
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.errors import AwsError
from netflux.resources.acm import CERTIFICATE
from tests.aws.acm.made import Made
from tests.controlplane.plane import Plane


class Place:
    """ACM and Route 53, over moto's EC2."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self.apis: Apis

    async def start(self, speed: float = 1.0) -> Place:
        self.apis = await self.plane.start()
        place = (names.REGION, names.ACCOUNT)
        self.apis.register(Route53Api(self.plane.documents, Clock(speed), self.apis, place))
        own = AcmApi(self.plane.documents, Clock(speed), place)
        self.apis.register(own)
        own.resume()
        return self

    async def restart(self, speed: float = 1.0) -> None:
        self.plane.stop()
        await self.start(speed)

    async def call(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("acm", operation, params)

    async def told(self, arn: str) -> dict[str, Any]:
        return (await self.call("DescribeCertificate", CertificateArn=arn))["Certificate"]

    async def request(self, name: str = "a.test", **params: Any) -> str:
        wanted = {"DomainName": name, "ValidationMethod": "DNS", "KeyAlgorithm": "EC_prime256v1", **params}
        return str((await self.call("RequestCertificate", **wanted))["CertificateArn"])

    async def zone(self, name: str, **params: Any) -> str:
        wanted = {"Name": name, "CallerReference": f"{name}{len(params)}", **params}
        return str((await self.apis.call("route53", "CreateHostedZone", wanted))["HostedZone"]["Id"])

    async def put(self, zone: str, name: str, value: str) -> None:
        values = [{"Value": value}]
        cname = {"Name": name, "Type": "CNAME", "TTL": 60, "ResourceRecords": values}
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": cname}]}
        await self.apis.call("route53", "ChangeResourceRecordSets", {"HostedZoneId": zone, "ChangeBatch": batch})

    async def records(self, arn: str) -> list[tuple[str, str]]:
        options = (await self.told(arn))["DomainValidationOptions"]
        return [(one["ResourceRecord"]["Name"], one["ResourceRecord"]["Value"]) for one in options]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await Place(Plane(tmp_path)).start()
    yield made
    made.plane.stop()


async def test_every_member_of_a_request_is_told_again(place: Place) -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]
    arn = await place.request(
        "A.test", SubjectAlternativeNames=["*.a.test", "a.test"], IdempotencyToken="t", Tags=tags,
        KeyAlgorithm="EC_secp384r1",
        Options={"CertificateTransparencyLoggingPreference": "DISABLED", "Export": "DISABLED"},
    )  # fmt: skip
    await place.restart()
    told = await place.told(arn)
    assert (told["DomainName"], told["SubjectAlternativeNames"]) == ("a.test", ["a.test", "*.a.test"])
    assert (told["Status"], told["Type"], told["KeyAlgorithm"]) == (
        "PENDING_VALIDATION",
        "AMAZON_ISSUED",
        "EC_secp384r1",
    )
    assert told["Options"] == {"CertificateTransparencyLoggingPreference": "DISABLED", "Export": "DISABLED"}
    assert [one["ValidationMethod"] for one in told["DomainValidationOptions"]] == ["DNS", "DNS"]
    assert len({*await place.records(arn)}) == 1, "a wildcard has its domain's CNAME"
    assert (await place.call("ListTagsForCertificate", CertificateArn=arn))["Tags"] == tags
    again = {"SubjectAlternativeNames": ["*.a.test"], "IdempotencyToken": "t"}
    assert await place.request("a.test", **again) == arn
    assert await place.request("b.test", **again) != arn
    changed = {"CertificateTransparencyLoggingPreference": "ENABLED"}
    await place.call("UpdateCertificateOptions", CertificateArn=arn, Options=changed)
    assert (await place.told(arn))["Options"]["CertificateTransparencyLoggingPreference"] == "ENABLED"


async def test_a_certificate_is_issued_when_the_cname_of_each_domain_is_in_a_public_zone(place: Place) -> None:
    arn = await place.request("a.test", SubjectAlternativeNames=["www.a.test"])
    (first, value), (second, other) = await place.records(arn)
    zone = await place.zone("a.test")
    await place.put(zone, first, "wrong.acm-validations.aws.")
    await place.put(zone, second, other)
    told = await place.told(arn)
    assert told["Status"] == "PENDING_VALIDATION"
    assert [one["ValidationStatus"] for one in told["DomainValidationOptions"]] == ["PENDING_VALIDATION", "SUCCESS"]
    with pytest.raises(AwsError, match="RequestInProgressException"):
        await place.call("GetCertificate", CertificateArn=arn)
    await place.put(zone, first, value.upper())
    told = await place.told(arn)
    assert told["Status"] == "ISSUED"
    assert told["IssuedAt"] >= told["CreatedAt"]
    await place.restart()
    got = await place.call("GetCertificate", CertificateArn=arn)
    leaf, issuer = (x509.load_pem_x509_certificate(got[part].encode()) for part in ("Certificate", "CertificateChain"))
    leaf.verify_directly_issued_by(issuer)
    alternative = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert alternative.get_values_for_type(x509.DNSName) == ["a.test", "www.a.test"]
    assert told["NotAfter"] == leaf.not_valid_after_utc
    found = place.plane.documents.table(CERTIFICATE).get(arn)
    assert found is not None
    file = place.plane.path / "served.pem"
    file.write_bytes(found.pem)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(file)


async def test_a_record_that_is_there_already_validates_a_request_at_once(place: Place) -> None:
    first = await place.request()
    ((name, value),) = await place.records(first)
    await place.put(await place.zone("a.test"), name, value)
    second = await place.request(SubjectAlternativeNames=["*.a.test"])
    assert (await place.told(second))["Status"] == "ISSUED"


async def test_neither_a_private_zone_nor_one_that_does_not_answer_validates(place: Place) -> None:
    arn = await place.request("www.a.test")
    ((name, value),) = await place.records(arn)
    vpc = (await place.apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    await place.put(await place.zone("a.test", VPC={"VPCRegion": names.REGION, "VPCId": vpc}), name, value)
    closer = await place.zone("www.a.test")
    await place.put(await place.zone("a.test"), name, value)
    assert (await place.told(arn))["Status"] == "PENDING_VALIDATION", "the zone with the longer name answers"
    await place.apis.call("route53", "DeleteHostedZone", {"Id": closer})
    assert (await place.told(arn))["Status"] == "ISSUED"


async def test_three_days_without_a_record_time_out(place: Place) -> None:
    arn = await place.request()
    records = await place.records(arn)
    await place.restart(speed=1e9)
    told = await place.told(arn)
    assert told["Status"] == "VALIDATION_TIMED_OUT"
    assert [one["ValidationStatus"] for one in told["DomainValidationOptions"]] == ["FAILED"]
    await place.put(await place.zone("a.test"), *records[0])
    assert (await place.told(arn))["Status"] == "VALIDATION_TIMED_OUT"


async def test_what_was_imported_is_told_without_its_key_and_replaced(place: Place) -> None:
    issuer = Made("ca.test")
    one, two = Made("a.test", issuer=issuer), Made("a.test")
    given = {"Certificate": one.pem, "PrivateKey": one.key, "CertificateChain": issuer.pem}
    arn = (await place.call("ImportCertificate", **given, Tags=[{"Key": "a", "Value": "1"}]))["CertificateArn"]
    await place.restart()
    told = await place.told(arn)
    assert (told["Status"], told["Type"], told["DomainName"]) == ("ISSUED", "IMPORTED", "a.test")
    assert (told["Issuer"], told["Subject"], told["KeyAlgorithm"]) == ("ca.test", "CN=a.test", "EC_prime256v1")
    assert told["SignatureAlgorithm"] == "SHA256WITHECDSA"
    assert told["Serial"].replace(":", "").lstrip("0") == f"{one.found.serial_number:x}"
    assert (told["NotBefore"], told["NotAfter"]) == (one.found.not_valid_before_utc, one.found.not_valid_after_utc)
    got = await place.call("GetCertificate", CertificateArn=arn)
    assert got == {"Certificate": one.pem.decode(), "CertificateChain": issuer.pem.decode()}
    assert "PRIVATE" not in str((told, got))
    assert (await place.call("ListTagsForResource", ResourceArn=arn))["Tags"] == [{"Key": "a", "Value": "1"}]
    again = {"CertificateArn": arn, "Certificate": two.pem, "PrivateKey": two.key}
    assert (await place.call("ImportCertificate", **again))["CertificateArn"] == arn
    assert (await place.told(arn))["ImportedAt"] > told["ImportedAt"]
    assert await place.call("GetCertificate", CertificateArn=arn) == {"Certificate": two.pem.decode()}
    found = place.plane.documents.table(CERTIFICATE).get(arn)
    assert found is not None
    kept = serialization.load_pem_private_key(found.key.encode(), None)
    assert kept.public_key() == two.private.public_key()


async def test_tags_are_added_replaced_and_taken_away_by_either_name(place: Place) -> None:
    arn = await place.request()
    await place.call("AddTagsToCertificate", CertificateArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    await place.call("TagResource", ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "c", "Value": "3"}])
    await place.call("RemoveTagsFromCertificate", CertificateArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    await place.call("UntagResource", ResourceArn=arn, TagKeys=["c"])
    assert (await place.call("ListTagsForCertificate", CertificateArn=arn))["Tags"] == [{"Key": "a", "Value": "2"}]


async def test_only_the_region_s_own_services_set_tags_of_aws_s(place: Place) -> None:
    arn = await place.request(Tags=[{"Key": "aws:cloudformation:stack-name", "Value": "s"}])
    own = Call("acm", "AddTagsToCertificate", names.REGION, names.ACCOUNT, access_key="AKIAIOSFODNN7EXAMPLE")
    with pytest.raises(AwsError, match="InvalidTagException"):
        await place.apis.handle(own, {"CertificateArn": arn, "Tags": [{"Key": "aws:a", "Value": "s"}]})


async def test_lists_are_filtered_and_paged_and_leave_out_other_keys_unless_asked(place: Place) -> None:
    made = Made()
    given = {"Certificate": made.pem, "PrivateKey": made.key}
    imported = (await place.call("ImportCertificate", **given))["CertificateArn"]
    requested = [await place.request(f"{name}.test", KeyAlgorithm="RSA_2048") for name in "bc"]

    async def listed(**params: Any) -> list[str]:
        found = (await place.call("ListCertificates", **params))["CertificateSummaryList"]
        return [one["CertificateArn"] for one in found]

    assert await listed() == requested
    every = {"Includes": {"keyTypes": ["RSA_2048", "EC_prime256v1"]}}
    assert await listed(**every) == [imported, *requested]
    assert await listed(CertificateStatuses=["ISSUED"], **every) == [imported]
    assert await listed(CertificateKeyPairOrigins=["AWS_MANAGED"], **every) == requested
    assert await listed(SortBy="CREATED_AT", SortOrder="DESCENDING") == requested[::-1]
    page = await place.call("ListCertificates", MaxItems=1)
    assert await listed(NextToken=page["NextToken"]) == requested[1:]
    await place.call("DeleteCertificate", CertificateArn=requested[0])
    assert await listed() == requested[1:]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"ValidationMethod": "EMAIL"}, r"ValidationMethod \('EMAIL'\)"), ({"ManagedBy": "CLOUDFRONT"}, "ManagedBy"),
        ({"Options": {"Export": "ENABLED"}}, "Options.Export"), ({"ValidationMethod": None}, "by e-mail"),
    ],
)  # fmt: skip
async def test_what_is_not_here_is_refused_by_name(place: Place, params: dict[str, Any], said: str) -> None:
    wanted = {"DomainName": "a.test", "ValidationMethod": "DNS", **params}
    with pytest.raises(AwsError, match=said):
        await place.call("RequestCertificate", **{key: value for key, value in wanted.items() if value is not None})
