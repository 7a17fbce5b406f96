"""Record sets through the API."""

from __future__ import annotations

from typing import Any

import pytest

from netflux.aws.route53.api import Route53Api
from netflux.controlplane.operation import declaration
from netflux.errors import AwsError
from tests.aws.route53.conftest import Place


def _set(name: str, *values: str, kind: str = "A", **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": one} for one in values], **more}


async def test_every_member_that_is_sent_is_told_again(place: Place) -> None:
    zone = await place.zone()
    alias = {"HostedZoneId": zone, "DNSName": "www.example.com.", "EvaluateTargetHealth": True}
    sent = [
        _set("www.example.com.", "192.0.2.1", "192.0.2.2"),
        {"Name": "go.example.com.", "Type": "A", "AliasTarget": alias},
        _set("m.example.com.", "192.0.2.3", SetIdentifier="one", MultiValueAnswer=True),
        _set("w.example.com.", "192.0.2.4", SetIdentifier="one", Weight=0),
    ]
    told = await place.change(zone, *[("CREATE", one) for one in sent], Comment="all of them")
    members = {name for one in sent for name in one}
    declared = declaration(Route53Api.change_resource_record_sets)
    assert declared is not None
    assert members == {*declared.carries["ChangeBatch"]["Changes"]["ResourceRecordSet"]}
    assert {*await _told(place, zone)} == {*map(_text, sent)}
    assert told["ChangeInfo"]["Comment"] == "all of them"
    await place.restart()
    assert {*await _told(place, zone)} == {*map(_text, sent)}


async def _told(place: Place, zone: str) -> list[str]:
    return [_text(one) for one in await place.sets(zone)]


def _text(one: dict[str, Any]) -> str:
    return str(sorted(one.items()))


async def test_a_change_is_pending_until_it_is_on_disk(place: Place) -> None:
    zone = await place.zone()
    told = (await place.change(zone, ("CREATE", _set("a.example.com", "192.0.2.1"))))["ChangeInfo"]
    assert told["Status"] == "PENDING"
    await place.restart()
    assert (await place.call("GetChange", Id=told["Id"]))["ChangeInfo"] == {**told, "Status": "INSYNC"}


async def test_an_upsert_replaces_and_a_delete_takes_values_in_any_order(place: Place) -> None:
    zone = await place.zone()
    await place.change(zone, ("UPSERT", _set("a.example.com", "192.0.2.1")))
    await place.change(zone, ("UPSERT", _set("A.example.com.", "192.0.2.2", "192.0.2.3")))
    (found,) = await place.sets(zone)
    assert [one["Value"] for one in found["ResourceRecords"]] == ["192.0.2.2", "192.0.2.3"]
    await place.change(zone, ("DELETE", _set("a.example.com", "192.0.2.3", "192.0.2.2")))
    assert await place.sets(zone) == []


async def test_a_name_changes_its_type_in_one_batch_and_a_batch_is_whole_or_absent(place: Place) -> None:
    zone = await place.zone()
    await place.change(zone, ("CREATE", _set("a.example.com", "b.example.com", kind="CNAME")))
    taken = ("DELETE", _set("a.example.com", "b.example.com", kind="CNAME"))
    await place.change(zone, taken, ("CREATE", _set("a.example.com", "192.0.2.1")))
    before = await place.sets(zone)
    assert [one["Type"] for one in before] == ["A"]
    with pytest.raises(AwsError, match="it was not found"):
        await place.change(zone, ("CREATE", _set("c.example.com", "192.0.2.1")), taken)
    assert await place.sets(zone) == before


async def test_a_zone_keeps_its_own_ns_and_soa_which_may_be_changed(place: Place) -> None:
    zone = await place.zone()
    listed = (await place.call("ListResourceRecordSets", HostedZoneId=zone))["ResourceRecordSets"]
    assert [(one["Type"], one["TTL"], len(one["ResourceRecords"])) for one in listed] == [
        ("NS", 172_800, 4), ("SOA", 900, 1),
    ]  # fmt: skip
    for one, said in zip(listed, ("at least one NS record", "exactly one SOA record"), strict=True):
        with pytest.raises(AwsError, match=said):
            await place.change(zone, ("DELETE", one))
        await place.change(zone, ("UPSERT", {**one, "TTL": 300}))
    await place.call("DeleteHostedZone", Id=zone)


async def test_names_are_told_in_lower_case_with_octal_codes(place: Place) -> None:
    zone = await place.zone()
    names = (
        "*.API.example.com", "\\052.web.example.com", "a@b.example.com", "_srv._tcp.example.com", "a\\ b.example.com",
        "\u00e4.example.com",
    )  # fmt: skip
    for written in names:
        await place.change(zone, ("CREATE", _set(written, "192.0.2.1")))
    assert {one["Name"] for one in await place.sets(zone)} == {
        "a\\100b.example.com.", "_srv._tcp.example.com.", "\\052.api.example.com.", "\\052.web.example.com.",
        "a\\040b.example.com.", "\\303\\244.example.com.",
    }  # fmt: skip


async def test_lists_are_in_the_order_of_reversed_labels_page_by_page(place: Place) -> None:
    zone = await place.zone()
    names = ["b.example.com", "a.b.example.com", "z.a.example.com", "c.example.com", "example.com"]
    for name in names:
        await place.change(zone, ("CREATE", _set(name, '"x"', kind="TXT")), ("CREATE", _set(name, "192.0.2.1")))
    for identifier in ("two", "one"):
        own = _set("w.example.com", "192.0.2.1", SetIdentifier=identifier, Weight=1)
        await place.change(zone, ("CREATE", own))
    told, seen, start = {"IsTruncated": True}, [], {}
    while told["IsTruncated"]:
        told = await place.call("ListResourceRecordSets", HostedZoneId=zone, MaxItems="2", **start)
        seen += told["ResourceRecordSets"]
        start = {key.replace("Next", "Start"): told[key] for key in told if key.startswith("Next")}
    assert [(one["Name"], one["Type"], one.get("SetIdentifier", "")) for one in seen] == [
        ("example.com.", "A", ""), ("example.com.", "NS", ""), ("example.com.", "SOA", ""), ("example.com.", "TXT", ""),
        ("z.a.example.com.", "A", ""), ("z.a.example.com.", "TXT", ""),
        ("b.example.com.", "A", ""), ("b.example.com.", "TXT", ""),
        ("a.b.example.com.", "A", ""), ("a.b.example.com.", "TXT", ""),
        ("c.example.com.", "A", ""), ("c.example.com.", "TXT", ""),
        ("w.example.com.", "A", "one"), ("w.example.com.", "A", "two"),
    ]  # fmt: skip
    begun = await place.sets(zone, StartRecordName="b.example.com", StartRecordType="TXT")
    assert (begun[0]["Name"], begun[0]["Type"]) == ("b.example.com.", "TXT")


@pytest.mark.parametrize(
    "member", ["Region", "Failover", "HealthCheckId", "GeoLocation", "TrafficPolicyInstanceId"]
)  # fmt: skip
async def test_what_is_not_decided_here_is_refused_by_name(place: Place, member: str) -> None:
    zone = await place.zone()
    value: dict[str, Any] = {
        "Region": "us-east-1", "Failover": "PRIMARY", "HealthCheckId": "h", "GeoLocation": {"CountryCode": "DE"},
        "TrafficPolicyInstanceId": "t",
    }  # fmt: skip
    with pytest.raises(AwsError, match=rf"the parameter ChangeBatch\.Changes\.ResourceRecordSet\.{member}"):
        await place.change(
            zone, ("CREATE", _set("a.example.com", "1.1.1.1", SetIdentifier="a", **{member: value[member]}))
        )
