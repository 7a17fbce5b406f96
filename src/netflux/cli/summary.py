"""What there is to open once the cloud is up: told from the status, printed for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from netflux.cli import versions


@dataclass(frozen=True)
class Line:
    """A thing to open.

    Attributes:
        label: what it is.
        value: a URL, a command, a path.
        note: more of it; may be empty.
    """

    label: str
    value: str
    note: str = ""


def lines(status: dict[str, Any]) -> list[Line]:
    """Everything that answers now, in the order in which a person wants it.

    Args:
        status: of `/_netflux/status.json`.
    """
    region = status["region"]
    port = region["port"]
    found: list[Line] = []
    for distribution in status.get("distributions", ()):
        host = distribution["DomainName"]
        found.append(Line("Site", f"https://{host}:{port}/", f"or http://{host}:{port}/"))
        found += [Line("API", f"https://{host}:{port}{path}") for path in _api_paths(distribution, status)[:1]]
    for balancer in status.get("load_balancers", ()):
        found.append(Line("Load balancer", f"http://{balancer['DNSName']}:{port}/", balancer["LoadBalancerName"]))
    found.append(Line("Map", f"http://localhost:{port}/_netflux/"))
    found.append(
        Line("AWS", 'eval "$(netflux env)"', f"then aws ecs list-clusters; the endpoint is http://localhost:{port}")
    )
    found.append(
        Line("CA", region["ca"], "what https is signed by; trust it where you want to, it is installed nowhere")
    )
    return found


def _api_paths(distribution: dict[str, Any], status: dict[str, Any]) -> list[str]:
    """Paths of listener rules that the distribution hands on, without their wildcards."""
    behaviors = distribution["DistributionConfig"].get("CacheBehaviors", {}).get("Items", [])
    prefixes = [behavior["PathPattern"].partition("*")[0] for behavior in behaviors]
    rules = [rule for listener in status.get("listeners", ()) for rule in listener["Rules"]]
    paths = [
        value.partition("*")[0]
        for rule in rules
        for condition in rule.get("Conditions", ())
        if condition.get("Field") == "path-pattern"
        for value in condition.get("PathPatternConfig", {}).get("Values", condition.get("Values", ()))
    ]
    return [path for path in paths if any(path.startswith(prefix) for prefix in prefixes)] or prefixes


def _notes(status: dict[str, Any]) -> Iterator[str]:
    """What a person might not expect of this region."""
    region = status["region"]
    if region.get("any_credentials"):
        yield "--any-credentials: every access key is taken from programs, unverified."
    if not region.get("iam", True):
        yield "--iam off: no policy of IAM is heeded; tasks and roles may do everything."
    if not region.get("tells_users_apart", True):
        yield "The kernel does not tell whose a connection is: other users of this machine can use the key `test` here."
    yield from versions.behind(status)


def show(console: Console, status: dict[str, Any], seconds: float | None = None) -> None:
    """Prints the lines, and what is not as it is on AWS."""
    region = status["region"]
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    for line in lines(status):
        value = Text(line.value, style=f"link {line.value}" if line.value.startswith("http") else "")
        grid.add_row(line.label, value if not line.note else value.append(f"\n{line.note}", "dim not link"))
    took = f" after {seconds:.1f} s" if seconds is not None else ""
    console.print(Panel(grid, title=f"Netflux is up{took}", title_align="left", border_style="green", expand=False))
    if not region["enforces_security_groups"]:
        console.print(
            Text(
                f"Network {region['network']}: security groups are checked at the proxies; between processes of this "
                "machine they are not enforced. --network namespaces enforces them; `netflux doctor` says whether it "
                "can be used here.",
                "yellow",
            )
        )
    for sentence in _notes(status):
        console.print(Text(sentence, "yellow"))
    sizes = region.get("sizes")
    held = sizes is None or (sizes["memory"] and sizes["cpu"])
    if sizes is not None and (seconds is None or not held):
        console.print(Text(f"Sizes of tasks: {sizes['how']}", "dim" if held else "yellow"))
    if seconds is not None:  # after a start; `netflux status` has them at its end
        for fault in region.get("faults", ()):
            console.print(Text(f"✗ {fault['message']}", "red"))
            console.print(Text(f"  → {fault['hint']}", "cyan"))
    walls = region.get("walls") or {"missing": []}
    why = f" ({walls['reason']})" if walls.get("reason") else ""
    for lack in walls["missing"]:
        console.print(Text(f"Walls around tasks: {lack}{why}", "yellow"))
    for part, reason in status.get("unavailable", {}).items():
        console.print(Text(f"{part}: {reason}", "yellow"))
