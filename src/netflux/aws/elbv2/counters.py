"""HAProxy's counters as CloudWatch's metrics of load balancers. Pure.

User guide, "CloudWatch metrics for your Application Load Balancer". A backend's row counts what clients were
answered, its servers' rows what targets answered; the difference are the load balancer's own answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

NAMESPACE = "AWS/ApplicationELB"
_CLASSES = ("2xx", "3xx", "4xx", "5xx")
_COUNTED = ("stot", "bin", "bout", "econ", "conn_tot", "connect", *(f"hrsp_{name}" for name in _CLASSES))
_LOOKED_AT = ("rtime", "rtime_max", "scur", "used_conn_cur", "idle_conn_cur", "safe_conn_cur")
_CODES = ("500", "502", "503", "504")

Row = Mapping[str, str]
Key = tuple[str, str]


@dataclass(frozen=True)
class Owned:
    """A load balancer and what of HAProxy's is its.

    Attributes:
        name: the dimension, `app/<name>/<id>`.
        prefix: of its backends' names.
        groups: the dimension of a target group, `targetgroup/<name>/<id>`, by backend.
        evaluations: how many rules are tried on the way into a backend; absent where several ways lead there.
    """

    name: str
    prefix: str
    groups: Mapping[str, str]
    evaluations: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Value:
    """A metric's value of the time since the last look.

    Attributes:
        group: the target group's dimension; empty for the whole load balancer's.
        samples: what the total is the sum of; 0 for a plain count.
        least, most: of the samples, where it is known.
    """

    load_balancer: str
    group: str
    name: str
    total: float
    samples: int = 0
    least: float | None = None
    most: float | None = None

    @property
    def dimensions(self) -> frozenset[tuple[str, str]]:
        """CloudWatch's."""
        whose = {("LoadBalancer", self.load_balancer)}
        return frozenset(whose | {("TargetGroup", self.group)} if self.group else whose)

    @property
    def unit(self) -> str:
        """CloudWatch's."""
        return {"TargetResponseTime": "Seconds", "ProcessedBytes": "Bytes"}.get(self.name, "Count")


def looked_at(load_balancer: str, group: str, name: str, value: float) -> Value:
    """What is so now, and not summed up since the last look."""
    return Value(load_balancer, group, name, value, 1, value, value)


def reading(rows: Sequence[Row]) -> dict[Key, dict[str, int]]:
    """The counters of load balancers' frontends, backends and servers, by their names.

    Not of the frontend that the gateway's clients pass for the access log: its connections are the gateway's.
    """
    return {
        (row["pxname"], row["svname"]): {name: int(row.get(name) or 0) for name in (*_COUNTED, *_LOOKED_AT)}
        for row in rows
        if "elbv2-" in row["pxname"] and not row["pxname"].endswith("-gateway")
    }


def since(before: Mapping[Key, Mapping[str, int]], now: Mapping[Key, Mapping[str, int]]) -> dict[Key, dict[str, int]]:
    """What has been counted since; averages and what is so now stay."""
    none: Mapping[str, int] = {}
    return {
        key: {name: value - before.get(key, none).get(name, 0) if name in _COUNTED else value
              for name, value in counts.items()}
        for key, counts in now.items()
    }  # fmt: skip


def failure(line: str) -> tuple[str, str] | None:
    """Backend and status of a failure that HAProxy tells of in its journal; None for one that metrics don't name.

    The second letter says how far it had come: behind the response's headers (`D`, `L`) the status is the target's.
    """
    backend, state, status = line.split(" ")
    return (backend, status) if state[1] in "RQCH" and status in _CODES else None


def values(
    counted: Mapping[Key, Mapping[str, int]],
    owned: Iterable[Owned],
    failed: Mapping[tuple[str, str], int] | None = None,
) -> list[Value]:
    """Metrics with traffic; none where nothing was counted.

    Args:
        counted: since the last look.
        owned: the load balancers.
        failed: requests by backend and status, from `failure`.
    """
    return [value for balancer in owned for value in _values(counted, balancer, failed or {})]


def _values(
    counted: Mapping[Key, Mapping[str, int]], balancer: Owned, failed: Mapping[tuple[str, str], int]
) -> Iterator[Value]:
    totals: Counter[tuple[str, str]] = Counter()
    times: dict[str, Value] = {}
    active = 0
    for (proxy, server), counts in counted.items():
        backend = proxy.rpartition("--")[2]
        if not backend.startswith(balancer.prefix):
            continue
        active += sum(counts[name] for name in _CONNECTIONS[_KINDS.get(server, "server")])
        group = balancer.groups.get(backend, "")
        for name, value in _row(counts, server, backend, group=bool(group)):
            for whose in {"", group} if name in _OF_GROUPS else {""}:
                totals[whose, name] += value
        answered = sum(counts[f"hrsp_{kind}"] for kind in _CLASSES)
        if server not in _KINDS and answered:
            for whose in {"", group}:
                times[whose] = _slower(times.get(whose), Value(balancer.name, whose, "TargetResponseTime", (
                    counts["rtime"] / 1000 * answered
                ), answered, None, counts["rtime_max"] / 1000))  # fmt: skip
    for (proxy, status), number in failed.items():
        if proxy.rpartition("--")[2].startswith(balancer.prefix):
            totals["", f"HTTPCode_ELB_{status}_Count"] += number
    totals["", "RuleEvaluations"] = _evaluations(counted, balancer)
    yield from (Value(balancer.name, group, name, total) for (group, name), total in totals.items() if total > 0)
    yield from times.values()
    if active:
        yield looked_at(balancer.name, "", "ActiveConnectionCount", active)


def _slower(one: Value | None, other: Value) -> Value:
    """Both servers' response times."""
    if one is None:
        return other
    most = max(one.most or 0, other.most or 0)
    return replace(other, total=one.total + other.total, samples=one.samples + other.samples, most=most)


def _evaluations(counted: Mapping[Key, Mapping[str, int]], balancer: Owned) -> int:
    """0 when requests got to a backend by several rules, because then it is not known by which."""
    total = 0
    for (proxy, server), counts in counted.items():
        backend = proxy.rpartition("--")[2]
        if server == "BACKEND" and backend.startswith(balancer.prefix) and counts["stot"]:
            if backend not in balancer.evaluations:
                return 0
            total += balancer.evaluations[backend] * counts["stot"]
    return total


_KINDS = {"FRONTEND": "frontend", "BACKEND": "backend"}
_CONNECTIONS = {
    "frontend": ("scur",), "backend": (), "server": ("used_conn_cur", "idle_conn_cur", "safe_conn_cur"),
}  # fmt: skip
_OF_GROUPS = frozenset(
    ["RequestCount", "TargetConnectionErrorCount", *(f"HTTPCode_Target_{name.upper()}_Count" for name in _CLASSES)]
)


def _row(counts: Mapping[str, int], server: str, backend: str, *, group: bool) -> list[tuple[str, int]]:
    """A row's part of the metrics; a server's answers are taken from the load balancer's own."""
    if server == "FRONTEND":
        return [("NewConnectionCount", counts["conn_tot"])]
    if server != "BACKEND":
        found = [("RequestCount", counts["stot"]), ("TargetConnectionErrorCount", counts["econ"])]
        found.append(("NewConnectionCount", counts["connect"] - counts["econ"]))
        for name in _CLASSES:
            found.append((f"HTTPCode_Target_{name.upper()}_Count", counts[f"hrsp_{name}"]))
            if name != "2xx":
                found.append((f"HTTPCode_ELB_{name.upper()}_Count", -counts[f"hrsp_{name}"]))
        return found
    found = [("ProcessedBytes", counts["bin"] + counts["bout"])]
    fixed = not group and backend.rpartition("-")[2].startswith("r")
    if fixed:
        found.append(("HTTP_Redirect_Count", counts["hrsp_3xx"]))
        found.append(("HTTP_Fixed_Response_Count", sum(counts[f"hrsp_{name}"] for name in ("2xx", "4xx", "5xx"))))
    return [*found, *((f"HTTPCode_ELB_{name.upper()}_Count", counts[f"hrsp_{name}"]) for name in _CLASSES[1:])]
