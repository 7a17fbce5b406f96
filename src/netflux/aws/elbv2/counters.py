"""HAProxy's counters as CloudWatch's metrics of load balancers. Pure.

User guide, "CloudWatch metrics for your Application Load Balancer". A backend's row counts what clients were
answered, its servers' rows what targets answered; the difference are the load balancer's own answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

NAMESPACE = "AWS/ApplicationELB"
_CLASSES = ("2xx", "3xx", "4xx", "5xx")
_COUNTED = ("stot", "bin", "bout", "econ", *(f"hrsp_{name}" for name in _CLASSES))

Row = Mapping[str, str]
Key = tuple[str, str]


@dataclass(frozen=True)
class Owned:
    """A load balancer and what of HAProxy's is its.

    Attributes:
        name: the dimension, `app/<name>/<id>`.
        prefix: of its backends' names.
        groups: the dimension of a target group, `targetgroup/<name>/<id>`, by backend.
    """

    name: str
    prefix: str
    groups: Mapping[str, str]


@dataclass(frozen=True)
class Value:
    """A metric's value of the time since the last look.

    Attributes:
        load_balancer: its dimension; empty for a metric of the target group alone.
        group: the target group's dimension; empty for the whole load balancer's.
        samples: what the total is the sum of; 0 for a plain count.
    """

    load_balancer: str
    group: str
    name: str
    total: float
    samples: int = 0

    @property
    def dimensions(self) -> frozenset[tuple[str, str]]:
        """CloudWatch's."""
        both = {("LoadBalancer", self.load_balancer), ("TargetGroup", self.group)}
        return frozenset((name, value) for name, value in both if value)

    @property
    def unit(self) -> str:
        """CloudWatch's."""
        return {"TargetResponseTime": "Seconds", "ProcessedBytes": "Bytes"}.get(self.name, "Count")

    @property
    def exact(self) -> float | None:
        """The least and the most of the samples, where it is known: of one that is looked at, and not summed up."""
        return self.total if self.name.endswith("HostCount") else None


def reading(rows: Sequence[Row]) -> dict[Key, dict[str, int]]:
    """The counters of backends and servers, by their names."""
    return {
        (row["pxname"], row["svname"]): {name: int(row.get(name) or 0) for name in (*_COUNTED, "rtime")}
        for row in rows
        if row["svname"] != "FRONTEND" and "elbv2-" in row["pxname"]
    }


def since(before: Mapping[Key, Mapping[str, int]], now: Mapping[Key, Mapping[str, int]]) -> dict[Key, dict[str, int]]:
    """What has been counted since; averages stay as they are now."""
    none: Mapping[str, int] = {}
    return {
        key: {name: value - before.get(key, none).get(name, 0) if name in _COUNTED else value
              for name, value in counts.items()}
        for key, counts in now.items()
    }  # fmt: skip


def values(counted: Mapping[Key, Mapping[str, int]], owned: Iterable[Owned]) -> list[Value]:
    """Metrics with traffic; none where nothing was counted."""
    found: list[Value] = []
    for balancer in owned:
        totals: dict[tuple[str, str], float] = {}
        times: dict[str, tuple[float, int]] = {}
        for (proxy, server), counts in counted.items():
            backend = proxy.rpartition("--")[2]
            if not backend.startswith(balancer.prefix):
                continue
            group = balancer.groups.get(backend, "")
            for name, value in _row(counts, server=server != "BACKEND", group=bool(group), backend=backend):
                for whose in {"", group} if name in _OF_GROUPS else {""}:
                    totals[whose, name] = totals.get((whose, name), 0) + value
            answered = sum(counts[f"hrsp_{kind}"] for kind in _CLASSES)
            if server != "BACKEND" and answered:
                for whose in {"", group}:
                    total, samples = times.get(whose, (0.0, 0))
                    times[whose] = total + counts["rtime"] / 1000 * answered, samples + answered
        found += [Value(balancer.name, group, name, total) for (group, name), total in totals.items() if total > 0]
        found += [
            Value(balancer.name, group, "TargetResponseTime", total, samples)
            for group, (total, samples) in times.items()
        ]
    return found


def per_target(counted: Iterable[Value], hosts: Iterable[Value]) -> list[Value]:
    """RequestCountPerTarget: requests by healthy targets, by all registered ones where none is healthy."""
    requests = {(value.load_balancer, value.group): value.total for value in counted if value.name == "RequestCount"}
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
            each = requests.get((balancer, group), 0) / (healthy.get((balancer, group)) or there)
            found += [Value(whose, group, "RequestCountPerTarget", each, 1) for whose in (balancer, "")]
    return found


_OF_GROUPS = frozenset(
    ["RequestCount", "TargetConnectionErrorCount", *(f"HTTPCode_Target_{name.upper()}_Count" for name in _CLASSES)]
)


def _row(counts: Mapping[str, int], *, server: bool, group: bool, backend: str) -> list[tuple[str, int]]:
    """A row's part of the metrics; a server's answers are taken from the load balancer's own."""
    if server:
        found = [("RequestCount", counts["stot"]), ("TargetConnectionErrorCount", counts["econ"])]
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
