"""Reusable delegation sets through the API."""

from __future__ import annotations

import pytest

from netflux.errors import AwsError
from tests.aws.route53.conftest import Place


async def test_zones_of_a_set_have_its_name_servers_and_tell_it(place: Place) -> None:
    made = await place.call("CreateReusableDelegationSet", CallerReference="r")
    found = made["DelegationSet"]
    assert made["Location"].endswith(found["Id"])
    assert found["CallerReference"] == "r"
    assert len(found["NameServers"]) == 4
    zones = [await place.zone(name, DelegationSetId=found["Id"]) for name in ("a.com", "b.com")]
    await place.zone("c.com")
    await place.restart()
    for zone in zones:
        told = await place.call("GetHostedZone", Id=zone)
        assert told["DelegationSet"] == found
        records = (await place.call("ListResourceRecordSets", HostedZoneId=zone))["ResourceRecordSets"]
        servers = [one["Value"] for one in records[0]["ResourceRecords"]]
        assert servers == [f"{server}." for server in found["NameServers"]]
    listed = await place.call("ListHostedZones", DelegationSetId=found["Id"])
    assert [one["Name"] for one in listed["HostedZones"]] == ["a.com.", "b.com."]
    kind = "MAX_ZONES_BY_REUSABLE_DELEGATION_SET"
    limit = await place.call("GetReusableDelegationSetLimit", Type=kind, DelegationSetId=found["Id"])
    assert limit == {"Limit": {"Type": kind, "Value": 100}, "Count": 2}


async def test_a_zones_own_servers_become_a_set_that_goes_after_the_zone(place: Place) -> None:
    zone = await place.zone()
    servers = (await place.call("GetHostedZone", Id=zone))["DelegationSet"]["NameServers"]
    made = (await place.call("CreateReusableDelegationSet", CallerReference="r", HostedZoneId=zone))["DelegationSet"]
    assert made["NameServers"] == servers
    assert (await place.call("GetHostedZone", Id=zone))["DelegationSet"] == made
    assert await place.call("GetReusableDelegationSet", Id=made["Id"]) == {"DelegationSet": made}
    await place.call("DeleteHostedZone", Id=zone)
    await place.call("DeleteReusableDelegationSet", Id=made["Id"])
    assert (await place.call("ListReusableDelegationSets"))["DelegationSets"] == []


async def test_sets_are_listed_in_pages(place: Place) -> None:
    made = [
        (await place.call("CreateReusableDelegationSet", CallerReference=str(number)))["DelegationSet"]
        for number in range(5)
    ]
    found, marker = [], {}
    while True:
        told = await place.call("ListReusableDelegationSets", MaxItems="2", **marker)
        found += told["DelegationSets"]
        if not told["IsTruncated"]:
            break
        marker = {"Marker": told["NextMarker"]}
    assert found == made


async def test_no_zone_is_signed(place: Place) -> None:
    told = await place.call("GetDNSSEC", HostedZoneId=await place.zone())
    assert told == {"Status": {"ServeSignature": "NOT_SIGNING"}, "KeySigningKeys": []}


async def test_an_unknown_set_is_named(place: Place) -> None:
    with pytest.raises(AwsError) as caught:
        await place.call("GetReusableDelegationSet", Id="N1")
    assert (caught.value.code, caught.value.message) == ("NoSuchDelegationSet", "N1")
