"""Rows of the Application Load Balancer about rules: what they match, and what they do."""

from __future__ import annotations

import pytest

from tests.aws.elbv2.place import fixed, forward, path_is
from tests.haproxy.targets import get
from tests.parity.elbv2.world import Alb, World
from tests.parity.rows import parity

pytestmark = pytest.mark.asyncio(loop_scope="module")


def host_is(*patterns: str) -> dict:
    return {"Field": "host-header", "HostHeaderConfig": {"Values": list(patterns)}}


def header_is(name: str, *patterns: str) -> dict:
    return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": list(patterns)}}


def query_is(*pairs: dict) -> dict:
    return {"Field": "query-string", "QueryStringConfig": {"Values": list(pairs)}}


def method_is(*methods: str) -> dict:
    return {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": list(methods)}}


def source_is(*blocks: str) -> dict:
    return {"Field": "source-ip", "SourceIpConfig": {"Values": list(blocks)}}


def weighted(*groups: tuple[str, int], sticky: int = 0) -> dict:
    config: dict = {"TargetGroups": [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]}
    if sticky:
        config["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": sticky}
    return {"Type": "forward", "ForwardConfig": config}


@parity("elbv2", "Rule order", "supported")
async def test_the_lowest_number_whose_conditions_all_hold_wins_and_the_default_rule_is_last(
    world: World, alb: Alb
) -> None:
    listener = await alb.listen(fixed("404", "default"))
    await listener.rule(30, path_is("/a*"))
    first = await listener.rule(20, path_is("/ab", "/ac"), method_is("PUT"))
    await listener.rule(10, path_is("/ab"), header_is("x-a", "1"), header_is("x-b", "2"))
    assert await listener.body("/ab") == "30"
    assert await listener.body("/ac", "Content-Length: 0\r\n", "PUT") == "20"
    assert await listener.body("/ab", "x-a: 1\r\n") == "30"
    assert await listener.body("/ab", "x-a: 1\r\nx-b: 2\r\n") == "10"
    assert await listener.body("/b") == "default"
    await world.elb("SetRulePriorities", RulePriorities=[{"RuleArn": first, "Priority": 40}])
    await world.settled()
    assert await listener.body("/ac", "Content-Length: 0\r\n", "PUT") == "30"
    rules = (await world.elb("DescribeRules", ListenerArn=listener.arn))["Rules"]
    assert [rule["Priority"] for rule in rules] == ["10", "30", "40", "default"]
    assert "default rule" in await world.refused("ModifyRule", RuleArn=rules[-1]["RuleArn"], Conditions=[path_is("/x")])


@parity("elbv2", "Rule limits", "supported")
async def test_limits_of_rules(world: World, alb: Alb) -> None:
    listener = await alb.listen(fixed())
    made = {"ListenerArn": listener.arn, "Actions": [fixed()]}
    for priority in (0, 50001):
        refused = await world.refused("CreateRule", Priority=priority, Conditions=[path_is("/")], **made)
        assert "priority" in refused.lower()
    cases = {
        "ValidationError": [path_is("/1", "/2", "/3", "/4", "/5"), header_is("x-a", "1")],
        "InvalidConfigurationRequest": [path_is("/1"), path_is("/2")],
    }
    for code, conditions in cases.items():
        assert code in await world.refused("CreateRule", Priority=1, Conditions=conditions, **made)
    rule = await listener.rule(1, path_is("/1", "/2", "/3", "/4", "/5"))
    assert [await listener.body(f"/{number}") for number in (1, 5, 6)] == ["1", "1", ":("]
    await world.elb("DeleteRule", RuleArn=rule)
    wild = [path_is("*a*b*c*"), header_is("x-a", "*d*e*")]
    assert "wildcard" in await world.refused("CreateRule", Priority=1, Conditions=wild, **made)
    groups = [await world.group() for _ in range(6)]
    six = weighted(*[(arn, 1) for arn in groups])
    assert "TooManyTargetGroups" in await world.refused(
        "CreateRule", ListenerArn=listener.arn, Priority=1, Conditions=[path_is("/")], Actions=[six]
    )
    other = await world.alb()
    await other.listen(forward(groups[0]))
    assert "TargetGroupAssociationLimit" in await world.refused(
        "CreateRule", ListenerArn=listener.arn, Priority=1, Conditions=[path_is("/")], Actions=[forward(groups[0])]
    )
    for number in range(1, 101):
        await world.elb("CreateRule", Priority=number, Conditions=[path_is(f"/{number}")], **made)
    assert "TooManyRules" in await world.refused("CreateRule", Priority=101, Conditions=[path_is("/x")], **made)


@parity("elbv2", "Path", "supported")
async def test_paths(world: World, alb: Alb) -> None:
    listener, _, [target] = await world.forwarding(alb)
    await listener.rule(1, path_is("/img/*/s?.png"))
    await listener.rule(2, path_is("/Exact"))
    await listener.rule(3, path_is("/a.b", "/deep/*"))
    await listener.rule(4, {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/r/[0-9]+/(x|y)$"]}})
    assert await listener.body("/img//s1.png") == "1"
    assert await listener.body("/img/a/b/s1.png?c=/Exact") == "1"
    assert await listener.body("/img/a/s.png") == target.name
    assert await listener.body("/Exact?a") == "2"
    assert await listener.body("/exact") == target.name
    assert await listener.body("/axb") == target.name
    assert await listener.body("/r/12/y?z") == "4"
    assert await listener.body("/r/a/y") == target.name
    assert await listener.body("/deep/%45xact?") == "3"
    assert "128" in await world.refused(
        "CreateRule", ListenerArn=listener.arn, Priority=9, Conditions=[path_is("/" + "a" * 128)], Actions=[fixed()]
    )


@parity(
    "elbv2", "Path", "supported",
    but="AWS does not say what its normalisation is: here RFC 3986's (6.2.2), so reserved characters stay escaped and "
    "slashes are not merged",
)  # fmt: skip
async def test_paths_are_normalised_for_rules_and_reach_the_target_as_they_came(world: World, alb: Alb) -> None:
    listener, group, [target] = await world.forwarding(alb)
    await listener.rule(1, path_is("/Exact"), query_is({"Key": "q", "Value": "%41"}))
    await listener.rule(2, path_is("/Exact", "/caf%C3%A9", "/a//b"), action=forward(group))
    moved = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_302", "Path": "/new/#{path}"}}
    await listener.rule(3, path_is("/old"), action=moved)
    await world.elb("ModifyListener", ListenerArn=listener.arn, DefaultActions=[fixed("404", "default")])
    await world.settled()
    for came in (
        "/x/../%45xact?q=%61/../",
        "/./Ex%61ct",
        "/../Exact",
        "/%2e%2E/Exact?",
        "/caf%c3%a9",
        "/a//b",
        "/a//./b",
    ):
        assert await listener.body(came) == target.name, came
        assert target.requests[-1].line == f"GET {came} HTTP/1.1"
    assert await listener.body("/%45xact?q=%41") == "1", "a query is compared as it came"
    for other in ("/Exact%2F", "/Exact/.", "/a/b", "/%45xact%zz", "/Exact/../x"):
        assert await listener.body(other) == "default", other
    found = await listener.get("/x/../%6Fld?a=1")
    assert found.header("location").endswith(f":{listener.port}/new/x/../%6Fld?a=1")
    first = await alb.listen(fixed("404", "default"), 80)
    await first.rule(1, path_is("/Exact"), action=forward(group))
    gateway = ("127.0.0.1", world.place.port)
    assert (await get(gateway, alb.host, "/y/../%45xact")).body.decode() == target.name
    assert target.requests[-1].line == "GET /y/../%45xact HTTP/1.1"
    assert (await get(gateway, alb.host, "/%45xactly")).body == b"default"


@parity("elbv2", "Host, header, query", "supported")
async def test_hosts_headers_and_queries(world: World, alb: Alb) -> None:
    listener = await alb.listen(fixed("404", "default"))
    await listener.rule(1, host_is("*.Shop.test", "m?.test"))
    await listener.rule(2, header_is("X-Device", "*Phone*", "tablet"))
    await listener.rule(3, query_is({"Key": "Version", "Value": "v1*"}, {"Value": "any"}))
    await listener.rule(4, {"Field": "host-header", "HostHeaderConfig": {"RegexValues": ["^r[0-9]+[.]test$"]}})
    await listener.rule(5, {"Field": "http-header", "HttpHeaderConfig": {
        "HttpHeaderName": "x-r", "RegexValues": ["^[ab]{2}$"],
    }})  # fmt: skip
    assert await listener.body(host="a.b.SHOP.test:81") == "1"
    assert await listener.body(host="mx.test") == "1"
    assert await listener.body(host="shop.test") == "default"
    assert await listener.body("/", "x-device: my PHONE\r\n") == "2"
    assert await listener.body("/", "X-Device: desk\r\nX-Device: TABLET\r\n") == "2"
    assert await listener.body("/", "X-Device: tablets\r\n") == "default"
    assert await listener.body("/?a&VERSION=V1.2") == "3"
    assert await listener.body("/?other=ANY") == "3"
    assert await listener.body("/?xversion=v1") == "default"
    assert await listener.body(host="R12.test") == "4"
    assert await listener.body(host="r12.test.org") == "default"
    assert await listener.body("/", "x-r: ab\r\n") == "5"
    assert await listener.body("/", "x-r: abc\r\n") == "default"
    made = {"ListenerArn": listener.arn, "Priority": 9, "Actions": [fixed()]}
    for wrong in (
        host_is("nodot"), host_is("shop.t3st"), host_is("a" * 124 + ".test"), header_is("a" * 41, "1"),
        header_is("Host", "x"), header_is("x*", "x"), header_is("x-a", "v" * 129),
        query_is({"Key": "a" * 129, "Value": "1"}),
        {"Field": "host-header", "HostHeaderConfig": {"RegexValues": ["a" * 129]}},
        {"Field": "host-header", "HostHeaderConfig": {"RegexValues": ["(a"]}},
        {"Field": "host-header", "HostHeaderConfig": {"RegexValues": ["a"], "Values": ["b.test"]}},
    ):  # fmt: skip
        assert await world.refused("CreateRule", Conditions=[wrong], **made)


@parity("elbv2", "Method, source IP", "partly", but="IPv6 blocks are taken, and no client comes by IPv6")
async def test_methods_and_source_addresses(world: World, alb: Alb) -> None:
    listener = await alb.listen(fixed("404", "default"))
    await listener.rule(1, method_is("PURGE", "PUT"))
    await listener.rule(2, source_is("10.0.0.0/8", "2001:db8::/32"))
    await listener.rule(3, source_is("127.0.0.1/32"), path_is("/ip"))
    assert await listener.body(method="PURGE") == "1"
    assert await listener.body(method="purge") == "default"
    assert await listener.body("/", "X-Forwarded-For: 10.1.1.1\r\n") == "default"
    assert await listener.body("/ip") == "3"
    made = {"ListenerArn": listener.arn, "Priority": 9, "Actions": [fixed()]}
    for block in ("255.255.255.255/32", "10.0.0.0/33", "here"):
        assert "ValidationError" in await world.refused("CreateRule", Conditions=[source_is(block)], **made)


@parity(
    "elbv2", "Actions", "refused",
    but="authenticate-oidc, authenticate-cognito and jwt-validation are refused at creation, by name",
)  # fmt: skip
async def test_actions_that_are_not_carried_are_refused_by_name(world: World, alb: Alb) -> None:
    listener = await alb.listen(fixed())
    made = {"ListenerArn": listener.arn, "Priority": 1, "Conditions": [path_is("/")]}
    oidc = {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": {
        "Issuer": "https://i.test", "AuthorizationEndpoint": "https://i.test/a", "TokenEndpoint": "https://i.test/t",
        "UserInfoEndpoint": "https://i.test/u", "ClientId": "c",
    }}  # fmt: skip
    cognito = {"Type": "authenticate-cognito", "Order": 1, "AuthenticateCognitoConfig": {
        "UserPoolArn": "arn:aws:cognito-idp:us-east-1:000000000000:userpool/p", "UserPoolClientId": "c",
        "UserPoolDomain": "d",
    }}  # fmt: skip
    jwt = {"Type": "jwt-validation", "Order": 1, "JwtValidationConfig": {
        "JwksEndpoint": "https://i.test/jwks", "Issuer": "https://i.test",
    }}  # fmt: skip
    for action in (oidc, cognito, jwt):
        told = await world.refused("CreateRule", Actions=[action, {**fixed(), "Order": 2}], **made)
        assert action["Type"] in told
        told = await world.refused("ModifyListener", ListenerArn=listener.arn, DefaultActions=[action, fixed()])
        assert action["Type"] in told


@parity("elbv2", "Actions", "supported")
async def test_exactly_one_action_answers(world: World, alb: Alb) -> None:
    listener = await alb.listen(fixed())
    made = {"ListenerArn": listener.arn, "Priority": 1, "Conditions": [path_is("/")]}
    for actions in ([], [fixed(), fixed()], [fixed(), forward(await world.group())]):
        assert "Exactly one" in await world.refused("CreateRule", Actions=actions, **made)


@parity("elbv2", "forward", "supported")
async def test_weights_divide_requests_and_an_empty_group_has_no_stand_in(world: World, alb: Alb) -> None:
    listener = await alb.listen(fixed())
    groups = [await world.group() for _ in range(3)]
    backends = [await world.backend(group) for group in groups[:2]]
    await listener.rule(1, path_is("/w"), action=weighted((groups[0], 90), (groups[1], 10), (groups[2], 0)))
    await listener.rule(2, path_is("/e"), action=weighted((groups[0], 1), (groups[2], 1)))
    for group, backend in zip(groups, backends, strict=False):
        await world.healthy(group, backend)
    bodies = [await listener.body("/w") for _ in range(120)]
    assert {backend.name for backend in backends} == {*bodies}
    assert 1 <= bodies.count(backends[1].name) <= 35
    assert {(await listener.get("/e")).status for _ in range(40)} == {200, 503}
    backends[0].healthy = 500
    await world.healthy(groups[0], backends[0], state="unhealthy")
    assert {await listener.body("/w") for _ in range(60)} == {*bodies}
    made = {"ListenerArn": listener.arn, "Priority": 9, "Conditions": [path_is("/x")]}
    for action in (weighted((groups[0], 1000)), weighted((groups[0], 1), (groups[1], 1), sticky=604801)):
        assert "ValidationError" in await world.refused("CreateRule", Actions=[action], **made)
    missing = weighted((groups[0], 1), (groups[1], 1))
    missing["ForwardConfig"]["TargetGroupStickinessConfig"] = {"Enabled": True}
    assert "duration" in await world.refused("CreateRule", Actions=[missing], **made)


@parity("elbv2", "fixed-response", "supported")
async def test_fixed_responses(world: World, alb: Alb) -> None:
    listener = await alb.listen(fixed())
    text = '{"a": "50 % \\"x\\" #$é"}'
    json = {"StatusCode": "299", "ContentType": "application/json", "MessageBody": text}
    await listener.rule(1, path_is("/json"), action={"Type": "fixed-response", "FixedResponseConfig": json})
    await listener.rule(2, path_is("/empty"), action={
        "Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"},
    })  # fmt: skip
    found = await listener.get("/json")
    assert (found.status, found.header("content-type"), found.body.decode()) == (299, "application/json", text)
    assert found.header("server") == "awselb/2.0"
    empty = await listener.get("/empty")
    assert (empty.status, empty.body) == (503, b"")
    made = {"ListenerArn": listener.arn, "Priority": 9, "Conditions": [path_is("/x")]}
    for wrong in (
        {"StatusCode": "302"}, {"StatusCode": "20"}, {"StatusCode": "200", "MessageBody": "x" * 1025},
        {"StatusCode": "200", "ContentType": "image/png"},
    ):  # fmt: skip
        assert await world.refused("CreateRule", Actions=[{"Type": "fixed-response", "FixedResponseConfig": wrong}],
                                   **made)  # fmt: skip


def redirect(code: int = 301, **parts: str) -> dict:
    return {"Type": "redirect", "RedirectConfig": {"StatusCode": f"HTTP_{code}", **parts}}


@parity("elbv2", "redirect", "supported")
async def test_redirects(world: World, alb: Alb) -> None:
    listener = await alb.listen(fixed())
    await listener.rule(1, path_is("/tls*"), action=redirect(Protocol="HTTPS", Port="443"))
    await listener.rule(
        2, path_is("/to*"), action=redirect(302, Host="new.#{host}", Path="/x/#{path}", Query="a=1&#{query}")
    )
    await listener.rule(3, path_is("/long*"), action=redirect(Path="/#{path}" * 10))

    async def location(path: str) -> tuple[int, str | None]:
        found = await listener.get(path, host="Shop.test:1234")
        return found.status, found.header("location")

    assert await location("/tls/a?b=c") == (301, "https://shop.test:443/tls/a?b=c")
    assert await location("/tls") == (301, "https://shop.test:443/tls")
    assert await location("/to/y?q") == (302, f"http://new.shop.test:{listener.port}/x/to/y?a=1&q")
    assert (await listener.get("/long" + "x" * 1000)).status == 507
    made = {"ListenerArn": listener.arn, "Priority": 9, "Conditions": [path_is("/x")]}
    for wrong in (
        redirect(), redirect(Query="a"), redirect(Path="/" + "a" * 128), redirect(303, Path="/a"),
        redirect(Protocol="FTP"), redirect(Host="#{host}", Port="#{port}", Path="/#{path}", Protocol="#{protocol}"),
    ):  # fmt: skip
        assert await world.refused("CreateRule", Actions=[wrong], **made)


def rewrites(kind: str, regex: str, replace: str) -> dict:
    config = "UrlRewriteConfig" if kind == "url-rewrite" else "HostHeaderRewriteConfig"
    return {"Type": kind, config: {"Rewrites": [{"Regex": regex, "Replace": replace}]}}


@parity("elbv2", "Transforms", "supported", but="a replacement names the first nine groups of its expression at most")
async def test_transforms(world: World, alb: Alb) -> None:
    listener, group, [target] = await world.forwarding(alb)
    url = rewrites("url-rewrite", "^/dp/([A-Z0-9]+)/?(.*)$", "/product.php?id=$1&rest=$2")
    host = rewrites("host-header-rewrite", "^shop-(.+)[.]test", "internal.$1.test")
    rule = await listener.rule(1, path_is("/dp/*", "/other/*"), action=forward(group), Transforms=[url, host])
    await listener.get("/dp/B09/x?y=1", host="shop-a.test")
    assert target.requests[-1].line == "GET /product.php?id=B09&rest=x?y=1 HTTP/1.1"
    assert target.requests[-1].header("host") == f"internal.a.test:{listener.port}"
    await listener.get("/other/1?z", host="else.test")
    assert target.requests[-1].line == "GET /other/1?z HTTP/1.1"
    assert target.requests[-1].header("host") == f"else.test:{listener.port}"
    await listener.rule(
        2, path_is("/bad"), action=forward(group), Transforms=[rewrites("url-rewrite", "^/b(.)d", "$1%z\\")]
    )
    assert (await listener.get("/bad")).status == 500
    many = rewrites("url-rewrite", r"""(a)[]b),'"](c)(d)(e)(f)(g)(h)(i)(j)(k)""", r"""<$9$2,'"$0\\%[$1)]""")
    await listener.rule(3, path_is("/m*"), action=forward(group), Transforms=[many])
    for came, gone in (
        ("/m/a)cdefghijk/ab?ab", r"""/m/<jc,'"$0\\%[a)]/ab?ab"""),
        ("/mac?a,cdefghijka,cdefghijk", r"""/mac?<jc,'"$0\\%[a)]a,cdefghijk"""),
    ):  # fmt: skip
        await listener.get(came)
        assert target.requests[-1].line == f"GET {gone} HTTP/1.1"
    told = (await world.elb("DescribeRules", RuleArns=[rule]))["Rules"][0]
    assert told["Transforms"] == [url, host]
    await world.elb("ModifyRule", RuleArn=rule, ResetTransforms=True)
    await world.settled()
    await listener.get("/dp/B09")
    assert target.requests[-1].line == "GET /dp/B09 HTTP/1.1"
    made = {"ListenerArn": listener.arn, "Priority": 9, "Conditions": [path_is("/x")], "Actions": [fixed()]}
    for wrong in (
        [url, url], [rewrites("url-rewrite", "(a", "b")], [{"Type": "url-rewrite"}],
        [rewrites("url-rewrite", "(?=a)b", "b")], [rewrites("url-rewrite", "(a)b", "$2")],
    ):  # fmt: skip
        assert await world.refused("CreateRule", Transforms=wrong, **made)
