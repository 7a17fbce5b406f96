"""Rows of the Application Load Balancer about its attributes, its listeners' and its target groups'."""

from __future__ import annotations

import asyncio
import itertools
import socket
import ssl

import pytest

from netflux.aws.elbv2.section import configuration
from tests.aws.elbv2.place import fixed, forward, path_is
from tests.haproxy.targets import Request, read_answer, until
from tests.parity.elbv2.world import Alb, World, answer, pairs, vpc
from tests.parity.rows import parity

MINIMUM = "target_group_health.unhealthy_state_routing.minimum_healthy_targets"
pytestmark = pytest.mark.asyncio(loop_scope="module")


@parity(
    "elbv2", "LB attributes", "partly",
    but="client_keep_alive.seconds is not held where it is 3600, nor of HTTP/2; refused by name: connection_logs, "
    "ipv6.deny_all_igw_traffic",
)  # fmt: skip
async def test_load_balancer_attributes(world: World, alb: Alb) -> None:
    told = await world.elb("DescribeLoadBalancerAttributes", LoadBalancerArn=alb.arn)
    assert {
        "idle_timeout.timeout_seconds": "60", "client_keep_alive.seconds": "3600", "routing.http2.enabled": "true",
        "deletion_protection.enabled": "false", "access_logs.s3.enabled": "false", "access_logs.s3.bucket": "",
        "load_balancing.cross_zone.enabled": "true", "waf.fail_open.enabled": "false",
        "routing.http.desync_mitigation_mode": "defensive",
    }.items() <= {one["Key"]: one["Value"] for one in told["Attributes"]}.items()  # fmt: skip
    for wrong in (
        {"idle_timeout.timeout_seconds": "0"}, {"idle_timeout.timeout_seconds": "4001"},
        {"client_keep_alive.seconds": "59"}, {"load_balancing.cross_zone.enabled": "false"}, {"unknown": "1"},
    ):  # fmt: skip
        assert "ValidationError" in await world.refused(
            "ModifyLoadBalancerAttributes", LoadBalancerArn=alb.arn, Attributes=pairs(wrong)
        )
    for uncarried in (
        {"connection_logs.s3.enabled": "true"}, {"ipv6.deny_all_igw_traffic": "true"},
    ):  # fmt: skip
        told = await world.refused("ModifyLoadBalancerAttributes", LoadBalancerArn=alb.arn, Attributes=pairs(uncarried))
        assert "UnsupportedOperation" in told
        assert next(iter(uncarried)) in told
    listener, _, [target] = await world.forwarding(alb)
    for idle in ("waf.fail_open.enabled", "zonal_shift.config.enabled"):
        assert (await alb.set({idle: "true"}))[idle] == "true", "nothing is there that would need it"
    await alb.set({"idle_timeout.timeout_seconds": "1", "deletion_protection.enabled": "true"})
    target.gate = asyncio.Event()
    began = asyncio.get_running_loop().time()
    assert (await listener.get("/slow")).status == 504
    assert asyncio.get_running_loop().time() - began >= 1
    assert "OperationNotPermitted" in await world.refused("DeleteLoadBalancer", LoadBalancerArn=alb.arn)


@parity("elbv2", "LB attributes", "supported")
async def test_http2_is_offered_unless_it_is_switched_off(world: World, alb: Alb) -> None:
    other = await world.alb()
    certificate = await world.place.certificate()
    secure: dict = {"Protocol": "HTTPS", "Certificates": [{"CertificateArn": certificate}]}
    listener = await alb.listen(fixed("200"), **secure)
    await other.listen(fixed("200"), 443, **secure)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])

    async def chosen(host: str, address: str, port: int) -> str:
        _, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=host)
        found = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        writer.close()
        return str(found)

    gateway = ("127.0.0.1", world.place.port)
    for wanted, protocol in (("true", "h2"), ("false", "http/1.1"), ("true", "h2")):
        told = await alb.set({"routing.http2.enabled": wanted})
        assert told["routing.http2.enabled"] == wanted
        assert await chosen(alb.host, alb.node, listener.port) == protocol
        assert await chosen(alb.host, *gateway) == protocol
        assert await chosen(other.host, *gateway) == "h2", "of another load balancer"
        assert await chosen("localhost", *gateway) == "h2"


@parity("elbv2", "routing.http attributes", "partly", but="desync_mitigation_mode monitor and strictest are refused")
async def test_routing_attributes(world: World, alb: Alb) -> None:
    listener, _, [target] = await world.forwarding(alb)
    await listener.get("/1", "bad_name: 1\r\ngood-name: 1\r\n")
    assert target.last("/1").all("bad_name") == ["1"]
    await alb.set({"routing.http.drop_invalid_header_fields.enabled": "true"})
    await listener.get("/2", "bad_name: 1\r\ngood-name: 1\r\n")
    assert (target.last("/2").all("bad_name"), target.last("/2").all("good-name")) == ([], ["1"])
    await alb.set({"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "true"})
    await listener.get("/3")
    assert target.last("/3").all("x-amzn-tls-version") == [], "no TLS, no header"
    for mode in ("monitor", "strictest"):
        assert "desync" in await world.refused(
            "ModifyLoadBalancerAttributes",
            LoadBalancerArn=alb.arn,
            Attributes=pairs({"routing.http.desync_mitigation_mode": mode}),
        )


@parity("elbv2", "Listener attributes", "supported")
async def test_listener_attributes(world: World, alb: Alb) -> None:
    listener, _, [target] = await world.forwarding(alb)
    target.say = lambda _: answer(b"x", "X-Frame-Options: ALLOW\r\nServer: mine\r\n")
    start = "routing.http.response."
    wanted = {
        f"{start}x_frame_options.header_value": "DENY",
        f"{start}strict_transport_security.header_value": "max-age=1; preload",
        f"{start}access_control_allow_origin.header_value": "https://a.test",
    }
    await world.elb("ModifyListenerAttributes", ListenerArn=listener.arn, Attributes=pairs(wanted))
    await world.settled()
    found = await listener.get()
    assert found.header("x-frame-options") == "DENY"
    assert found.header("strict-transport-security") == "max-age=1; preload"
    assert found.header("access-control-allow-origin") == "https://a.test"
    assert found.header("server") == "mine"
    trace = await listener.get(method="TRACE")
    assert (trace.header("server"), trace.header("x-frame-options")) == ("awselb/2.0", "DENY")
    off = {f"{start}server.enabled": "false", f"{start}x_frame_options.header_value": ""}
    await world.elb("ModifyListenerAttributes", ListenerArn=listener.arn, Attributes=pairs(off))
    await world.settled()
    assert (await listener.get(method="TRACE")).header("server") is None
    assert (await listener.get()).header("x-frame-options") == "ALLOW"
    long = {f"{start}content_security_policy.header_value": "x" * 1025}
    assert "ValidationError" in await world.refused(
        "ModifyListenerAttributes", ListenerArn=listener.arn, Attributes=pairs(long)
    )
    renamed = {"routing.http.request.x_amzn_mtls_clientcert_leaf.header_name": "X-T"}
    await world.elb("ModifyListenerAttributes", ListenerArn=listener.arn, Attributes=pairs(renamed))
    await listener.get("/renamed")
    assert target.last("/renamed").all("x-t") == [], "there is no client certificate"


@parity("elbv2", "Listener attributes", "supported")
async def test_tls_headers_tell_what_was_negotiated_under_the_names_that_were_chosen(world: World, alb: Alb) -> None:
    await alb.set({"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "true"})
    group = await world.group()
    target = await world.backend(group)
    certificate = await world.place.certificate()
    listener = await alb.listen(forward(group), Protocol="HTTPS", Certificates=[{"CertificateArn": certificate}])
    await world.healthy(group, target)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    async def asked(path: str) -> tuple[Request, str]:
        reader, writer = await asyncio.open_connection(alb.node, listener.port, ssl=context)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: a.test\r\nX-Amzn-Tls-Version: forged\r\n\r\n".encode())
        assert (await read_answer(reader)).status == 200
        cipher = writer.get_extra_info("cipher")[0]
        writer.close()
        return target.last(path), cipher

    request, cipher = await asked("/1")
    assert request.all("x-amzn-tls-version") == ["TLSv1.2"]
    assert request.all("x-amzn-tls-cipher-suite") == [cipher]
    wanted = {
        "routing.http.request.x_amzn_tls_version.header_name": "X-Tls",
        "routing.http.request.x_amzn_tls_cipher_suite.header_name": "X-Suite",
    }
    told = await world.elb("ModifyListenerAttributes", ListenerArn=listener.arn, Attributes=pairs(wanted))
    assert wanted.items() <= {one["Key"]: one["Value"] for one in told["Attributes"]}.items()
    await world.settled()
    request, cipher = await asked("/2")
    assert (request.all("x-tls"), request.all("x-suite")) == (["TLSv1.2"], [cipher])
    for wrong in ("", "a b", "x" * 41):
        assert "ValidationError" in await world.refused(
            "ModifyListenerAttributes",
            ListenerArn=listener.arn,
            Attributes=pairs({"routing.http.request.x_amzn_tls_version.header_name": wrong}),
        )


@parity(
    "elbv2", "Desync", "partly",
    but="HAProxy's parser decides, by one mode, near defensive: severe requests are 400, Content-Length beside "
    "Transfer-Encoding passes without it and closes; there is no classification in the log; strictest is refused: what "
    "it would not let pass (that, equal lengths, bare line feeds, folded lines) the parser settles before rules see it",
)  # fmt: skip
async def test_desync(world: World, alb: Alb) -> None:
    listener, _, [target] = await world.forwarding(alb)
    head = b"POST /d HTTP/1.1\r\nHost: a.test\r\n"
    for severe in (
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok", b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: -1\r\n\r\n", b"X: a\x00b\r\n\r\n", b" folded: 1\r\nBad Name: 1\r\n\r\n",
        b"Content-Length: 1, 2\r\n\r\nok",
    ):  # fmt: skip
        found = await listener.raw(head + severe)
        assert found.status == 400, severe
    assert not target.requests
    listener.world.backends[0].say = lambda _: answer(b"ok")
    reader, writer = await listener.connect()
    writer.write(
        head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"
    )
    assert (await reader.read()).count(b"HTTP/1.1 200") == 1
    writer.close()
    assert all("/smuggled" not in request.line for request in target.requests)
    assert target.last("/d").all("content-length") == []


@parity(
    "elbv2", "Group attributes", "partly",
    but="refused by name: anomaly_mitigation on, and on the network `loopback` cross_zone false",
)  # fmt: skip
async def test_target_group_attributes(world: World, alb: Alb) -> None:
    group = await world.group()
    told = await world.elb("DescribeTargetGroupAttributes", TargetGroupArn=group)
    assert {
        "deregistration_delay.timeout_seconds": "300", "slow_start.duration_seconds": "0",
        "load_balancing.algorithm.type": "round_robin", "load_balancing.algorithm.anomaly_mitigation": "off",
        "load_balancing.cross_zone.enabled": "use_load_balancer_configuration", "stickiness.enabled": "false",
        "stickiness.type": "lb_cookie", "stickiness.lb_cookie.duration_seconds": "86400",
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
        "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    }.items() <= {one["Key"]: one["Value"] for one in told["Attributes"]}.items()  # fmt: skip
    for wrong in (
        {"deregistration_delay.timeout_seconds": "3601"}, {"slow_start.duration_seconds": "29"},
        {"slow_start.duration_seconds": "901"}, {"stickiness.lb_cookie.duration_seconds": "0"},
        {"stickiness.lb_cookie.duration_seconds": "604801"}, {"stickiness.type": "source_ip"},
        {"stickiness.app_cookie.cookie_name": "AWSALBTG"}, {"load_balancing.algorithm.type": "fastest"},
        {f"{MINIMUM}.percentage": "101"}, {f"{MINIMUM}.percentage": "0"}, {f"{MINIMUM}.count": "off"},
    ):  # fmt: skip
        assert "ValidationError" in await world.refused(
            "ModifyTargetGroupAttributes", TargetGroupArn=group, Attributes=pairs(wrong)
        )
    for uncarried in (
        {"load_balancing.algorithm.anomaly_mitigation": "on"}, {"load_balancing.cross_zone.enabled": "false"},
    ):  # fmt: skip
        told = await world.refused("ModifyTargetGroupAttributes", TargetGroupArn=group, Attributes=pairs(uncarried))
        assert next(iter(uncarried)) in told
    assert (await world.set(group, {"slow_start.duration_seconds": "900"}))["slow_start.duration_seconds"] == "900"


@parity("elbv2", "Group attributes", "supported")
async def test_below_the_percentage_of_healthy_targets_all_of_them_get_requests(world: World, alb: Alb) -> None:
    often = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 4, "UnhealthyThresholdCount": 2}
    listener, group, backends = await world.forwarding(alb, 2, **often)
    for share in ("50", "51"):
        told = await world.set(group, {
            f"{MINIMUM}.percentage": share, MINIMUM.replace("unhealthy_state_routing", "dns_failover") + ".count": "2",
        })  # fmt: skip
        assert told[f"{MINIMUM}.percentage"] == share
        backends[0].healthy = 500
        await world.healthy(group, backends[0], state="unhealthy")
        served = {await listener.body() for _ in range(4)}
        assert served == {one.name for one in (backends[1:] if share == "50" else backends)}


@parity(
    "elbv2", "Algorithms", "partly",
    but="a WebSocket's target is picked by the group's own algorithm",
)  # fmt: skip
async def test_algorithms(world: World, alb: Alb) -> None:
    listener, group, [first, second] = await world.forwarding(alb, 2)
    names = [await listener.body() for _ in range(8)]
    assert names.count(first.name) == 4
    assert all(one != other for one, other in itertools.pairwise(names))
    await world.set(group, {"load_balancing.algorithm.type": "least_outstanding_requests"})
    first.gate = second.gate = asyncio.Event()
    slow = asyncio.ensure_future(listener.get("/slow"))
    await until(lambda: any("/slow" in one.line for one in [*first.requests, *second.requests]))
    gate, busy = first.gate, first if any("/slow" in one.line for one in first.requests) else second
    first.gate = second.gate = None
    # In turn it were six. A client can be back before HAProxy has counted its last request as done: then both have one.
    assert [await listener.body() for _ in range(12)].count(busy.name) <= 3
    gate.set()
    assert (await slow).status == 200
    await world.set(group, {"load_balancing.algorithm.type": "weighted_random"})
    assert {await listener.body() for _ in range(40)} == {first.name, second.name}


@parity("elbv2", "Algorithms", "supported")
async def test_a_new_targets_share_grows_beside_others_and_over_rule_changes(world: World, alb: Alb) -> None:
    group = await world.group()
    await world.set(group, {"slow_start.duration_seconds": "900"})
    listener = await alb.listen(forward(group))
    first = await world.backend(group)
    await world.healthy(group, first)
    second = await world.backend(group)
    await world.healthy(group, second)

    async def share() -> float:
        names = [await listener.body() for _ in range(40)]
        return names.count(second.name) / len(names)

    assert await share() <= 0.1, "one that comes to a healthy one begins with little"
    await listener.rule(1, path_is("/new"))
    assert await share() <= 0.1
    await world.set(group, {"slow_start.duration_seconds": "30"})  # which are three here

    async def grown() -> bool:
        return await share() == 0.5

    await until(grown)


@parity(
    "elbv2", "Errors from the LB", "partly",
    but="no 401, 403, 500, 561, 562 of authentication and WAF, which are refused; no 413; 464 only for gRPC, "
    "since groups are HTTP1; 400 and 408 before a request's headers are whole are HAProxy's page; an unknown transfer "
    "coding is 422, not 501; an answer shorter than its Content-Length is cut off behind the target's status, not 504",
)  # fmt: skip
async def test_errors(world: World, alb: Alb) -> None:
    listener, group, [target] = await world.forwarding(alb)
    await alb.set({"idle_timeout.timeout_seconds": "1"})

    async def status(**asked: str) -> int:
        found = await listener.get(**asked)
        assert found.header("server") == "awselb/2.0"
        assert found.header("content-type") == "text/html"
        return found.status

    assert await status(method="TRACE") == 405
    assert await status(path="/" + "a" * 17000) == 414
    assert await status(headers=f"X-Forwarded-For: {', '.join(['1.1.1.1'] * 31)}\r\n") == 463
    for sent, code in (
        (b"GET / HTTP/1.1\r\nHost: a.test\r\nNo Colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHo", 408),
        (b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 422),
        (b"GET / HTTP/3.0\r\nHost: a.test\r\n\r\n", 505),
    ):
        assert (await listener.raw(sent)).status == code
    assert not target.requests
    target.gate = asyncio.Event()
    for number, (began, later, code) in enumerate((
        (b"Content-Length: 9\r\n\r\nok", b"", b"408 Request Timeout"),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", b"", b"408 Request Timeout"),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", b"none\r\n", b"400 Bad Request"),
    )):  # fmt: skip
        reader, writer = await listener.connect()
        writer.write(f"POST /short{number} HTTP/1.1\r\nHost: a.test\r\n".encode() + began)
        if later:
            await until(lambda name=f"/short{number}": any(name in one.line for one in target.requests))
            writer.write(later)
        found = await read_answer(reader)
        writer.close()
        assert (found.status, found.header("server")) == (int(code[:3]), "awselb/2.0")
        assert b"<center><h1>" + code in found.body
        assert found.header("x-netflux-seen") is None
    target.gate.set()
    target.gate = None
    target.say = lambda _: None
    assert await status() == 502, "closed while the request was out"
    target.say = lambda _: b"nonsense\r\n\r\n"
    assert await status() == 502, "malformed"
    target.say = lambda _: answer(b"own", "Server: awselb/2.0\r\nContent-Type: text/html\r\n", 503)
    assert await status() == 503, "a target's own passes"
    target.gate = asyncio.Event()
    assert await status() == 504, "no answer within the idle timeout"
    target.gate.set()
    await target.stop()
    assert await status() == 502, "refused"
    await world.elb("DeregisterTargets", TargetGroupArn=group, Targets=[{"Id": vpc(target)}])
    assert await status() == 503, "nobody registered"


@parity("elbv2", "Errors from the LB", "supported")
async def test_a_target_that_does_not_take_the_connection_is_504(
    world: World, alb: Alb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "_CONNECT_SECONDS", 1)  # of 5, twice
    group = await world.group()
    listener = await alb.listen(forward(group))
    full = await world.backend()
    await full.stop()
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind((full.address, 8080))
        deaf.listen(0)
        for client in (first, second):  # the queue is full then: further SYNs are dropped
            client.setblocking(False)
            client.connect_ex((full.address, 8080))
        await world.register(group, full)
        await world.settled()
        began = asyncio.get_running_loop().time()
        assert (await listener.get()).status == 504
        assert asyncio.get_running_loop().time() - began >= 2


def cookies(found) -> dict[str, str]:
    return {value.partition("=")[0]: value for key, value in found.headers if key.lower() == "set-cookie"}


def sent(found, *names: str) -> str:
    return (
        "Cookie: " + "; ".join(value.split(";")[0] for name, value in cookies(found).items() if name in names) + "\r\n"
    )


@parity("elbv2", "lb_cookie", "supported")
async def test_lb_cookie(world: World, alb: Alb) -> None:
    often = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 4, "UnhealthyThresholdCount": 2}
    listener, group, backends = await world.forwarding(alb, 2, **often)
    await world.set(group, {"stickiness.enabled": "true", "stickiness.lb_cookie.duration_seconds": "1000"})
    found = await listener.get()
    name = found.body.decode()
    made = cookies(found)
    assert {*made} == {"AWSALB", "AWSALBCORS"}
    value = made["AWSALB"].split(";")[0].partition("=")[2]
    assert made["AWSALBCORS"].startswith(f"AWSALBCORS={value};")
    assert "SameSite=None; Secure" in made["AWSALBCORS"]
    assert "Secure" not in made["AWSALB"]
    assert all("Expires=" in one and "Max-Age" not in one for one in made.values())
    for kept in (("AWSALB",), ("AWSALBCORS",), ("AWSALB", "AWSALBCORS")):
        again = [await listener.get("/", sent(found, *kept)) for _ in range(4)]
        assert {one.body.decode() for one in again} == {name}
        assert {*cookies(again[0])} == {"AWSALB", "AWSALBCORS"}, "renewed on every response"
    assert len({await listener.body() for _ in range(6)}) == 2
    assert (await listener.get("/", "Cookie: AWSALB=junk\r\n")).status == 200
    gone = next(one for one in backends if one.name == name)
    gone.healthy = 500
    await world.healthy(group, gone, state="unhealthy")
    moved = await listener.get("/", sent(found, "AWSALB", "AWSALBCORS"))
    assert moved.body.decode() != name
    assert cookies(moved)["AWSALB"] != made["AWSALB"]


@parity("elbv2", "lb_cookie", "supported")
async def test_a_client_is_balanced_anew_when_the_cookies_duration_is_over(world: World, alb: Alb) -> None:
    listener, group, _ = await world.forwarding(alb, 2)
    await world.set(group, {"stickiness.enabled": "true", "stickiness.lb_cookie.duration_seconds": "1"})
    found = await listener.get()
    kept = sent(found, "AWSALB", "AWSALBCORS")
    assert {await listener.body("/", kept) for _ in range(4)} == {found.body.decode()}

    async def elsewhere() -> bool:
        return await listener.body("/", kept) != found.body.decode()

    await until(elsewhere)  # HAProxy counts in steps of four seconds


@parity(
    "elbv2", "app_cookie", "partly",
    but="one AWSALBAPP-0, which names the target by a hash; the duration is held by the cookie's Expires alone; "
    "weighted groups may have it",
)  # fmt: skip
async def test_app_cookie(world: World, alb: Alb) -> None:
    listener, group, backends = await world.forwarding(alb, 3)
    await world.set(group, {
        "stickiness.enabled": "true", "stickiness.type": "app_cookie", "stickiness.app_cookie.cookie_name": "session",
    })  # fmt: skip
    assert cookies(await listener.get()) == {}, "the target sets none"
    for one in backends:
        one.say = lambda _, one=one: answer(one.name.encode(), "Set-Cookie: session=1; Path=/\r\n")
    found = await listener.get("/login")
    assert {*cookies(found)} == {"session", "AWSALBAPP-0"}
    for one in backends:
        one.say = lambda _, one=one: answer(one.name.encode())
    both = [await listener.get("/", sent(found, "session", "AWSALBAPP-0")) for _ in range(6)]
    assert {one.body for one in both} == {found.body}
    assert len({await listener.body("/", sent(found, "AWSALBAPP-0")) for _ in range(6)}) == 3
    assert len({await listener.body("/", sent(found, "session")) for _ in range(6)}) == 3


@parity("elbv2", "Weighted stickiness", "supported")
async def test_weighted_stickiness(world: World, alb: Alb) -> None:
    groups = [await world.group() for _ in range(2)]
    backends = [await world.backend(group) for group in groups]
    action = {"Type": "forward", "ForwardConfig": {
        "TargetGroups": [{"TargetGroupArn": arn, "Weight": 1} for arn in groups],
        "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60},
    }}  # fmt: skip
    listener = await alb.listen(fixed())
    await listener.rule(1, {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/w"]}}, action=action)
    for group, backend in zip(groups, backends, strict=True):
        await world.healthy(group, backend)
    found = await listener.get("/w")
    assert {*cookies(found)} == {"AWSALBTG", "AWSALBTGCORS"}
    for kept in ("AWSALBTG", "AWSALBTGCORS"):
        assert {await listener.body("/w", sent(found, kept)) for _ in range(8)} == {found.body.decode()}
    assert len({await listener.body("/w") for _ in range(24)}) == 2
