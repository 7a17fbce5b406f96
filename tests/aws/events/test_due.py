"""Which changes of EventBridge's records make something due at another time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from netflux.controlplane.records.table import Change
from netflux.resources.events import BUS, RULE, Bus, Rule, acts

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_bus_is_never_due() -> None:
    bus = Bus("orders", "arn", NOW, NOW)
    for before, after in ((None, bus), (bus, replace(bus, description="more")), (bus, None)):
        assert not acts(Change(BUS.name, "orders", before, after))


def test_a_rule_acts_where_its_schedule_comes_at_another_time() -> None:
    rule = Rule("nightly", "default", "arn", due=NOW)
    assert acts(Change(RULE.name, rule.key, rule, replace(rule, due=NOW + timedelta(days=1))))
    assert not acts(Change(RULE.name, rule.key, rule, replace(rule, description="more")))
