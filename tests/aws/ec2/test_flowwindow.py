"""Aggregation of what interfaces saw, and how a record is written."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.aws.ec2 import flowformat
from netflux.aws.ec2.flowformat import Place
from netflux.aws.ec2.flowwindow import LogStatus, Record, Window
from netflux.errors import AwsError, Unsupported
from netflux.network.flowbook import Ends, Fate, Flow
from netflux.network.sighting import Seen, Sighting, sightings

A, B = ("eni-a", "subnet-1"), ("eni-b", "subnet-2")
HOLDERS = {"10.0.1.4": A, "10.0.2.4": B}
SYN = Ends("10.0.1.4", "10.0.2.4", 40000, 8080, 6, 2, Fate.PASSED)
PLACE = Place("123456789012", "us-east-1", "vpc-1", "use1-az1")

ends = st.builds(
    Ends,
    source=st.sampled_from(["10.0.1.4", "10.0.2.4", "198.51.100.7"]),
    destination=st.sampled_from(["10.0.1.4", "10.0.2.4", "198.51.100.7"]),
    source_port=st.sampled_from([40000, 40001]),
    destination_port=st.sampled_from([8080, 22]),
    protocol=st.sampled_from([6, 17]),
    flags=st.sampled_from([0, 1, 2, 4, 16, 17, 18]),
    fate=st.sampled_from(Fate),
)
flows = st.builds(
    lambda ends, packets, size, first, longer: Flow(ends, packets, packets * size, first, first + longer),
    ends, st.integers(1, 9), st.integers(40, 1500), st.floats(1000, 1060), st.floats(0, 60),
)  # fmt: skip


def seen(some: list[Flow]) -> Seen:
    return Seen(tuple(sightings(some, HOLDERS)), (A, B))


def records(window: Window, *, accepted: bool = True, rejected: bool = True) -> list[Record]:
    return [*window.records(1060.0, accepted=accepted, rejected=rejected)]


def written(record: Record, *names: str) -> str:
    return flowformat.line(names or flowformat.DEFAULT, record, PLACE)


@given(st.lists(flows, max_size=12), st.integers(0, 12))
def test_packets_and_bytes_are_neither_lost_nor_told_twice_however_they_are_read(some: list[Flow], cut: int) -> None:
    whole, parts = Window(1000.0), Window(1000.0)
    whole.add(seen(some))
    parts.add(seen(some[:cut]))
    parts.add(seen(some[cut:]))
    assert parts.tallies == whole.tallies
    found = [record.flow for record in records(whole) if record.flow is not None]
    told = [*sightings(some, HOLDERS)]
    assert sum(tally.packets for _, tally in found) == sum(one.flow.packets for one in told)
    assert sum(tally.bytes for _, tally in found) == sum(one.flow.bytes for one in told)
    keys = [key for key, _ in found]
    assert len(keys) == len(set(keys))


@given(st.lists(flows, max_size=12))
def test_accepted_and_rejected_are_the_two_parts_of_all_traffic(some: list[Flow]) -> None:
    window = Window(1000.0)
    window.add(seen(some))
    parts = [*records(window, rejected=False), *records(window, accepted=False)]
    key = lambda record: (record.interface, record.start, repr(record.flow))  # noqa: E731
    flowing = [record for record in records(window) if record.flow is not None]
    assert sorted((one for one in parts if one.flow is not None), key=key) == sorted(flowing, key=key)
    for record in records(window):
        assert record.start <= record.end


@given(st.lists(flows, max_size=12))
def test_every_interface_has_a_record_and_says_so_when_there_was_nothing(some: list[Flow]) -> None:
    window = Window(1000.0)
    window.add(seen(some))
    found = records(window)
    assert {record.interface for record in found} == {"eni-a", "eni-b"}
    idle = {record.interface for record in found if record.status is LogStatus.NODATA}
    assert idle == {"eni-a", "eni-b"} - {one.interface for one in seen(some).sightings}


@pytest.mark.parametrize(
    ("fate", "at_source", "at_destination"),
    [
        (Fate.PASSED, [True], [True]),
        (Fate.TURNED, [True], [False]),
        (Fate.KEPT, [False], []),
        (Fate.LOST, [True], []),
    ],
)
def test_a_packet_is_told_of_at_the_ends_that_it_came_to(
    fate: Fate, at_source: list[bool], at_destination: list[bool]
) -> None:
    found = [*sightings([Flow(replace(SYN, fate=fate), 1, 60, 1.0, 1.0)], HOLDERS)]
    assert [one.accepted for one in found if one.interface == "eni-a" and one.egress] == at_source
    assert [one.accepted for one in found if one.interface == "eni-b" and not one.egress] == at_destination
    assert len(found) == len(at_source) + len(at_destination)


def test_the_default_format_is_awss_version_2() -> None:
    window = Window(1000.0)
    flow = Flow(SYN, 1, 60, 1001.2, 1001.2)
    window.add(Seen((Sighting(*A, egress=True, accepted=True, flow=flow),), (A,)))
    window.add(Seen((Sighting(*A, True, True, Flow(replace(SYN, flags=17), 2, 104, 1003.9, 1004.9)),), (A,)))
    (record,) = records(window)
    assert written(record) == "2 123456789012 eni-a 10.0.1.4 10.0.2.4 40000 8080 6 3 164 1001 1004 ACCEPT OK"
    assert written(record, "tcp-flags", "flow-direction", "version", "az-id", "vpc-id", "subnet-id", "instance-id") == (
        "3 egress 5 use1-az1 vpc-1 subnet-1 -"
    )


def test_an_idle_interval_and_one_that_was_too_full_are_told_as_aws_does() -> None:
    window = Window(1000.0)
    window.add(Seen((), (A,)))
    assert [written(one) for one in records(window)] == ["2 123456789012 eni-a - - - - - - - 1000 1060 - NODATA"]
    window.add(Seen((), (A,), full=True))
    assert [written(one) for one in records(window)] == ["2 123456789012 eni-a - - - - - - - 1000 1060 - SKIPDATA"]


def test_ack_is_only_told_beside_syn() -> None:
    for flags, told in ((16, 0), (18, 18), (17, 1), (2, 2), (4, 4)):
        window = Window(1000.0)
        flow = Flow(replace(SYN, flags=flags), 1, 60, 1.0, 1.0)
        window.add(Seen((Sighting(*A, egress=True, accepted=True, flow=flow),), (A,)))
        assert [written(one, "tcp-flags") for one in records(window)] == [str(told)]


@given(st.lists(st.sampled_from(sorted(flowformat.VERSIONS)), min_size=1, max_size=30))
def test_a_custom_format_is_read_as_it_is_written(names: list[str]) -> None:
    assert flowformat.fields(flowformat.written(names)) == tuple(names)
    assert len(written(Record("eni-a", "subnet-1", LogStatus.NODATA, 1, 2), *names).split(" ")) == len(names)


def test_a_field_that_is_not_observed_is_refused_by_its_name() -> None:
    with pytest.raises(Unsupported, match="The field traffic-path of a flow log's LogFormat"):
        flowformat.fields("${version} ${traffic-path}")
    for wrong in ("${version} ${nonsense}", "${version},${action}", "version", "", "${version} "):
        with pytest.raises(AwsError, match="at 'logFormat' has an invalid format"):
            flowformat.fields(wrong)
