"""HAProxy's counters as CloudWatch's metrics of load balancers. Pure.

User guide, "CloudWatch metrics for your Application Load Balancer". A backend's row counts what clients were
answered, its servers' rows what targets answered; the difference are the load balancer's own answers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

NAMESPACE = "AWS/ApplicationELB"
_CLASSES = ("2xx", "3xx", "4xx", "5xx")
_COUNTED = ("stot", "bin", "bout", "econ", "conn_tot", "connect", *(f"hrsp_{name}" for name in _CLASSES))
_LOOKED_AT = ("rtime", "rtime_max", "scur", "used_conn_cur", "idle_conn_cur", "safe_conn_cur")
_CODES = ("500", "502", "503", "504")

Row = Mapping[str, str]
Key = tuple[str, str]
Reading = dict[Key, dict[str, int]]


@dataclass(frozen=True)
class Owned:
    """A load balancer and what of HAProxy's is its.

    Attributes:
        name: the dimension, `app/<name>/<id>`.
        prefix: of its backends' names.
        groups: the dimension of a target group, `targetgroup/<name>/<id>`, by backend.
        evaluations: how many rules are tried on the way into a backend; absent where several ways lead there.
        logged: the journal tells of each request.
    """

    name: str
    prefix: str
    groups: Mapping[str, str]
    evaluations: Mapping[str, int] = field(default_factory=dict)
    logged: bool = False


@dataclass(frozen=True)
class Value:
    """A metric's value of the time since the last look.

    Attributes:
        load_balancer: its dimension; empty for a metric of the target group alone.
        group: the target group's dimension; empty for the whole load balancer's.
        samples: what the total is the sum of; 0 for a plain count.
        least, most: of the samples, where it is known.
        spread: how many samples had each value, where it is known.
    """

    load_balancer: str
    group: str
    name: str
    total: float
    samples: int = 0
    least: float | None = None
    most: float | None = None
    spread: Mapping[float, int] | None = None

    @property
    def dimensions(self) -> frozenset[tuple[str, str]]:
        """CloudWatch's."""
        both = {("LoadBalancer", self.load_balancer), ("TargetGroup", self.group)}
        return frozenset((name, value) for name, value in both if value)

    @property
    def unit(self) -> str:
        """CloudWatch's."""
        return {"TargetResponseTime": "Seconds", "ProcessedBytes": "Bytes"}.get(self.name, "Count")


def looked_at(load_balancer: str, group: str, name: str, value: float) -> Value:
    """What is so now, and not summed up since the last look."""
    return Value(load_balancer, group, name, value, 1, value, value)


def reading(rows: Sequence[Row]) -> Reading:
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


def fails(state: str, status: str) -> bool:
    """Whether HAProxy's termination state and the status are a failure of the load balancer's own that metrics name.

    The second letter says how far it had come: behind the response's headers (`D`, `L`) the status is the target's.
    """
    return state[1] in "RQCH" and status in _CODES


def per_target(counted: Iterable[Value], hosts: Iterable[Value]) -> list[Value]:
    """RequestCountPerTarget: requests by healthy targets, by all registered ones where none is healthy."""
    requests: defaultdict[tuple[str, str], float] = defaultdict(float)
    for value in counted:
        if value.name == "RequestCount":
            requests[value.load_balancer, value.group] += value.total
    healthy: dict[tuple[str, str], float] = {}
    registered: dict[tuple[str, str], float] = {}
    for value in hosts:
        key = value.load_balancer, value.group
        registered[key] = registered.get(key, 0) + value.total
        if value.name == "HealthyHostCount":
            healthy[key] = value.total
    found = []
    for (balancer, group), there in registered.items():
        if there:
            each = requests[balancer, group] / (healthy.get((balancer, group)) or there)
            found += [Value(whose, group, "RequestCountPerTarget", each, 1) for whose in (balancer, "")]
    return found


@dataclass
class Told:
    """What the journal has told.

    Attributes:
        failed: requests by backend and status.
        seconds: how long targets took to answer, by backend; of load balancers with an access log.
    """

    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: list[tuple[str, float]] = field(default_factory=list)

    def failures(self, prefix: str) -> Counter[tuple[str, str]]:
        """The load balancer's, by group and metric."""
        found: Counter[tuple[str, str]] = Counter()
        for (proxy, code), number in self.failed.items():
            if _backend(proxy).startswith(prefix):
                found["", f"HTTPCode_ELB_{code}_Count"] += number
        return found


def values(
    counted: Mapping[Key, Mapping[str, int]],
    owned: Iterable[Owned],
    told: Told | None = None,
) -> list[Value]:
    """Metrics with traffic; none where nothing was counted.

    Args:
        counted: since the last look.
        owned: the load balancers.
        told: since the last look.
    """
    return [value for balancer in owned for value in _values(counted, balancer, told or Told())]


def _values(counted: Mapping[Key, Mapping[str, int]], balancer: Owned, told: Told) -> Iterator[Value]:
    totals = told.failures(balancer.prefix)
    active = 0
    ours = [(_backend(proxy), server, counts) for (proxy, server), counts in counted.items()]
    ours = [row for row in ours if row[0].startswith(balancer.prefix)]
    for backend, server, counts in ours:
        active += sum(counts[name] for name in _CONNECTIONS[_KINDS.get(server, "server")])
        group = balancer.groups.get(backend, "")
        for name, value in _row(counts, server, backend, group=bool(group)):
            for whose in {"", group} if name in _OF_GROUPS else {""}:
                totals[whose, name] += value
    totals["", "RuleEvaluations"] = _evaluations(ours, balancer)
    yield from (Value(balancer.name, group, name, total) for (group, name), total in totals.items() if total > 0)
    yield from _told_times(balancer, told) if balancer.logged else _mean_times(ours, balancer)
    if active:
        yield looked_at(balancer.name, "", "ActiveConnectionCount", active)


def _backend(proxy: str) -> str:
    return proxy.rpartition("--")[2]


def _mean_times(rows: Sequence[tuple[str, str, Mapping[str, int]]], balancer: Owned) -> Iterator[Value]:
    """By each server's mean, of which HAProxy knows the most as well.

    HAProxy's mean goes back further than the last look, from which on the most counts; none was longer than that.
    """
    found: dict[str, list[tuple[float, int, float]]] = {}
    for backend, server, counts in rows:
        answered = sum(counts[f"hrsp_{kind}"] for kind in _CLASSES)
        if server not in _KINDS and answered:
            mean, longest = min(counts["rtime"], counts["rtime_max"]), counts["rtime_max"]
            one = mean / 1000 * answered, answered, longest / 1000
            for whose in {"", balancer.groups.get(backend, "")}:
                found.setdefault(whose, []).append(one)
    for whose, servers in found.items():
        totals, samples, most = zip(*servers, strict=True)
        yield Value(balancer.name, whose, "TargetResponseTime", sum(totals), sum(samples), None, max(most))


def _told_times(balancer: Owned, told: Told) -> Iterator[Value]:
    """By each response."""
    found: dict[str, Counter[float]] = {}
    for proxy, seconds in told.seconds:
        backend = _backend(proxy)
        if backend.startswith(balancer.prefix):
            for whose in {"", balancer.groups.get(backend, "")}:
                found.setdefault(whose, Counter())[seconds] += 1
    for whose, spread in found.items():
        total = sum(seconds * number for seconds, number in spread.items())
        ends = min(spread), max(spread)
        yield Value(balancer.name, whose, "TargetResponseTime", total, spread.total(), *ends, spread)


def _evaluations(rows: Sequence[tuple[str, str, Mapping[str, int]]], balancer: Owned) -> int:
    """0 when requests got to a backend by several rules, because then it is not known by which."""
    reached: Counter[str] = Counter()
    for backend, server, counts in rows:
        if server == "BACKEND" and counts["stot"]:
            reached[backend] += counts["stot"]
    if not reached.keys() <= balancer.evaluations.keys():
        return 0
    return sum(balancer.evaluations[backend] * number for backend, number in reached.items())


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
