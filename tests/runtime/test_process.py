"""Containers that are processes of this machine."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from netflux.runtime import manifest
from netflux.runtime.children import Children
from netflux.runtime.driver import ContainerSpec, Image, Mount, PullError, StartError
from netflux.runtime.lines import LONGEST
from netflux.runtime.process import ProcessContainer, ProcessRuntime, find_walls

DIGEST = "sha256:" + "0" * 64


class Shelf:
    """A registry in memory."""

    def __init__(self) -> None:
        self.manifests: dict[str, str] = {}

    async def manifest(self, reference: str) -> tuple[str, str]:
        if reference not in self.manifests:
            raise PullError(f"{reference}: not found")
        return DIGEST, self.manifests[reference]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def children(tmp_path: Path) -> AsyncIterator[Children]:
    made = Children(tmp_path / "children")
    yield made
    await made.stop_all(0)


@pytest.fixture
def runtime(children: Children, shelf: Shelf) -> ProcessRuntime:
    return ProcessRuntime(children, shelf)


def image(
    folder: Path, *command: str, entry_point: tuple[str, ...] = (), environment: Mapping[str, str] | None = None
) -> Image:
    return Image("a/b", DIGEST, entry_point, command, environment or {}, str(folder))


def python(program: str) -> tuple[str, ...]:
    return ("python", "-c", program)


def running(word: str) -> bool:
    """Whether a process of this machine, in whatever pid namespace, has the word among its arguments."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            arguments, state = (entry / "cmdline").read_bytes(), (entry / "stat").read_text().rpartition(")")[2]
        except OSError:
            continue
        if word.encode() in arguments.split(b"\0") and state.split()[0] != "Z":
            return True
    return False


async def output(container: ProcessContainer) -> list[str]:
    return [line async for line in container.lines()]


async def test_a_process_image_is_pulled_by_its_manifest(runtime: ProcessRuntime, shelf: Shelf, tmp_path: Path) -> None:
    made = manifest.ProcessImage(str(tmp_path), ("python",), ("-m", "x"), {"A": "1"})
    shelf.manifests["a"] = manifest.write(made)
    found = await runtime.pull("a")
    assert (found.digest, found.directory) == (DIGEST, str(tmp_path))
    assert (tuple(found.entry_point), tuple(found.command), found.environment) == (("python",), ("-m", "x"), {"A": "1"})


@pytest.mark.parametrize(
    "text", [json.dumps({"mediaType": "application/vnd.oci.image.manifest.v1+json"}), "{}", "[", "[]"]
)
async def test_another_kind_of_image_is_refused(runtime: ProcessRuntime, shelf: Shelf, text: str) -> None:
    shelf.manifests["a"] = text
    with pytest.raises(PullError, match="process runtime can't run this image"):
        await runtime.pull("a")


async def test_a_container_runs_in_its_folder_with_its_environment_only(
    runtime: ProcessRuntime, tmp_path: Path
) -> None:
    program = "import json, os; print(json.dumps([os.getcwd(), dict(os.environ)]))"
    made = image(tmp_path, *python(program), environment={"A": "image", "B": "image"})
    container = await runtime.start(ContainerSpec("c", made, {"B": "own"}))
    folder, environment = json.loads((await output(container))[0])
    assert await container.wait() == 0
    assert folder == str(tmp_path)
    assert (environment["A"], environment["B"]) == ("image", "own")
    assert environment.keys() - {"LC_CTYPE"} == {"A", "B", "PATH", "HOME", "LANG"}


@pytest.mark.parametrize(
    ("entry_point", "command", "argv"),
    [
        (None, None, ["e", "c"]),
        (None, ("x",), ["e", "x"]),
        (("f",), None, ["f"]),
        (("f",), ("x",), ["f", "x"]),
    ],
)
def test_entry_point_and_command_are_overridden_as_docker_does(
    entry_point: tuple[str, ...] | None, command: tuple[str, ...] | None, argv: list[str]
) -> None:
    made = Image("a", DIGEST, ("e",), ("c",), {}, "/")
    assert ContainerSpec("c", made, {}, entry_point=entry_point, command=command).argv == argv


async def test_a_missing_program_or_folder_cannot_start(runtime: ProcessRuntime, tmp_path: Path) -> None:
    with pytest.raises(StartError, match="executable file not found"):
        await runtime.start(ContainerSpec("c", image(tmp_path, "no-such-program"), {}))
    with pytest.raises(StartError, match="is not there"):
        await runtime.start(ContainerSpec("c", image(tmp_path / "absent", "true"), {}))
    with pytest.raises(StartError, match="no command"):
        await runtime.start(ContainerSpec("c", image(tmp_path), {}))


async def test_exit_codes_count_signals_as_docker_does(runtime: ProcessRuntime, tmp_path: Path) -> None:
    ended = await runtime.start(ContainerSpec("a", image(tmp_path, *python("raise SystemExit(7)")), {}))
    assert await ended.wait() == 7
    killed = await runtime.start(ContainerSpec("b", image(tmp_path, "sleep", "600"), {}))
    killed.kill()
    assert await killed.wait() == 128 + signal.SIGKILL
    told = await runtime.start(ContainerSpec("c", image(tmp_path, "sleep", "600"), {}))
    told.terminate()
    assert await told.wait() == 128 + signal.SIGTERM


async def test_nothing_of_a_container_outlives_it(runtime: ProcessRuntime, tmp_path: Path) -> None:
    seconds = f"600.{os.getpid()}"
    program = f"import subprocess; subprocess.Popen(['sleep', '{seconds}'], start_new_session=True); input()"
    container = await runtime.start(ContainerSpec("c", image(tmp_path, *python(program)), {}))
    assert await container.wait() == 1  # there is no input
    deadline = asyncio.get_running_loop().time() + 5
    while running(seconds):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)


async def test_long_lines_come_in_pieces_and_the_last_one_needs_no_end(runtime: ProcessRuntime, tmp_path: Path) -> None:
    program = f"import sys; sys.stdout.write('a' * {LONGEST + 5} + '\\n\\nend')"
    container = await runtime.start(ContainerSpec("c", image(tmp_path, *python(program)), {}))
    assert [len(line) for line in await output(container)] == [LONGEST, 5, 0, 3]


async def test_a_hosts_file_of_its_own_may_change_while_it_runs(
    runtime: ProcessRuntime, children: Children, tmp_path: Path
) -> None:
    standing = await find_walls(children, tmp_path)
    if not standing.hosts:
        pytest.skip(f"this machine can't: {standing.reason}")
    hosts = tmp_path / "hosts"
    hosts.write_text("127.9.9.9 first.localhost\n")
    program = (
        "import socket, time\n"
        "print(socket.gethostbyname('first.localhost'), flush=True)\n"
        "while True:\n"
        "    text = open('/etc/hosts').read()\n"
        "    if 'second' in text: break\n"
        "    time.sleep(0.01)\n"
        "print(socket.gethostbyname('second.example'))"
    )
    container = await runtime.start(ContainerSpec("c", image(tmp_path, *python(program)), {}, hosts=hosts))
    lines = container.lines()
    assert await anext(lines) == "127.9.9.9"
    hosts.write_text("127.9.9.9 first.localhost\n127.8.8.8 second.example\n")
    assert await anext(lines) == "127.8.8.8"
    assert "second.example" not in Path("/etc/hosts").read_text()  # noqa: ASYNC240


async def test_a_program_can_be_run_inside_and_is_ended_when_it_takes_too_long(
    runtime: ProcessRuntime, tmp_path: Path
) -> None:
    container = await runtime.start(ContainerSpec("c", image(tmp_path, "sleep", "600"), {"WORD": "seven"}))
    assert await container.execute(["/bin/sh", "-c", 'test "$WORD" = seven'], 5) == 0
    assert await container.execute(["/bin/sh", "-c", "exit 3"], 5) == 3
    with pytest.raises(TimeoutError):
        await container.execute(["sleep", "600"], 0.1)
    assert container.exit_code is None


async def test_a_resolver_of_its_own_is_asked_after_the_hosts_file_alone(
    children: Children, runtime: ProcessRuntime, tmp_path: Path
) -> None:
    standing = await find_walls(children, tmp_path)
    if not standing.hosts:
        pytest.skip(standing.reason)
    resolver = tmp_path / "resolv"
    resolver.write_text("nameserver 10.0.0.2\n")
    program = (
        "print(open('/etc/resolv.conf').read().strip())\n"
        "print(*[line for line in open('/etc/nsswitch.conf') if line.startswith('hosts:')], flush=True)\n"
    )
    container = await runtime.start(ContainerSpec("c", image(tmp_path, *python(program)), {}, resolver=resolver))
    lines = [line.split() async for line in container.lines() if line]
    assert lines == [["nameserver", "10.0.0.2"], ["hosts:", "files", "dns"]]


async def test_a_folder_is_found_at_a_place_that_the_machine_lacks(runtime: ProcessRuntime, tmp_path: Path) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "told.txt").write_text("told")
    program = (
        "import os\n"
        "print(open('/var/netflux-test/told.txt').read(), os.path.isdir('/var/lib'), os.getcwd())\n"
        "for place in ('/var/netflux-test/own', '/var/own', '/var/lib/own'):\n"
        "    try: open(place, 'w')\n"
        "    except OSError as error: print(error.strerror)\n"
        "open('/var/tmp/own', 'w').write('x')\n"
    )
    mounts = (Mount(folder, "/var/netflux-test", read_only=True),)
    spec = ContainerSpec("c", image(Path("/"), *python(program)), {}, directory="/var/netflux-test", mounts=mounts)
    container = await runtime.start(spec)
    assert await output(container) == ["told True /var/netflux-test", *["Read-only file system"] * 3]
    assert await container.wait() == 0
    assert "netflux-test" not in os.listdir("/var")  # noqa: PTH208


async def test_a_program_below_a_mount_is_looked_for_where_that_is(runtime: ProcessRuntime, tmp_path: Path) -> None:
    mounts = (Mount(tmp_path, "/var/netflux-test", read_only=True),)
    missing = image(Path("/"), "/var/netflux-test/none")
    with pytest.raises(StartError, match="none"):
        await runtime.start(ContainerSpec("c", missing, {}, mounts=mounts))


async def test_a_paused_container_goes_on_when_it_is_resumed(runtime: ProcessRuntime, tmp_path: Path) -> None:
    container = await runtime.start(ContainerSpec("c", image(tmp_path, *python("input() if 0 else print('x')")), {}))
    await container.wait()
    await container.pause()  # nothing happens to what has ended
    program = "import time\nwhile True: time.sleep(0.01)"
    lasting = await runtime.start(ContainerSpec("d", image(tmp_path, *python(program)), {}))

    def state() -> str:
        return Path(f"/proc/{lasting.pid}/stat").read_text().rpartition(")")[2].split()[0]

    await lasting.pause()
    async with asyncio.timeout(20):
        while state() != "T":  # noqa: ASYNC110  (the kernel tells nobody)
            await asyncio.sleep(0.01)
        await lasting.resume()
        while state() == "T":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    lasting.kill()
    await lasting.wait()
