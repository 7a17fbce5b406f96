"""The access log: what HAProxy says of a request, and the line that AWS has for it. Pure.

User guide, "Access logs for your Application Load Balancer".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote

from netflux.aws.elbv2.rule.transform import HOST, URL
from netflux.resources.elbv2 import DEFAULT_PRIORITY

KIND = "access"
"""Of the lines in HAProxy's journal."""
FRONT = "x-netflux-front"
"""From the gateway to the load balancer's own frontend: how the client came to the gateway."""
_FRONT = "%[fc_http_major]|%[ssl_fc_protocol]|%[ssl_fc_cipher]"
_FIELDS = (
    "%f", "%b", "%ci", "%cp", "%si", "%sp", "%Tw", "%Tc", "%Tr", "%Td", "%Ta", "%ST", "%ts", "%U", "%B", "%HM", "%HU",
    "%HV", "%[var(txn.host),url_enc]", "%[var(txn.agent),url_enc]", "%[var(txn.trace),url_enc]", "%[var(txn.front)]",
    "%[var(txn.location),url_enc]", "%[var(txn.answered)]", "%[var(txn.upgrade)]", "%[var(txn.new_host),url_enc]",
    "%[var(txn.new_url),url_enc]",
)  # fmt: skip


@dataclass(frozen=True)
class Balancer:
    """The load balancer, as its log names it.

    Attributes:
        name: `app/<name>/<id>`.
        secure: the ports of its HTTPS listeners.
        groups: a target group's ARN, by backend.
        actions: what a backend does, for those that have no group.
        targets: `address:port` in the VPC, by local `address:port`.
    """

    name: str
    secure: frozenset[str]
    groups: Mapping[str, str]
    actions: Mapping[str, str]
    targets: Mapping[str, str]


def front() -> Iterator[str]:
    """Lines of the gateway's backend."""
    yield f"http-request set-header {FRONT} {_FRONT}"


def listening(journal: str, *, behind: bool) -> Iterator[str]:
    """Lines of a load balancer's frontend.

    Args:
        journal: where the lines go, in HAProxy's words.
        behind: whether the gateway is in front of it.
    """
    yield "no option dontlog-normal"
    yield "no log"
    yield f"log {journal} len 65535 format raw local0"
    yield f'log-format "{KIND} ' + "\\t".join(_FIELDS) + '"'
    if behind:
        yield f"http-request set-var(txn.front) req.hdr({FRONT})"
        yield f"http-request del-header {FRONT}"
    else:
        yield f"http-request set-var-fmt(txn.front) {_FRONT}"
    yield "http-request set-var(txn.host) req.hdr(host)"
    yield "http-request set-var(txn.agent) req.hdr(user-agent)"
    yield "http-request set-var(txn.upgrade) req.hdr(upgrade)"


def forwarding() -> Iterator[str]:
    """Lines of a backend with targets."""
    yield "http-request set-var(txn.trace) req.hdr(x-amzn-trace-id)"
    yield "http-response set-var(txn.answered) status"


def transformed(kinds: Collection[str]) -> Iterator[str]:
    """Lines of a backend behind its rule's transforms."""
    if HOST in kinds:
        yield "http-request set-var(txn.new_host) req.hdr(host)"
    if URL in kinds:
        yield "http-request set-var(txn.new_url) pathq"


@dataclass(frozen=True)
class Outcome:
    """How a request ended.

    Attributes:
        seconds: until the target answered; None when it did not.
    """

    backend: str
    state: str
    status: str
    seconds: float | None


def outcome(line: str) -> Outcome:
    """Of HAProxy's line; ValueError when it is none."""
    field = _fields(line)
    answered = field["%[var(txn.answered)]"].isdigit()
    return Outcome(field["%b"], field["%ts"], field["%ST"], max(int(field["%Tr"]), 0) / 1000 if answered else None)


def _fields(line: str) -> dict[str, str]:
    return dict(zip(_FIELDS, line.split("\t"), strict=True))


def balancer_id(line: str) -> str:
    """The id of the load balancer that the line is about."""
    found = re.match(r"elbv2-([0-9a-f]+)-", line)
    return found[1] if found else ""


def entry(line: str, balancer: Balancer, now: datetime) -> str:
    """AWS's line for HAProxy's, which was written when the request had ended."""
    field = _fields(line)
    port = field["%f"].split("-")[2]
    host, agent, trace, location = (unquote(field[f"%[var(txn.{name}),url_enc]"]) for name in (
        "host", "agent", "trace", "location",
    ))  # fmt: skip
    major, tls, cipher = f"{field['%[var(txn.front)]']}||".split("|")[:3]
    answered = field["%[var(txn.answered)]"]
    group = balancer.groups.get(field["%b"], "")
    picked = balancer.targets.get(f"{field['%si']}:{field['%sp']}", "") if group else ""
    secure = port in balancer.secure
    status = "460" if field["%ts"].startswith("C") and not answered.isdigit() else field["%ST"]
    began = now - timedelta(milliseconds=max(int(field["%Ta"]), 0))
    scheme = "https" if secure else "http"
    url = f"{scheme}://{host.partition(':')[0]}:{port}{field['%HU']}"
    return " ".join([
        _kind(field["%[var(txn.upgrade)]"], major, secure=secure), _time(now), balancer.name,
        f"{field['%ci']}:{field['%cp']}", picked or "-", *_durations(field, dispatched=bool(answered.isdigit())),
        status, answered if answered.isdigit() else "-", field["%U"], field["%B"],
        _quoted(f"{field['%HM']} {url} {field['%HV']}"), _quoted(agent), _or_dash(cipher), _or_dash(tls),
        group or "-", _quoted(trace), _quoted(host.partition(":")[0] if secure else ""), _quoted(""),
        _priority(field["%b"]), _time(began), _quoted(_actions(field["%b"], balancer)), _quoted(location),
        _quoted(""), _quoted(picked), _quoted(answered if answered.isdigit() else ""), _quoted(""), _quoted(""),
        "-", *_rewritten(field, host.partition(":")[0]), "-",
    ])  # fmt: skip


def _rewritten(field: Mapping[str, str], host: str) -> list[str]:
    """Host and URI where a transform has changed them, and that it did."""
    new = [unquote(field[f"%[var(txn.{name}),url_enc]"]) for name in ("new_host", "new_url")]
    changed = [text if text not in ("-", old) else "" for text, old in zip(new, (host, field["%HU"]), strict=True)]
    return [*map(_quoted, changed), _quoted("TransformSuccess" if any(changed) else "")]


def key(prefix: str, owner: tuple[str, str], name: str, ended: tuple[datetime, str, str]) -> str:
    """Of the object in the bucket.

    Args:
        prefix: the attribute's.
        owner: account and region.
        name: of the load balancer, `app/<name>/<id>`.
        ended: the end of the five minutes, the node's address, and a random word.
    """
    account, region = owner
    moment, address, word = ended
    day = moment.strftime("%Y/%m/%d")
    start = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    return (
        f"{start}AWSLogs/{account}/elasticloadbalancing/{region}/{day}/{account}_elasticloadbalancing_{region}_"
        f"{name.replace('/', '.')}_{moment.strftime('%Y%m%dT%H%MZ')}_{address}_{word}.log.gz"
    )


def _durations(field: Mapping[str, str], *, dispatched: bool) -> list[str]:
    """Until the request was sent, until the target answered, until the answer was sent; seconds, -1 for none."""
    if not dispatched:
        return ["-1", "-1", "-1"]
    waits = max(int(field["%Tw"]), 0) + max(int(field["%Tc"]), 0)
    return [f"{max(int(part), 0) / 1000:.3f}" for part in (waits, field["%Tr"], field["%Td"])]


def _kind(upgrade: str, major: str, *, secure: bool) -> str:
    if upgrade.lower() == "websocket":
        return "wss" if secure else "ws"
    if not secure:
        return "http"
    return "h2" if major == "2" else "https"


def _actions(backend: str, balancer: Balancer) -> str:
    return "forward" if backend in balancer.groups else balancer.actions.get(backend, "")


def _priority(backend: str) -> str:
    found = re.search(r"-r(\d+)$", backend)
    if not found:
        return "-1" if backend.endswith("-trace") else "0"
    return "0" if int(found[1]) == DEFAULT_PRIORITY else found[1]


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _quoted(text: str) -> str:
    plain = "".join(letter if letter.isprintable() and letter not in '"\\' else f"\\x{ord(letter):02x}"
                    for letter in text)  # fmt: skip
    return f'"{plain or "-"}"'


def _or_dash(text: str) -> str:
    return text or "-"
