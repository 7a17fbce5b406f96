"""Routes to rules, and names to certificates: without a process."""

from __future__ import annotations

from netflux.gateway import frontend, hosts
from netflux.haproxy.section import Route, Section


def test_a_rule_keeps_its_own_condition_behind_the_hosts() -> None:
    assert frontend.guarded("use_backend a if { path /x }", "host") == "use_backend a if host { path /x }"
    assert frontend.guarded("use_backend a", "host") == "use_backend a if host"


def test_each_route_stands_in_the_frontend_of_its_scheme_under_its_owners_name() -> None:
    listening = frontend.Listening("127.0.0.1", 4566, "/r/tls", "/r/cp", "/c.pem")
    routes = Route("a.test", "http", ("use_backend x",)), Route("b.test", "", ("use_backend y",))
    sections = [Section("one", "", routes)]
    owned = [chunk.text for chunk in frontend.chunks(listening, sections) if chunk.owner == "one"]
    assert len(owned) == 2
    assert "use_backend x if host_one_0" in owned[0]
    assert "use_backend y if host_one_1" in owned[0]
    assert "use_backend x" not in owned[1]
    assert "b.test" in owned[1]


def test_a_local_name_has_awss_form_beside_it() -> None:
    here, aws = hosts.forms("X-1.us-east-1.elb.localhost")
    assert (here, aws) == ("x-1.us-east-1.elb.localhost", "x-1.us-east-1.elb.amazonaws.com")
    assert hosts.forms("d1.cloudfront.localhost")[1] == "d1.cloudfront.net"
    assert hosts.forms("b.s3.us-east-1.localhost")[1] == "b.s3.us-east-1.amazonaws.com"
    assert hosts.forms("shop.test") == ("shop.test",)


def test_a_wildcard_stands_for_one_label() -> None:
    names = ["*.cloudfront.localhost", "localhost"]
    assert hosts.uncovered(["d1.cloudfront.localhost", "localhost"], names) == []
    other = ["a.d1.cloudfront.localhost", "x.localhost"]
    assert hosts.uncovered(other, names) == other
