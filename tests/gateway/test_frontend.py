"""Routes to rules, and names to certificates: without a process."""

from __future__ import annotations

from dataclasses import replace

from netflux.gateway import frontend, hosts
from netflux.haproxy.section import Route, Section

LISTENING = frontend.Listening("127.0.0.1", 4566, "/r/tls", "/r/cp", "/c.pem")


def owned(owner: str, *sections: Section) -> list[str]:
    return [chunk.text.strip() for chunk in frontend.chunks(LISTENING, sections) if chunk.owner == owner]


def test_each_route_stands_in_the_frontend_of_its_scheme_under_its_owners_name() -> None:
    routes = Route("a.test", "http", ("use_backend x",)), Route("b.test", "", ("use_backend y",))
    assert owned("one", Section("one", "", routes)) == [
        "http-request set-var(txn.host) int(1) if { req.hdr(host),host_only -m str a.test }",
        "http-request set-var(txn.host) int(2) if { req.hdr(host),host_only -m str b.test }",
        "use_backend x if { var(txn.host) -m int 1 }",
        "use_backend y if { var(txn.host) -m int 2 }",
        "http-request set-var(txn.host) int(1) if { req.hdr(host),host_only -m str b.test }",
        "use_backend y if { var(txn.host) -m int 1 }",
    ]


def test_routes_of_one_host_are_told_apart_by_their_own_conditions() -> None:
    first = Section("one", "", (Route("a.test", "http", ("use_backend x if { path /x }",)),))
    second = Section("two", "", (Route("a.test", "http", ("use_backend y",)),))
    assert owned("two", first, second) == ["use_backend y if { var(txn.host) -m int 1 }"]


def test_paths_are_normalized_once_the_host_is_known_and_for_hosts_that_ask_for_it() -> None:
    routes = [Route(f"{name}.test", "http", ("use_backend x",), normal=name == "b") for name in "abc"]
    plain = frontend.chunks(LISTENING, [Section("one", "", tuple(routes))])
    text = "\n".join(chunk.text for chunk in plain)
    assert text.count("normalize-uri path-strip-dot\n") == 1, "of HTTP only"
    before, _, behind = text.partition("http-request allow if !{ path -m sub % /. }")
    assert "set-var(txn.host) int(3)" in before
    assert "use_backend x" not in before
    assert behind.split("\n")[1].strip() == "http-request allow if !{ var(txn.host) -m int 2 }"
    assert behind.partition("frontend gateway-https")[0].count("use_backend x if") == 3


def test_further_names_lead_to_a_route_and_the_closest_one_counts() -> None:
    first = Section("one", "", (Route("a.test", "http", ("use_backend x",), also=("shop.test", "*.shop.test")),))
    second = Section("two", "", (Route("b.test", "http", ("use_backend y",), also=("api.shop.test", "*.b.shop.test")),))
    lines = [
        chunk.text.strip() for chunk in frontend.chunks(LISTENING, [first, second]) if "set-var(txn.host)" in chunk.text
    ]
    assert [line.partition(" if ")[2] for line in lines[:4]] == [
        "{ req.hdr(host),host_only -m end .shop.test }", "{ req.hdr(host),host_only -m end .b.shop.test }",
        "{ req.hdr(host),host_only -m str a.test shop.test }",
        "{ req.hdr(host),host_only -m str b.test api.shop.test }",
    ]  # fmt: skip


def test_a_name_that_several_owners_would_like_is_nobodys() -> None:
    sections = [
        Section(name, "", (Route(f"{name}.test", "http", ("use_backend x",), also=("shop.test", "a.test")),))
        for name in "ab"
    ]
    text = "\n".join(chunk.text for chunk in frontend.chunks(LISTENING, sections))
    assert "int(1) if { req.hdr(host),host_only -m str a.test }" in text, "its own host"
    assert "int(0) if { req.hdr(host),host_only -m str shop.test }" in text
    assert "use_backend gateway-contested if { var(txn.host) -m int 0 }" in text


def test_a_further_name_is_known_where_its_owner_has_no_route() -> None:
    text = "\n".join(
        chunk.text
        for chunk in frontend.chunks(
            LISTENING, [Section("one", "", (Route("a.test", "http", ("use_backend x",), also=("shop.test",)),))]
        )
    )
    _, _, secure = text.partition("frontend gateway-https")
    assert "int(1) if { req.hdr(host),host_only -m str shop.test }" in secure
    assert "use_backend gateway-no-load-balancer if { var(txn.host) -m int 1 }" in secure


def test_users_certificates_are_for_their_own_names() -> None:
    route = Route("a.test", "https", (), also=("shop.test", "other.test"), certificates=(("/u", ("shop.test", "x")),))
    assert frontend.chosen(frontend.Shown("/c.pem"), [Section("one", "", (route,))]) == (
        "/c.pem !shop.test\n/u [alpn h2,http/1.1] shop.test\n"
    )
    older = Section("one", "", (replace(route, http2=False), replace(route, scheme="http", http2=False)))
    assert frontend.chosen(frontend.Shown("/c.pem"), [older]).splitlines() == [
        "/c.pem !a.test !other.test !shop.test",
        "/c.pem [alpn http/1.1] a.test", "/c.pem [alpn http/1.1] other.test", "/u [alpn http/1.1] shop.test",
    ]  # fmt: skip
    rival = Section("two", "", (Route("b.test", "https", (), also=("shop.test",)),))
    assert frontend.chosen(frontend.Shown("/c.pem"), [Section("one", "", (route,)), rival]) == ""


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
