"""`netflux`: the commands, their options, and how an error looks.

What a command does not need is imported by those that do: the first answer of `netflux up` waits for every module.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from netflux import __version__
from netflux.cli import project as projects
from netflux.errors import UserError

Body = TypeVar("Body", bound=Callable[..., None])

_PATH: Any = click.Path(path_type=Path)
_STATE = click.option(
    "--state", envvar="NETFLUX_STATE_DIR", metavar="DIR", type=_PATH, help="State directory [.netflux in the project]."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="All of it, for programs.")


@click.group(no_args_is_help=True)
def app() -> None:
    """Netflux: a local cloud that runs CloudFormation templates on one machine, for real."""


def _option(name: str, text: str, **more: Any) -> Callable[[Body], Body]:
    return click.option(name, help=text, show_default=True, **more)


def _flag(name: str, text: str) -> Callable[[Body], Body]:
    return click.option(name, help=text, is_flag=True)


@app.command(epilog="WHAT is a folder with a netflux.toml, or a template; this folder when it is absent.")
@click.argument("what", metavar="[WHAT]", type=_PATH, required=False)
@_flag("--empty", "Start the cloud with no stack.")
@_flag("--detach", "Return when all is ready; it goes on running.")
@_option("--port", "On 127.0.0.1; 0 takes a free one.", type=click.IntRange(0, 65535), default=4566)
@_STATE
@_option("--speed", "Health checks, delays and grace periods run so many times faster.", type=float, default=1.0)
@_option(
    "--network", "How addresses are made real.", envvar="NETFLUX_NETWORK", default="auto",
    type=click.Choice(["auto", "loopback", "namespaces"]),
)  # fmt: skip
@_option("--runtime", "How containers run.", type=click.Choice(["auto", "process", "podman"]), default="auto")
@_flag("--any-credentials", "Take access keys that nobody issued, from programs; unverified.")
@_option(
    "--iam", "Whether policies decide what tasks, roles and users may do.", type=click.Choice(["on", "off"]),
    default="on",
)  # fmt: skip
@_flag("--live", "Tasks run in the project's folders themselves, as they are, not in copies.")
def up(state: Path | None, speed: float, iam: str, detach: bool, **options: Any) -> None:
    """Start the cloud and deploy the project's stack into it."""
    from netflux.cli import commands

    if not 0 < speed <= 1000:
        raise UserError(
            f"--speed {speed:g} is not possible.", "Choose more than 0 and at most 1000; 1 is real time.", 2
        )
    chosen = commands.Chosen(speed=speed, iam=iam == "on", **options)
    place = projects.state(state, chosen.what)
    if detach:
        commands.up_detached(chosen, place)
    else:
        commands.up(chosen, place)


@app.command()
@_STATE
@_JSON
def status(state: Path | None, as_json: bool) -> None:
    """Show what runs: services, targets, databases, names."""
    from netflux.cli import commands

    commands.status(projects.state(state), as_json)


@app.command(epilog="SERVICE is an ECS service; all of them when it is absent.")
@click.argument("service", default="")
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@_STATE
def logs(service: str, follow: bool, state: Path | None) -> None:
    """Show what the services' containers print."""
    from netflux.cli import commands

    commands.logs(projects.state(state), service, follow)


@app.command()
@_STATE
@_flag("--delete", "Remove the state as well.")
def down(state: Path | None, delete: bool) -> None:
    """Stop the cloud. Its state stays, unless --delete is given."""
    from netflux.cli import commands

    commands.down(projects.state(state), delete)


@app.command()
@_STATE
def doctor(state: Path | None) -> None:
    """Say what this machine has, what that means, and what to do."""
    from rich.console import Console

    from netflux.cli import doctor as doctors

    raise click.exceptions.Exit(doctors.report(Console(), projects.state(state)))


@app.command(
    epilog="FOLDER is what the command runs in, REPOSITORY:TAG an ECR repository of the running cloud, and COMMAND the "
    "image's command."
)
@click.argument("folder", type=_PATH)
@click.argument("image", metavar="REPOSITORY:TAG")
@click.argument("command", metavar="-- COMMAND...", nargs=-1, required=True)
@_flag("--live", "Tasks run in the folder itself, as it is.")
@_STATE
def push(folder: Path, image: str, command: tuple[str, ...], live: bool, state: Path | None) -> None:
    """Put a folder and its command into a repository as a process image."""
    from netflux.cli import commands

    commands.push(projects.state(state), folder, image, [*command], live=live)


@app.command(epilog="TASK is a task's id or ARN, or a service's name; without it all tasks on Fargate Spot are meant.")
@click.argument("task", default="")
@_STATE
def interrupt(task: str, state: Path | None) -> None:
    """Take tasks on Fargate Spot their capacity, as AWS may at any time."""
    from netflux.cli import commands

    commands.interrupt(projects.state(state), task)


@app.command(epilog="FROM and TO are names, ids or addresses, or `internet`; TO has its own port when none is named.")
@click.argument("source", metavar="FROM")
@click.argument("destination", metavar="TO[:PORT]")
@_JSON
@_flag("--probe", "Send a real packet as well, and compare.")
@_STATE
def reach(source: str, destination: str, as_json: bool, probe: bool, state: Path | None) -> None:
    """Say whether one place may connect to another, hop by hop, and which rule decides or is missing."""
    from netflux.cli import reach as reaching

    asked = reaching.Asked(source, destination, probe)
    raise click.exceptions.Exit(reaching.reach(projects.state(state), asked, as_json))


@app.command("why-denied")
@click.option("--principal", metavar="ARN", default="", help="A role, a user or a session.")
@click.option("--action", metavar="SERVICE:ACTION", default="", help="E.g. s3:GetObject.")
@click.option("--resource", metavar="ARN", default="*", help="What it is done to.", show_default=True)
@_JSON
@_STATE
def why_denied(principal: str, action: str, resource: str, as_json: bool, state: Path | None) -> None:
    """Say which policy's statement denied the last calls, or decides about one, and what would allow it."""
    from netflux.cli import denied

    asked = denied.Asked(principal, action, resource)
    raise click.exceptions.Exit(denied.why(projects.state(state), asked, as_json))


@app.command()
@_STATE
def env(state: Path | None) -> None:
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
        sys.exit(app(standalone_mode=False))  # which returns the code that a command ends with
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
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
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

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
