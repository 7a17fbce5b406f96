"""What the resolver answers, decided without a packet."""

import ipaddress
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.network.endpoints import HostName
from netflux.network.zone import RecordSet, Routing, Zone
from netflux.resolver.decide import NEGATIVE_TTL, Answer, Code, Question, Surroundings, View, answer
from netflux.resolver.resolver import _draw

ALB = "shop-1.us-east-1.elb.localhost"
DATABASE = "movies.c1.us-east-1.rds.localhost"
NAMES = {ALB: HostName(("10.0.1.9", "10.0.2.9"), 60), DATABASE: HostName(("10.0.3.7",), 5)}
AROUND = Surroundings(NAMES, lambda address: address == "10.0.3.17")


def zone(*records: RecordSet, name: str = "corp.internal") -> Zone:
    return Zone(name, records, 15)


def a(name: str, *values: str, **more: object) -> RecordSet:
    return RecordSet(name, "A", 30, values, **more)  # type: ignore[arg-type]


def view(*zones: Zone, support: bool = True, hostnames: bool = True) -> View:
    return View(support, hostnames, ("10.0.0.0/16",), "ec2.internal", zones)


def ask(name: str, kind: str = "A", *zones: Zone, seen: View | None = None) -> Answer:
    found = answer(seen or view(*zones), Question(name, kind), AROUND)
    assert found is not None
    return found


def values(found: Answer) -> list[str]:
    return [value for record in found.records for value in record.values]


def test_a_load_balancer_resolves_to_all_its_nodes_for_a_minute() -> None:
    found = ask(ALB)
    assert (values(found), found.records[0].ttl) == (["10.0.1.9", "10.0.2.9"], 60)


def test_a_database_resolves_for_five_seconds() -> None:
    found = ask(DATABASE)
    assert (values(found), found.records[0].ttl) == (["10.0.3.7"], 5)


def test_amazons_own_forms_resolve_under_the_name_that_was_asked_for() -> None:
    found = ask("shop-1.us-east-1.elb.amazonaws.com")
    assert values(found) == ["10.0.1.9", "10.0.2.9"]
    assert found.records[0].name == "shop-1.us-east-1.elb.amazonaws.com"


def test_a_name_without_addresses_of_the_type_is_there_all_the_same() -> None:
    found = ask(ALB, "AAAA")
    assert (found.code, found.records, found.zone) == (Code.OK, (), "localhost")


def test_a_name_of_this_cloud_that_is_gone_does_not_exist() -> None:
    found = ask("gone.us-east-1.elb.localhost")
    assert (found.code, found.negative_ttl) == (Code.NO_SUCH_NAME, NEGATIVE_TTL)


def test_what_is_outside_is_refused_and_says_why() -> None:
    found = ask("example.com")
    assert found.code is Code.REFUSED
    assert "nothing leads out" in found.reason


@pytest.mark.parametrize("name", ["absent", "api.corp.internal", "printer.local", "x.test"])
def test_what_the_public_dns_has_not_either_does_not_exist(name: str) -> None:
    assert ask(name).code is Code.NO_SUCH_NAME


def test_without_dns_support_nothing_answers() -> None:
    assert answer(view(support=False), Question(ALB, "A"), AROUND) is None


def test_private_zones_and_names_of_addresses_need_dns_hostnames() -> None:
    without = view(zone(a("api.corp.internal", "10.0.3.17")), hostnames=False)
    assert ask("api.corp.internal", seen=without).code is Code.NO_SUCH_NAME
    assert ask("ip-10-0-3-17.ec2.internal", seen=without).code is Code.NO_SUCH_NAME
    assert values(ask(ALB, seen=without)) == ["10.0.1.9", "10.0.2.9"]


def test_addresses_have_names_both_ways_while_an_interface_has_them() -> None:
    assert values(ask("ip-10-0-3-17.ec2.internal")) == ["10.0.3.17"]
    assert values(ask("17.3.0.10.in-addr.arpa", "PTR")) == ["ip-10-0-3-17.ec2.internal."]
    assert ask("ip-10-0-3-18.ec2.internal").code is Code.NO_SUCH_NAME
    assert ask("18.3.0.10.in-addr.arpa", "PTR").code is Code.NO_SUCH_NAME
    assert ask("ip-10-1-3-17.ec2.internal").code is Code.NO_SUCH_NAME
    assert ask("1.1.1.1.in-addr.arpa", "PTR").code is Code.REFUSED


def test_a_private_zone_answers_alone_for_what_is_below_it() -> None:
    own = zone(a("api.corp.internal", "10.0.3.17"))
    assert values(ask("api.corp.internal", "A", own)) == ["10.0.3.17"]
    missing = ask("absent.corp.internal", "A", own)
    assert (missing.code, missing.zone, missing.negative_ttl) == (Code.NO_SUCH_NAME, "corp.internal", 15)
    other = ask("api.corp.internal", "TXT", own)
    assert (other.code, other.records, other.zone) == (Code.OK, (), "corp.internal")
    assert ask(ALB, "A", zone(name="elb.localhost")).code is Code.NO_SUCH_NAME


def test_the_longest_zone_wins() -> None:
    outer = zone(a("api.dev.corp.internal", "10.0.0.1"))
    inner = zone(a("api.dev.corp.internal", "10.0.0.2"), name="dev.corp.internal")
    assert values(ask("api.dev.corp.internal", "A", outer, inner)) == ["10.0.0.2"]


def test_a_wildcard_answers_where_nothing_closer_is() -> None:
    own = zone(a("*.corp.internal", "10.0.0.1"), a("x.deep.corp.internal", "10.0.0.2"))
    found = ask("any.corp.internal", "A", own)
    assert (values(found), found.records[0].name) == (["10.0.0.1"], "any.corp.internal")
    assert values(ask("two.labels.corp.internal", "A", own)) == ["10.0.0.1"]
    assert ask("other.deep.corp.internal", "A", own).code is Code.NO_SUCH_NAME
    assert ask("deep.corp.internal", "A", own) == Answer(Code.OK, zone="corp.internal", negative_ttl=15)


def test_a_cname_is_followed_to_a_load_balancer() -> None:
    own = zone(RecordSet("www.corp.internal", "CNAME", 300, (f"{ALB}.",)))
    found = ask("www.corp.internal", "A", own)
    assert [record.type for record in found.records] == ["CNAME", "A"]
    assert values(found)[1:] == ["10.0.1.9", "10.0.2.9"]
    assert [record.type for record in ask("www.corp.internal", "CNAME", own).records] == ["CNAME"]


def test_a_cname_that_leads_outside_fails_and_shows_the_way() -> None:
    own = zone(RecordSet("www.corp.internal", "CNAME", 300, ("example.com.",)))
    found = ask("www.corp.internal", "A", own)
    assert (found.code, values(found)) == (Code.FAILED, ["example.com."])
    assert "example.com" in found.reason


def test_cnames_in_a_circle_fail() -> None:
    own = zone(
        RecordSet("one.corp.internal", "CNAME", 300, ("two.corp.internal.",)),
        RecordSet("two.corp.internal", "CNAME", 300, ("one.corp.internal.",)),
    )
    assert ask("one.corp.internal", "A", own).code is Code.FAILED


def test_an_alias_gives_the_addresses_under_its_own_name() -> None:
    own = zone(RecordSet("shop.corp.internal", "A", 60, (), alias=ALB))
    found = ask("shop.corp.internal", "A", own)
    assert [(record.name, record.values) for record in found.records] == [
        ("shop.corp.internal", ("10.0.1.9", "10.0.2.9"))
    ]


def test_a_routing_policy_that_is_not_here_fails_by_name() -> None:
    found = ask("api.corp.internal", "A", zone(a("api.corp.internal", "10.0.0.1", routing=Routing.OTHER)))
    assert found.code is Code.FAILED
    assert "routing policy of api.corp.internal" in found.reason


def test_multivalue_gives_up_to_eight_and_weighted_one() -> None:
    many = [a("many.corp.internal", f"10.0.0.{n}", routing=Routing.MULTIVALUE) for n in range(1, 12)]
    heavy = [a("one.corp.internal", f"10.0.1.{n}", routing=Routing.WEIGHTED, weight=n) for n in (0, 1)]
    around = Surroundings(choose=_draw)
    own = view(zone(*many, *heavy))
    seen: Counter[str] = Counter()
    for _ in range(60):
        found = answer(own, Question("many.corp.internal", "A"), around)
        assert found is not None
        assert len(found.records) == 1
        assert len(set(values(found))) == 8
        seen.update(values(found))
        one = answer(own, Question("one.corp.internal", "A"), around)
        assert one is not None
        assert values(one) == ["10.0.1.1"]
    assert len(seen) == 11


LABEL = st.text(string.ascii_lowercase + string.digits + "-*_", min_size=1, max_size=6)
NAME = st.lists(LABEL, min_size=1, max_size=5).map(".".join)


@given(
    name=NAME | st.ip_addresses(v=4).map(lambda ip: ipaddress.ip_address(ip).reverse_pointer),
    kind=st.sampled_from(["A", "AAAA", "PTR", "SRV", "CNAME", "ANY", "TXT"]),
    targets=st.lists(st.tuples(NAME, NAME), max_size=6),
)
@pytest.mark.filterwarnings("error")
def test_whatever_is_asked_gets_one_outcome(name: str, kind: str, targets: list[tuple[str, str]]) -> None:
    records = [RecordSet(f"{one}.corp", "CNAME", 1, (f"{other}.corp.",)) for one, other in targets]
    for asked in (name, f"{name}.corp"):
        found = answer(view(Zone("corp", tuple(records), 15)), Question(asked, kind), AROUND)
        assert found is not None
        assert found.code is not Code.OK or found.records or found.zone
        assert found.code is not Code.REFUSED or found.reason
