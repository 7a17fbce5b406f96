"""What is counted at a hop is what the router counts there."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from netflux.network import ruleset
from netflux.network.decide import verdict
from netflux.network.nftables import Counted
from netflux.network.verdict import Connection, Stage
from netflux.reach.answer import told
from netflux.reach.count import counted
from netflux.reach.dropped import dropped
from tests.network import kept, worlds
from tests.network.test_decide import topology
from tests.reach.test_answer import ALB, IN, SERVICE, answer, question

FILTERS = {Stage.OUTBOUND_GROUP, Stage.INBOUND_GROUP, Stage.ACL_IN, Stage.ACL_OUT}


@settings(max_examples=40, deadline=None)
@given(worlds.worlds())
def test_every_hop_that_filters_has_the_count_of_one_rule_of_its_router(world: dict[str, list[Any]]) -> None:
    drawn = kept.topology(world)
    counts = {
        vpc: {
            (chain, rule.name): Counted(number, number)
            for number, (chain, rule) in enumerate(
                (chain, rule)
                for chain, rules in ruleset.of(drawn, vpc).chains.items()
                for rule in rules
                if rule.counted
            )
        }
        for vpc in drawn.vpcs
    }
    ends = [*drawn.interfaces.values()]
    for source in ends:
        for destination in ends:
            if source == destination:
                continue
            connection = Connection(source, destination, 8080)
            for hop in verdict(drawn, connection).hops:
                found = counted(hop, connection, drawn, counts)
                egress = hop.stage is Stage.ACL_OUT
                silent = hop.stage not in FILTERS or (
                    hop.stage in (Stage.ACL_IN, Stage.ACL_OUT)
                    and ruleset.open_to_all(drawn.acls[hop.place], egress=egress)
                )
                assert (found is None) == silent, hop


def test_the_hop_that_decides_says_what_it_has_dropped_and_a_driver_without_rules_says_nothing() -> None:
    world = topology(IN)
    asked = answer(question(ALB, SERVICE, 22), world, {}, {})
    chain = ruleset.denying(world.interfaces["eni-app"].groups, egress=False)
    found = told(asked, {"vpc": {chain: Counted(1, 60), ("out-sg-web", "sgr-out"): Counted(7, 420)}})
    (denied,) = [hop for hop in found["paths"][0]["hops"] if hop["stage"] == "inbound group"]
    assert denied["counted"] == {"packets": 1, "bytes": 60, "says": "1 packet dropped of interfaces with these groups"}
    assert all(hop["counted"] is None for path in told(asked)["paths"] for hop in path["hops"])


def test_what_groups_drop_is_told_once_for_all_interfaces_that_have_them() -> None:
    def interface(identity: str, *groups: str, **more: str) -> dict[str, Any]:
        names = [{"GroupId": group, "GroupName": group.removeprefix("sg-")} for group in groups]
        return {
            "NetworkInterfaceId": identity,
            "VpcId": "vpc",
            "Groups": names,
            "PrivateIpAddress": identity[4:],
            **more,
        }

    interfaces = [
        interface("eni-1", "sg-a", "sg-b"), interface("eni-2", "sg-b", "sg-a"), interface("eni-3", "sg-a"),
        interface("eni-4", "sg-a", "sg-b", InterfaceType="nat_gateway"),
    ]  # fmt: skip
    counts = {"vpc": {
        ruleset.denying(["sg-a", "sg-b"], egress=False): Counted(3, 180),
        ruleset.denying(["sg-a"], egress=True): Counted(5, 300),
        ruleset.denying(["sg-a"], egress=False): Counted(0, 0),
    }}  # fmt: skip
    first, second = dropped(interfaces, counts)
    assert (first["direction"], first["packets"], first["bytes"]) == ("outbound", 5, 300)
    assert [one["id"] for one in second["interfaces"]] == ["eni-1", "eni-2"]
    assert [one["name"] for one in second["groups"]] == ["a", "b"]
    assert dropped(interfaces, {}) == []
