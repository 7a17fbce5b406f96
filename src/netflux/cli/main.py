"""`netflux`: the commands, their options, and how an error looks."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from netflux import __version__
from netflux.cli import project as projects
from netflux.errors import UserError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Netflux: a local cloud that runs CloudFormation templates on one machine, for real.",
)


class Network(StrEnum):
    """Network drivers."""

    auto = "auto"
    loopback = "loopback"
    namespaces = "namespaces"


class Runtime(StrEnum):
    """How containers run."""

    auto = "auto"
    process = "process"
    podman = "podman"


class Switch(StrEnum):
    """On or off."""

    on = "on"
    off = "off"


State = Annotated[
    Path | None,
    typer.Option(
        "--state", envvar="NETFLUX_STATE_DIR", metavar="DIR", help="State directory [.netflux in the project]."
    ),
]


@app.command()
def up(  # noqa: PLR0917, an option each
    what: Annotated[
        Path | None, typer.Argument(metavar="[DIR|TEMPLATE]", help="A folder with a netflux.toml, or a template.")
    ] = None,
    empty: Annotated[bool, typer.Option("--empty", help="Start the cloud with no stack.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Return when all is ready; it goes on running.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="On 127.0.0.1; 0 takes a free one.")] = 4566,
    state: State = None,
    speed: Annotated[
        float, typer.Option("--speed", help="Health checks, delays and grace periods run so many times faster.")
    ] = 1.0,
    network: Annotated[
        Network, typer.Option("--network", envvar="NETFLUX_NETWORK", help="How addresses are made real.")
    ] = Network.auto,
    runtime: Annotated[Runtime, typer.Option("--runtime", help="How containers run.")] = Runtime.auto,
    any_credentials: Annotated[
        bool, typer.Option("--any-credentials", help="Take access keys that nobody issued, from programs; unverified.")
    ] = False,
    iam: Annotated[
        Switch, typer.Option("--iam", help="Whether policies decide what tasks, roles and users may do.")
    ] = Switch.on,
    live: Annotated[
        bool, typer.Option("--live", help="Tasks run in the project's folders themselves, as they are, not in copies.")
    ] = False,
) -> None:
    """Start the cloud and deploy the project's stack into it."""
    from netflux.cli import commands

    if not 0 < speed <= 1000:
        raise UserError(
            f"--speed {speed:g} is not possible.", "Choose more than 0 and at most 1000; 1 is real time.", 2
        )
    chosen = commands.Chosen(
        what, empty, port, speed, network.value, runtime.value, any_credentials, iam is Switch.on, live
    )
    place = projects.state(state, what)
    if detach:
        commands.up_detached(chosen, place)
    else:
        commands.up(chosen, place)


@app.command()
def status(
    state: State = None, as_json: Annotated[bool, typer.Option("--json", help="All of it, for programs.")] = False
) -> None:
    """Show what runs: services, targets, databases, names."""
    from netflux.cli import commands

    commands.status(projects.state(state), as_json)


@app.command()
def logs(
    service: Annotated[str, typer.Argument(help="An ECS service; all of them when absent.")] = "",
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until Ctrl-C.")] = False,
    state: State = None,
) -> None:
    """Show what the services' containers print."""
    from netflux.cli import commands

    commands.logs(projects.state(state), service, follow)


@app.command()
def down(
    state: State = None, delete: Annotated[bool, typer.Option("--delete", help="Remove the state as well.")] = False
) -> None:
    """Stop the cloud. Its state stays, unless --delete is given."""
    from netflux.cli import commands

    commands.down(projects.state(state), delete)


@app.command()
def doctor(state: State = None) -> None:
    """Say what this machine has, what that means, and what to do."""
    from netflux.cli import doctor as doctors

    raise typer.Exit(doctors.report(Console(), projects.state(state)))


@app.command()
def push(
    folder: Annotated[Path, typer.Argument(help="What the command runs in.")],
    image: Annotated[str, typer.Argument(metavar="REPOSITORY:TAG", help="An ECR repository of the running cloud.")],
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="The image's command.")],
    live: Annotated[bool, typer.Option("--live", help="Tasks run in the folder itself, as it is.")] = False,
    state: State = None,
) -> None:
    """Put a folder and its command into a repository as a process image."""
    from netflux.cli import commands

    commands.push(projects.state(state), folder, image, command, live=live)


@app.command()
def reach(
    source: Annotated[str, typer.Argument(metavar="FROM", help="A name, id or address; or `internet`.")],
    destination: Annotated[str, typer.Argument(metavar="TO[:PORT]", help="The same; its own port when none is named.")],
    as_json: Annotated[bool, typer.Option("--json", help="All of it, for programs.")] = False,
    probe: Annotated[bool, typer.Option("--probe", help="Send a real packet as well, and compare.")] = False,
    state: State = None,
) -> None:
    """Say whether one place may connect to another, hop by hop, and which rule decides or is missing."""
    from netflux.cli import reach as reaching

    raise typer.Exit(reaching.reach(projects.state(state), reaching.Asked(source, destination, probe), as_json))


@app.command("why-denied")
def why_denied(
    principal: Annotated[str, typer.Option("--principal", metavar="ARN", help="A role, a user or a session.")] = "",
    action: Annotated[str, typer.Option("--action", metavar="SERVICE:ACTION", help="E.g. s3:GetObject.")] = "",
    resource: Annotated[str, typer.Option("--resource", metavar="ARN", help="What it is done to.")] = "*",
    as_json: Annotated[bool, typer.Option("--json", help="All of it, for programs.")] = False,
    state: State = None,
) -> None:
    """Say which policy's statement denied the last calls, or decides about one, and what would allow it."""
    from netflux.cli import denied

    raise typer.Exit(denied.why(projects.state(state), denied.Asked(principal, action, resource), as_json))


@app.command()
def env(state: State = None) -> None:
    """Print what points the AWS CLI and SDKs here: eval "$(netflux env)"."""
    from netflux.cli import commands

    commands.env(projects.state(state))


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def main() -> None:
    """Runs the command; an expected error becomes a panel on one screen, an unexpected one a line in the log."""
    try:
        app()
    except UserError as error:
        fail(error)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os._exit(141)  # what a shell reports for SIGPIPE; nobody reads what would be flushed now
    except Exception as error:  # noqa: BLE001, the last line of defence
        fail(unexpected(error))


def fail(error: UserError) -> None:
    """Prints the panel, tells a waiting `up --detach`, and exits."""
    from netflux.cli.commands import pipe

    told = pipe()
    if told is not None:
        told.failed(error)
    body = Text(error.message)
    if error.hint:
        body.append(f"\n\n→ {error.hint}", "cyan")
    console = Console(stderr=True)
    console.print(Panel(body, title="netflux", title_align="left", border_style="red", expand=False))
    sys.exit(error.exit_code)


def unexpected(error: BaseException) -> UserError:
    """Writes the trace to the region's log and says where it is."""
    log = _log()
    with log.open("a") as file:
        file.write("".join(traceback.format_exception(error)))
    return UserError(
        f"Netflux failed unexpectedly: {type(error).__name__}: {error}",
        f"The trace is at the end of {log}. Please report it with that.",
    )


def _log() -> Path:
    """The region's log where one was begun, else a file among the temporary ones."""
    from netflux.cli import commands

    place: Any = commands.current_log()
    return place if place else Path(tempfile.gettempdir()) / f"netflux-{os.getuid()}.log"


if __name__ == "__main__":
    main()
