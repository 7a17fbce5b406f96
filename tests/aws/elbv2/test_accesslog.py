"""Lines of the access log, and HAProxy's counters as metrics, without HAProxy."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.aws.elbv2.accesslog import lines as accesslog
from netflux.aws.elbv2.accesslog.lines import Balancer
from netflux.aws.elbv2.meter import counters
from netflux.aws.elbv2.meter.counters import Owned, Value
from netflux.aws.elbv2.rule import transform
from netflux.errors import AwsError

NOW = datetime(2026, 11, 24, 8, 0, 1, 500, UTC)
GROUP = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/movies/1"
BALANCER = Balancer(
    "app/web/ab12", frozenset({"443"}), {"elbv2-ab12-443-movies-r5": GROUP}, {"elbv2-ab12-443-r6": "redirect"},
    {"127.0.0.9:8080": "10.0.1.9:8080"},
)  # fmt: skip


def line(**changes: str) -> str:
    """What HAProxy logs of a request over HTTP/2 that a target has answered."""
    fields = {
        "front": "elbv2-ab12-443-gateway", "back": "elbv2-ab12-443-movies-r5", "ci": "192.0.2.1", "cp": "5000",
        "si": "127.0.0.9", "sp": "8080", "w": "1", "c": "2", "r": "30", "d": "4", "a": "500", "status": "200",
        "ts": "--", "up": "34", "down": "366", "method": "GET", "uri": "/a?b=c", "version": "HTTP/1.1",
        "host": "shop.test%3a443", "agent": "curl%20%228%22", "trace": "Root%3d1-1-2", "came": "2|TLSv1.3|TLS_AES",
        "location": "", "answered": "200", "upgrade": "", "new_host": "", "new_url": "",
        **changes,
    }  # fmt: skip
    return "\t".join(fields.values())


def read(**changes: str) -> list[str]:
    return shlex.split(accesslog.entry(line(**changes), BALANCER, NOW), posix=True)


def test_a_forwarded_request() -> None:
    found = read()
    assert len(found) == 34
    assert found[:12] == [
        "h2", "2026-11-24T08:00:01.000500Z", "app/web/ab12", "192.0.2.1:5000", "10.0.1.9:8080", "0.003", "0.030",
        "0.004", "200", "200", "34", "366",
    ]  # fmt: skip
    assert found[12] == "GET https://shop.test:443/a?b=c HTTP/1.1"
    assert found[14:17] == ["TLS_AES", "TLSv1.3", GROUP]
    assert (found[18], found[20], found[21], found[22]) == ("shop.test", "5", "2026-11-24T08:00:00.500500Z", "forward")


def test_what_no_target_has_answered() -> None:
    moved = read(back="elbv2-ab12-443-r6", si="-", sp="-", status="301", answered="-", location="https%3a//new.test/")
    assert (moved[4], moved[5:8], moved[8:10]) == ("-", ["-1", "-1", "-1"], ["301", "-"])
    assert (moved[20], moved[22], moved[23]) == ("6", "redirect", "https://new.test/")
    assert read(ts="CH", status="400", answered="-")[8] == "460"
    assert read(upgrade="websocket")[0] == "wss"
    assert moved[30:33] == ["-", "-", "-"]
    assert read(new_host="inner.test", new_url="/c%3fb%3dc")[30:33] == ["inner.test", "/c?b=c", "TransformSuccess"]
    assert read(new_host="shop.test", new_url="/a%3fb%3dc")[30:33] == ["-", "-", "-"], "nothing has changed"
    assert read(back="elbv2-ab12-443-trace", status="405", answered="-")[20] == "-1"


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_no_user_agent_breaks_a_line(agent: str) -> None:
    from urllib.parse import quote

    text = accesslog.entry(line(agent=quote(agent, safe="")), BALANCER, NOW)
    assert "\n" not in text
    assert len(text.split('"')) == len(accesslog.entry(line(), BALANCER, NOW).split('"'))


def row(proxy: str, server: str, **counts: int) -> dict[str, str]:
    return {"pxname": proxy, "svname": server, **{name: str(value) for name, value in counts.items()}}


def test_a_backends_answers_less_its_servers_are_the_load_balancers_own() -> None:
    backend = "elbv2-ab12-80-movies"
    before = counters.reading([row(backend, "BACKEND", hrsp_5xx=1), row(backend, "t1", hrsp_5xx=1, stot=1)])
    now = counters.reading([
        row(backend, "BACKEND", hrsp_2xx=3, hrsp_5xx=5, bin=10, bout=20),
        row(backend, "t1", hrsp_2xx=3, hrsp_5xx=2, stot=7, rtime=50, rtime_max=80, econ=1),
        row("site--elbv2-ab12-80-r1", "BACKEND", hrsp_3xx=2), row("other", "BACKEND", hrsp_2xx=9),
    ])  # fmt: skip
    owned = Owned("app/web/ab12", "elbv2-ab12-", {backend: "targetgroup/movies/1"})
    found = counters.values(counters.since(before, now), [owned])
    whole = {value.name: value.total for value in found if not value.group}
    assert whole == {
        "RequestCount": 6, "HTTPCode_Target_2XX_Count": 3, "HTTPCode_Target_5XX_Count": 1, "HTTPCode_ELB_5XX_Count": 3,
        "HTTPCode_ELB_3XX_Count": 2, "HTTP_Redirect_Count": 2, "TargetConnectionErrorCount": 1, "ProcessedBytes": 30,
        "TargetResponseTime": pytest.approx(0.2),
    }  # fmt: skip
    grouped = {value.name: value.total for value in found if value.group}
    assert grouped["RequestCount"] == 6
    assert "HTTPCode_ELB_5XX_Count" not in grouped


def test_haproxys_mean_of_a_longer_time_is_not_above_the_longest_response_since_the_last_look() -> None:
    rows = [row("elbv2-ab12-80-movies", "t1", hrsp_2xx=2, stot=2, rtime=9, rtime_max=4)]
    found = counters.values(counters.reading(rows), [Owned("app/web/ab12", "elbv2-ab12-", {})])
    [time] = [value for value in found if value.name == "TargetResponseTime"]
    assert (time.total, time.samples, time.most) == (0.008, 2, 0.004)


@pytest.mark.parametrize("regex", ["(", "(?=a)b", "a++", r"(a)\1", r"\p{L}", "a" * 1025])
def test_expressions_that_are_not_taken(regex: str) -> None:
    rewrite = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": regex, "Replace": "/x"}]}}
    with pytest.raises(AwsError):
        transform.check([rewrite])


def test_requests_per_target_are_divided_by_the_healthy_ones_or_else_by_all() -> None:
    counted = [Value("app/a/1", "g1", "RequestCount", 10), Value("app/a/1", "g2", "RequestCount", 9)]
    hosts = [
        Value("app/a/1", group, name, total, 1)
        for group, healthy, ill in (("g1", 2, 1), ("g2", 0, 3), ("g3", 1, 0), ("g4", 0, 0))
        for name, total in (("HealthyHostCount", healthy), ("UnHealthyHostCount", ill))
    ]
    found = {(one.load_balancer, one.group): one.total for one in counters.per_target(counted, hosts)}
    expected = {"g1": 5, "g2": 3, "g3": 0}
    assert found == {(whose, group): total for group, total in expected.items() for whose in ("app/a/1", "")}
    alone = next(one for one in counters.per_target(counted, hosts) if not one.load_balancer)
    assert alone.dimensions == {("TargetGroup", "g1")}
