"""Which names lead to a load balancer: without a process."""

from __future__ import annotations

from dataclasses import replace

from netflux.aws.elbv2.balancer import hostnames
from netflux.resources.route53 import domain
from netflux.resources.route53.recordset import Alias, RecordSet
from netflux.resources.route53.targets import AliasTargets, led
from tests.aws.elbv2 import bare
from tests.aws.elbv2.place import fixed

HERE = bare.HOST
THERE = "other-2.us-east-1.elb.localhost"


def host_is(*values: str) -> dict:
    return {"Field": "host-header", "HostHeaderConfig": {"Values": list(values)}}


def alias(name: str, target: str) -> RecordSet:
    return RecordSet("Z1", domain.canonical(name), "A", alias=Alias("Z35SXDOTRQ7X7K", domain.canonical(target)))


def cname(name: str, target: str) -> RecordSet:
    return RecordSet("Z1", domain.canonical(name), "CNAME", ttl=60, values=(target,))


def test_records_lead_to_load_balancers_by_alias_and_cname_in_awss_form_too() -> None:
    assert led([
        alias("Shop.test.", f"dualstack.{HERE}."), cname("www.shop.test.", "shop.test"), cname("deep.test.", HERE),
        alias("\\052.api.test.", "other-2.us-east-1.elb.amazonaws.com."), alias("cdn.test.", "d1.cloudfront.net."),
        RecordSet("Z1", "shop.test.", "MX", ttl=1, values=(f"1 {THERE}",)),
        cname("a.loop.test.", "b.loop.test"), cname("b.loop.test.", "a.loop.test"),
    ]) == {
        "shop.test": {HERE}, "www.shop.test": {HERE}, "deep.test": {HERE}, "*.api.test": {THERE},
    }  # fmt: skip


def test_names_come_from_rules_and_certificates_unless_a_record_leads_elsewhere() -> None:
    regex = {"Field": "host-header", "HostHeaderConfig": {"RegexValues": ["^r[.]test$"]}}
    rules = [
        bare.rule(1, [host_is("Api.test", "*.shop.test", "a*.test", "?.test")], fixed()),
        bare.rule(2, [host_is("gone.test", HERE, "x.amazonaws.com", "*")], fixed()),
        bare.rule(3, [regex, {"Field": "host-header", "Values": ["old.test"]}], fixed()),
    ]
    balancer = bare.balancer(bare.listener(*rules, bare.default(fixed())))
    records = {"gone.test": frozenset({THERE}), "led.test": frozenset({HERE}), "both.test": frozenset({HERE, THERE})}
    assert hostnames.reaching(balancer, ["*.cert.test", "gone.test"], records) == (
        "*.cert.test", "*.shop.test", "api.test", "both.test", "led.test", "old.test",
    )  # fmt: skip


def test_dns_knows_no_capitals_and_generated_names_have_some() -> None:
    named = replace(bare.balancer(bare.listener(bare.default(fixed()))), dns_name="Stack-Alb-1.us-east-1.elb.localhost")
    records = led([alias("shop.test.", f"dualstack.{named.dns_name}")])
    assert hostnames.reaching(named, ["shop.test"], records) == ("shop.test",)
    assert AliasTargets(records, records).only(named.dns_name) == ["shop.test"]
