"""Hosted zones through the API."""

from __future__ import annotations

from typing import Any

import pytest

from netflux import names
from netflux.controlplane.call import Call
from netflux.errors import AwsError
from tests.aws.route53.conftest import Place


async def test_every_member_of_a_public_zone_is_told_again(place: Place) -> None:
    made = await place.call(
        "CreateHostedZone",
        Name="Example.com",
        CallerReference="r",
        HostedZoneConfig={"Comment": "c", "PrivateZone": False},
    )
    zone = made["HostedZone"]
    assert zone == {
        "Id": zone["Id"], "Name": "example.com.", "CallerReference": "r", "ResourceRecordSetCount": 2,
        "Config": {"Comment": "c", "PrivateZone": False},
    }  # fmt: skip
    assert made["Location"].endswith(zone["Id"])
    servers = made["DelegationSet"]["NameServers"]
    assert [one.rpartition(".")[2] for one in servers] == ["com", "net", "org", "uk"]
    assert len({*servers}) == 4
    await place.restart()
    told = await place.call("GetHostedZone", Id=zone["Id"])
    assert told == {"HostedZone": zone, "DelegationSet": {"NameServers": servers}}


async def test_every_member_of_a_private_zone_is_told_again(place: Place) -> None:
    vpc, more = await place.vpc(), await place.vpc()
    made = await place.call("CreateHostedZone", Name="corp", CallerReference="r", VPC=vpc)
    zone = made["HostedZone"]["Id"]
    assert made["HostedZone"]["Config"] == {"PrivateZone": True}
    assert made["VPC"] == vpc
    await place.call("AssociateVPCWithHostedZone", HostedZoneId=zone, VPC=more, Comment="more")
    assert (await place.call("GetHostedZone", Id=zone))["VPCs"] == [vpc, more]
    listed = await place.call("ListHostedZonesByVPC", **more)
    assert listed["HostedZoneSummaries"] == [
        {"HostedZoneId": zone.rpartition("/")[2], "Name": "corp.", "Owner": {"OwningAccount": names.ACCOUNT}}
    ]
    await place.call("DisassociateVPCFromHostedZone", HostedZoneId=zone, VPC=vpc)
    assert (await place.call("GetHostedZone", Id=zone))["VPCs"] == [more]
    assert (await place.call("ListHostedZonesByVPC", **vpc))["HostedZoneSummaries"] == []


async def test_comments_and_tags_are_replaced_and_taken_away(place: Place) -> None:
    zone = await place.zone()
    assert (await place.call("UpdateHostedZoneComment", Id=zone, Comment="new"))["HostedZone"]["Config"][
        "Comment"
    ] == "new"
    assert "Comment" not in (await place.call("UpdateHostedZoneComment", Id=zone))["HostedZone"]["Config"]
    about = {"ResourceType": "hostedzone", "ResourceId": zone}
    await place.call("ChangeTagsForResource", **about, AddTags=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    await place.call("ChangeTagsForResource", **about, AddTags=[{"Key": "a", "Value": "2"}], RemoveTagKeys=["b"])
    told = await place.call("ListTagsForResource", **about)
    assert told["ResourceTagSet"] == {**about, "Tags": [{"Key": "a", "Value": "2"}]}
    listed = await place.call("ListTagsForResources", ResourceType="hostedzone", ResourceIds=[zone])
    assert listed["ResourceTagSets"] == [told["ResourceTagSet"]]


async def test_clients_don_t_set_tags_of_aws_s(place: Place) -> None:
    about = {"ResourceType": "hostedzone", "ResourceId": await place.zone()}
    own = Call("route53", "ChangeTagsForResource", names.REGION, names.ACCOUNT, access_key="AKIAIOSFODNN7EXAMPLE")
    with pytest.raises(AwsError, match="InvalidInput"):
        await place.apis.handle(own, {**about, "AddTags": [{"Key": "aws:a", "Value": "s"}]})


async def test_zones_are_listed_page_by_page_and_by_name(place: Place) -> None:
    made = [await place.zone(name) for name in ("b.com", "a.org", "a.b.com", "a.com")]
    made.append(await place.zone("b.com", CallerReference="again"))
    seen: list[str] = []
    told: dict[str, Any] = {"IsTruncated": True}
    while told["IsTruncated"]:
        start = {"Marker": told["NextMarker"]} if "NextMarker" in told else {}
        told = await place.call("ListHostedZones", MaxItems="2", **start)
        seen += [one["Id"].rpartition("/")[2] for one in told["HostedZones"]]
    assert seen == made
    first = await place.call("ListHostedZonesByName", MaxItems="2")
    assert [one["Name"] for one in first["HostedZones"]] == ["a.com.", "b.com."]
    rest = await place.call(
        "ListHostedZonesByName", DNSName=first["NextDNSName"], HostedZoneId=first["NextHostedZoneId"]
    )
    assert [one["Name"] for one in rest["HostedZones"]] == ["b.com.", "a.b.com.", "a.org."]
    assert {one["Id"] for one in (*first["HostedZones"], *rest["HostedZones"])} == {
        f"/hostedzone/{one}" for one in made
    }
    assert (await place.call("GetHostedZoneCount"))["HostedZoneCount"] == len(made)


async def test_a_private_zone_is_listed_by_its_type_and_limits_are_counted(place: Place) -> None:
    await place.zone()
    private = await place.zone("corp", VPC=await place.vpc())
    listed = (await place.call("ListHostedZones", HostedZoneType="PrivateHostedZone"))["HostedZones"]
    assert [one["Id"] for one in listed] == [f"/hostedzone/{private}"]
    limit = await place.call("GetHostedZoneLimit", HostedZoneId=private, Type="MAX_VPCS_ASSOCIATED_BY_ZONE")
    assert limit == {"Limit": {"Type": "MAX_VPCS_ASSOCIATED_BY_ZONE", "Value": 300}, "Count": 1}
    own = await place.call("GetAccountLimit", Type="MAX_HOSTED_ZONES_BY_OWNER")
    assert own == {"Limit": {"Type": "MAX_HOSTED_ZONES_BY_OWNER", "Value": 500}, "Count": 2}


async def test_an_account_has_at_most_500_zones(place: Place) -> None:
    from dataclasses import replace

    from netflux.resources.route53.hostedzone import HOSTED_ZONE

    table = place.plane.documents.table(HOSTED_ZONE)
    first = table.get(await place.zone())
    assert first is not None
    with place.plane.documents.transaction():
        for number in range(499):
            table.put(replace(first, id=f"Z{number}", caller_reference=str(number)))
    with pytest.raises(AwsError, match="TooManyHostedZones"):
        await place.zone("one.more")
