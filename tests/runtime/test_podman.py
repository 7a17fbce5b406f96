"""OCI images out of the registry, run by podman. The image is one static program: nothing in it is Python."""

import asyncio
import json
import shutil
import subprocess
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from netflux import names
from netflux.aws.ecr import distribution
from netflux.runtime import capabilities
from netflux.runtime.cgroup import FIRST_VERSION
from netflux.runtime.choice import ChosenRuntime
from netflux.runtime.driver import ContainerSpec, Image, MemoryLimit, Mount, Privileges, PullError, StartError
from netflux.runtime.engine import Engine, why_no_limits, why_not
from netflux.runtime.podman import PodmanContainer, PodmanRuntime, container_name
from netflux.runtime.process import ProcessRuntime
from tests.aws.ecr.cloud import Cloud
from tests.aws.ecr.pushing import push
from tests.oci import OciImage, busybox

MIB = 1024 * 1024
_BUSYBOX = busybox()


def _missing() -> str | None:
    if why_not() is not None:
        return why_not()
    if distribution.program() is None or shutil.which("skopeo") is None:
        return "needs docker-registry and skopeo"
    return None if _BUSYBOX else "needs busybox-static"


pytestmark = pytest.mark.skipif(_missing() is not None, reason=str(_missing()))


class Ground:
    """A registry with one image, and the runtime over it."""

    def __init__(self, path: Path) -> None:
        self.cloud = Cloud(path)
        self.engine = Engine(path / "podman")
        self.name = f"ecs-{uuid.uuid4().hex}-web"

    async def start(self) -> None:
        await self.cloud.start()
        await self.cloud.repository("tools")
        files = {"/bin/busybox": _BUSYBOX or b"", "/bin/sh": _BUSYBOX or b""}
        image = OciImage(files, ["/bin/sh", "-c", "echo by the image"], {"WorkingDir": "/tmp"})
        self.digest = await self.cloud.push(image, "tools:v1", self.cloud.path / "image")
        self.runtime = PodmanRuntime(self.cloud.children, self.cloud.registry, self.engine)
        self.reference = f"{names.ACCOUNT}.dkr.ecr.{names.REGION}.amazonaws.com/tools:v1"
        self.image = await self.runtime.pull(self.reference)

    async def stop(self) -> None:
        await self.runtime.clear()
        await self.engine.run("rmi", "--force", self.image.reference)
        await self.cloud.stop()

    async def run(self, script: str, **more: Any) -> PodmanContainer:
        environment = more.pop("environment", {})
        spec = ContainerSpec(self.name, self.image, environment, command=["/bin/sh", "-c", script], **more)
        return await self.runtime.start(spec)

    async def output(self, script: str, **more: Any) -> tuple[int, list[str]]:
        container = await self.run(script, **more)
        lines = [line async for line in container.lines()]
        return await asyncio.wait_for(container.wait(), 20), lines

    def listed(self) -> list[dict[str, Any]]:
        command = ["podman", "ps", "--all", "--filter", f"label={self.engine.label}", "--format", "json"]
        found: list[dict[str, Any]] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        return found


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    made = Ground(tmp_path)
    await made.start()
    yield made
    await made.stop()


async def until(look: Callable[[], Any], deadline: float = 20.0) -> Any:
    end = asyncio.get_running_loop().time() + deadline
    while not (found := look()):
        assert asyncio.get_running_loop().time() < end
        await asyncio.sleep(0.05)
    return found


async def test_an_image_is_pulled_by_digest_and_described(ground: Ground) -> None:
    assert ground.image.digest == ground.digest
    assert ground.image.reference.endswith(f"/tools@{ground.digest}")
    assert ground.image.command == ("/bin/sh", "-c", "echo by the image")
    assert (ground.image.directory, ground.image.environment["PATH"]) == ("/tmp", "/bin")
    container = await ground.runtime.start(ContainerSpec(ground.name, ground.image, {}))
    assert [line async for line in container.lines()] == ["by the image"]
    assert await container.wait() == 0


async def test_output_and_exit_code_are_the_programs_and_nothing_is_left(ground: Ground) -> None:
    assert await ground.output("echo one; echo two >&2; exit 3") == (3, ["one", "two"])
    assert ground.listed() == []


async def test_it_gets_environment_hosts_file_host_name_and_directory(ground: Ground, tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.9.9.9 movie-service\n")
    resolver = tmp_path / "resolv"
    resolver.write_text("nameserver 10.0.0.2\n")
    environment = {"SECRET": 'a b"c', "HOME": "/nowhere", "HOSTNAME": "ip-10-0-3-17.ec2.internal"}
    script = "echo $SECRET; echo $HOME; busybox cat /etc/hosts /etc/resolv.conf; busybox hostname; busybox pwd"
    given = {"hosts": hosts, "resolver": resolver, "directory": "/etc"}
    _, lines = await ground.output(script, environment=environment, **given)
    names = ["127.9.9.9 movie-service", "nameserver 10.0.0.2"]
    assert lines == ['a b"c', "/nowhere", *names, "ip-10-0-3-17.ec2.internal", "/etc"]


async def test_user_and_read_only_root_hold(ground: Ground) -> None:
    _, lines = await ground.output("busybox id -u; echo x > /tmp/x || echo refused", user="1000", read_only=True)
    assert lines[0] == "1000"
    assert lines[-1] == "refused"


async def test_volumes_are_shared_and_read_only_where_they_are_to_be(ground: Ground, tmp_path: Path) -> None:
    mounts = [
        Mount(tmp_path / "shared", "/data"), Mount(tmp_path / "shared", "/again", read_only=True),
        Mount(None, "/memory", size=MIB, options=("noexec",)),
    ]  # fmt: skip
    (tmp_path / "shared").mkdir()
    script = "echo x > /data/f; busybox cat /again/f; echo y > /again/f || echo refused; busybox df /memory"
    _, lines = await ground.output(script, mounts=mounts, labels={"team": "web"})
    assert lines[0] == "x"
    assert "refused" in lines
    assert lines[-1].split()[1:2] == ["1024"]
    assert (tmp_path / "shared" / "f").read_text() == "x\n"


async def test_capabilities_are_dropped_and_the_one_that_is_asked_for_is_there(ground: Ground) -> None:
    script = "busybox grep CapEff /proc/self/status"
    wanted = Privileges(added=("SYS_PTRACE",), dropped=("ALL",))
    _, (line,) = await ground.output(script, privileges=wanted)
    assert int(line.split()[1], 16) == 1 << capabilities.ADDABLE["SYS_PTRACE"]
    _, (line,) = await ground.output(script, privileges=Privileges(dropped=("CHOWN",)))
    assert not int(line.split()[1], 16) & 1 << capabilities.KEPT["CHOWN"]


async def test_it_has_no_more_privileges_than_a_task_on_fargate(ground: Ground) -> None:
    """By number: net_admin 12, sys_ptrace 19, sys_admin 21, mknod 27; net_raw 13 only where the network is its own."""
    script = (
        "busybox grep -h 'CapEff\\|CapBnd\\|NoNewPrivs\\|Seccomp:' /proc/self/status; busybox unshare -U true; echo $?"
    )
    script += "; busybox mount -t tmpfs none /mnt 2> /dev/null; echo $?"
    _, lines = await ground.output(script)
    told = [line.split() for line in lines if line]
    fields = {words[0]: words[1] for words in told if len(words) == 2}
    for name in ("CapEff:", "CapBnd:"):
        held = int(fields[name], 16)
        assert [number for number in (2, 12, 13, 16, 17, 19, 21, 22, 25, 27) if held >> number & 1] == []
    assert (fields["NoNewPrivs:"], fields["Seccomp:"]) == ("1", "2")
    assert [words for words in told if len(words) == 1] == [["1"], ["1"]]


async def test_terminate_lets_the_program_end_and_kill_does_not(ground: Ground) -> None:
    waits = "busybox sleep 100 & wait"
    polite = await ground.run(f"trap 'echo bye; exit 7' TERM; echo ready; {waits}")
    lines = polite.lines()
    assert await anext(lines) == "ready"
    polite.terminate()
    assert await asyncio.wait_for(polite.wait(), 20) == 7
    assert [line async for line in lines] == ["bye"]
    stubborn = await ground.run(f"trap '' TERM; {waits}")
    stubborn.kill()
    assert await asyncio.wait_for(stubborn.wait(), 20) == 137
    assert not stubborn.out_of_memory


async def test_too_much_memory_ends_it_and_is_said(ground: Ground) -> None:
    limit = MemoryLimit(None, "task", 32 * MIB)
    code, _ = 0, None
    container = await ground.run("a=xxxxxxxxxxxxxxxx; while true; do a=$a$a; done", memory=limit)
    code = await asyncio.wait_for(container.wait(), 30)
    assert (code, container.out_of_memory) == (137, True)


async def test_open_files_are_limited(ground: Ground) -> None:
    _, lines = await ground.output("ulimit -n", limits={"RLIMIT_NOFILE": (1234, 1234)})
    assert lines == ["1234"]


@pytest.mark.skipif(why_no_limits() is not None, reason=str(why_no_limits()))
async def test_cpus_are_limited(ground: Ground) -> None:
    container = await ground.run("busybox sleep 100", cpus=0.5)
    state = await ground.engine.look("inspect", container.id)
    assert state["HostConfig"]["NanoCpus"] == 500_000_000
    container.kill()
    await container.wait()


@pytest.mark.skipif(not FIRST_VERSION.is_dir(), reason="control groups of version 2")
@pytest.mark.skipif(why_no_limits() is not None, reason=str(why_no_limits()))
async def test_containers_weigh_more_than_one_process_of_the_machine(ground: Ground) -> None:
    container = await ground.run("busybox sleep 100")
    groups = await asyncio.to_thread(Path(f"/proc/{container.pid}/cgroup").read_text)
    assert f":cpu:/netflux/libpod-{container.id}" in groups.replace("cpu,cpuacct", "cpu")
    assert int((FIRST_VERSION / "netflux/cpu.shares").read_text()) > 1024
    container.kill()
    await container.wait()


async def test_a_health_check_runs_inside_and_can_time_out(ground: Ground) -> None:
    container = await ground.run("echo up > /tmp/state; busybox sleep 100")
    check = ["/bin/sh", "-c", "busybox grep -q up /tmp/state"]

    async def passes() -> bool:
        return await container.execute(check, 10) == 0

    for _ in range(20):
        if await passes():
            break
    assert await passes()
    assert await container.execute(["/bin/sh", "-c", "exit 4"], 10) == 4
    with pytest.raises(TimeoutError):
        await container.execute(["/bin/busybox", "sleep", "50"], 0.5)
    usage = container.usage()
    assert usage is not None
    assert usage.memory_bytes > 0
    container.kill()
    await container.wait()
    assert container.usage() is None


async def test_a_program_that_is_not_in_the_image_is_named(ground: Ground) -> None:
    spec = ContainerSpec(ground.name, ground.image, {}, command=["/absent"])
    with pytest.raises(StartError, match="/absent"):
        await ground.runtime.start(spec)
    assert ground.listed() == []


async def test_a_container_of_a_dead_region_is_removed_by_the_next(ground: Ground, tmp_path: Path) -> None:
    container = await ground.run("busybox sleep 1000")
    (listed,) = ground.listed()
    assert listed["Names"] == [container_name(ground.name)]
    await PodmanRuntime(ground.cloud.children, ground.cloud.registry, Engine(tmp_path / "podman")).clear()
    assert ground.listed() == []
    assert await asyncio.wait_for(container.wait(), 20) == 137


async def test_one_removed_by_hand_has_ended(ground: Ground) -> None:
    container = await ground.run("busybox sleep 1000")
    await ground.engine.run("rm", "--force", "--time", "0", container_name(ground.name))
    assert await asyncio.wait_for(container.wait(), 20) == 137


async def test_each_image_runs_by_the_runtime_that_can(ground: Ground, tmp_path: Path) -> None:
    await push(ground.cloud.apis, "tools:process", tmp_path, ["true"])
    registry = ground.cloud.registry
    process = ProcessRuntime(ground.cloud.children, registry)
    both = ChosenRuntime(registry, {"process": process, "podman": ground.runtime}, {})

    async def pulled(runtime: ChosenRuntime, tag: str) -> Image:
        return await runtime.pull(ground.reference.replace("v1", tag))

    assert [(await pulled(both, tag)).runtime for tag in ("v1", "process")] == ["podman", "process"]
    only = ChosenRuntime(registry, {"process": process}, {"podman": "podman is not installed"})
    with pytest.raises(PullError, match="needs the runtime podman, which can't be used here: podman is not installed"):
        await pulled(only, "v1")


async def test_a_tag_that_is_not_there_can_not_be_pulled(ground: Ground) -> None:
    with pytest.raises(PullError, match="tools:absent: not found"):
        await ground.runtime.pull(ground.reference.replace("v1", "absent"))
