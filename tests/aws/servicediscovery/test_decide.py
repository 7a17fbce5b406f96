"""Which instances are found, and which records stand for them."""

import pytest

from netflux.aws.servicediscovery.decide import Place, check_attributes, discovered, records
from netflux.errors import AwsError
from netflux.resources.servicediscovery import Dns, DnsRecord, Instance, Service


def service(*records: tuple[str, int], checked: bool = False, routing: str = "MULTIVALUE") -> Service:
    dns = Dns(routing, tuple(DnsRecord(*record) for record in records)) if records else None
    return Service("srv-1", "arn", "api", "ns-1", "DNS_HTTP", "", dns=dns, checked=checked)


def instance(name: str, health: str = "HEALTHY", **attributes: str) -> Instance:
    return Instance(name, "srv-1", {"AWS_INSTANCE_IPV4": f"10.0.0.{name}", **attributes}, health)


CORP = Place("Z1", "corp", "srv-1")
BOTH = [instance("1"), instance("2", "UNHEALTHY")]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("HEALTHY", "1"), ("UNHEALTHY", "2"), ("ALL", "12"), ("HEALTHY_OR_ELSE_ALL", "1"), (None, "1")],
)
def test_health_chooses_where_it_is_checked(wanted: str | None, found: str) -> None:
    request = {} if wanted is None else {"HealthStatus": wanted}
    assert [one.id for one in discovered(service(checked=True), BOTH, request)] == [*found]
    assert [one.id for one in discovered(service(), BOTH, request)] == ["1", "2"]


def test_when_none_is_healthy_failing_open_gives_all() -> None:
    ill = [instance("1", "UNHEALTHY"), instance("2", "UNHEALTHY")]
    assert len(discovered(service(checked=True), ill, {"HealthStatus": "HEALTHY_OR_ELSE_ALL"})) == 2
    assert discovered(service(checked=True), ill, {"HealthStatus": "HEALTHY"}) == []


def test_query_parameters_must_match_and_optional_ones_are_dropped_when_none_does() -> None:
    some = [instance("1", version="a"), instance("2", version="a", zone="b"), instance("3", version="c")]
    for request, found in (
        ({"QueryParameters": {"version": "a"}}, "12"),
        ({"QueryParameters": {"version": "a"}, "OptionalParameters": {"zone": "b"}}, "2"),
        ({"QueryParameters": {"version": "a"}, "OptionalParameters": {"zone": "z"}}, "12"),
        ({"QueryParameters": {"version": "z"}}, ""),
    ):
        assert [one.id for one in discovered(service(), some, request)] == [*found]


def test_each_healthy_instance_has_an_address_record() -> None:
    found = records(CORP, service(("A", 10), checked=True), BOTH)
    assert [(one.name, one.type, one.ttl, one.values) for one in found] == [("api.corp.", "A", 10, ("10.0.0.1",))]
    assert found[0].multivalue
    assert len(records(CORP, service(("A", 10)), BOTH)) == 2


def test_with_weighted_routing_all_answer_when_none_is_healthy_with_multivalue_none_does() -> None:
    ill = [instance("1", "UNHEALTHY")]
    assert records(CORP, service(("A", 10), checked=True), ill) == []
    assert len(records(CORP, service(("A", 10), checked=True, routing="WEIGHTED"), ill)) == 1


def test_a_service_record_leads_to_the_instances_own_name() -> None:
    found = records(CORP, service(("SRV", 20)), [instance("1", AWS_INSTANCE_PORT="8080")])
    assert [(one.name, one.type, one.values) for one in found] == [
        ("api.corp.", "SRV", ("1 1 8080 1.api.corp.",)), ("1.api.corp.", "A", ("10.0.0.1",)),
    ]  # fmt: skip


def test_an_instance_may_be_a_load_balancer_or_another_name() -> None:
    alias = Instance("1", "srv-1", {"AWS_ALIAS_DNS_NAME": "dualstack.Shop.elb.localhost"}, "HEALTHY")
    led = records(CORP, service(("A", 60), routing="WEIGHTED"), [alias])[0].alias
    assert led is not None
    assert (led.zone, led.name) == ("Z35SXDOTRQ7X7K", "dualstack.shop.elb.localhost.")
    other = Instance("1", "srv-1", {"AWS_INSTANCE_CNAME": "example.com"}, "HEALTHY")
    assert records(CORP, service(("CNAME", 60), routing="WEIGHTED"), [other])[0].values == ("example.com.",)


@pytest.mark.parametrize(
    ("of", "attributes", "text"),
    [
        (service(("A", 1)), {}, "AWS_INSTANCE_IPV4"), (service(("AAAA", 1)), {}, "AWS_INSTANCE_IPV6"),
        (service(("SRV", 1)), {"AWS_INSTANCE_IPV4": "10.0.0.1"}, "AWS_INSTANCE_PORT"),
        (service(("SRV", 1)), {"AWS_INSTANCE_PORT": "1"}, "AWS_INSTANCE_IPV4"),
        (service(), {"AWS_INIT_HEALTH_STATUS": "ILL"}, "AWS_INIT_HEALTH_STATUS is HEALTHY or UNHEALTHY"),
        (service(), {f"k{n}": "v" for n in range(31)}, "at most 30"),
        (service(("A", 1)), {"AWS_ALIAS_DNS_NAME": "x"}, "routing policy WEIGHTED"),
    ],
)  # fmt: skip
def test_attributes_must_carry_what_the_records_need(of: Service, attributes: dict, text: str) -> None:
    with pytest.raises(AwsError, match=text):
        check_attributes(of, attributes)
