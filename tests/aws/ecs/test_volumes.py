"""Volumes, file systems in memory, users and kernel parameters of a task: what a program in it sees."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from netflux import names
from netflux.aws.ecs import environmentfile
from netflux.aws.ecs.decide import kernel, volumes
from netflux.aws.ecs.roles import Roles
from netflux.aws.ecs.store import Store
from netflux.clock import Clock
from netflux.errors import AwsError
from netflux.resources.ec2.subnet import SUBNET
from netflux.resources.efs import mount
from netflux.resources.efs.filesystem import AVAILABLE, AccessPoint, FileSystem, FileSystems, MountTarget
from netflux.runtime import capabilities
from tests.aws.ecs.test_tasks import reach, run
from tests.aws.ecs.world import World

SHARED = {"name": "shared", "host": {}}
WRITES = """
import ctypes, json, os
for place in ("/data", "/srv/netflux-one/two"):
    open(f"{place}/f", "a").write("x")
status = open("/proc/self/status").read()
told = {
    "shared": open("/data/f").read(),
    "memory": os.statvfs("/scratch").f_blocks * os.statvfs("/scratch").f_frsize,
    "effective": int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff")), 16),
    "first": open("/proc/1/comm").read().strip(),
}
print(json.dumps(told), flush=True)
"""
READS = """
import json, os
told = {"shared": open("/else/where/f").read(), "uid": os.getuid(), "gid": os.getgid()}
for place in ("/else/where/f", "/data/f", "/tmp/f", "f"):
    try:
        open(place, "a").close()
        told[place] = "written"
    except OSError as error:
        told[place] = error.strerror
print(json.dumps(told), flush=True)
"""


def _point(path: str, **more: Any) -> dict[str, Any]:
    return {"sourceVolume": "shared", "containerPath": path, **more}


@pytest.mark.skipif(os.getuid() != 0, reason="another user's process can only be made by root")
async def test_containers_share_a_volume_that_lives_as_long_as_their_task(world: World) -> None:
    await world.push(WRITES, "writes")
    await world.push(READS, "reads")
    image = f"{names.ACCOUNT}.dkr.ecr.{names.REGION}.amazonaws.com/movies"
    writer = {
        "name": "writer", "image": f"{image}:writes", "essential": False,
        "mountPoints": [_point("/data"), _point("/srv/netflux-one/two")],
        "linuxParameters": {
            "initProcessEnabled": True, "capabilities": {"drop": ["CHOWN"], "add": ["SYS_PTRACE"]},
            "tmpfs": [{"containerPath": "/scratch", "size": 4, "mountOptions": ["noexec"]}],
        },
        "logConfiguration": {"logDriver": "awslogs", "options": {
            "awslogs-group": "/ecs/movies", "awslogs-region": names.REGION, "awslogs-stream-prefix": "ecs"}},
    }  # fmt: skip
    reader = {
        "image": f"{image}:reads", "dependsOn": [{"containerName": "writer", "condition": "SUCCESS"}],
        "mountPoints": [_point("/else/where", readOnly=True)], "readonlyRootFilesystem": True,
        "volumesFrom": [{"sourceContainer": "writer"}],
    }  # fmt: skip
    await world.define(before=[writer], container=reader, volumes=[SHARED])
    done = await reach(world, await run(world), "STOPPED")
    assert [one["exitCode"] for one in done["containers"]] == [0, 0]
    wrote = json.loads((await world.lines(done, "writer"))[0])
    assert wrote["shared"] == "xx"
    assert wrote["memory"] == 4 * 1024 * 1024
    assert not wrote["effective"] >> capabilities.KEPT["CHOWN"] & 1
    assert wrote["effective"] >> capabilities.ADDABLE["SYS_PTRACE"] & 1
    assert wrote["first"] == "sleep"
    read = json.loads((await world.lines(done))[0])
    assert read["shared"] == "xx"
    assert read["/data/f"] == "written"
    assert {read[place] for place in ("/else/where/f", "/tmp/f", "f")} == {"Read-only file system"}
    assert not [*(world.path / "tasks").glob("*-volumes")]
    assert "netflux-one" not in os.listdir("/srv")  # noqa: PTH208


@pytest.mark.skipif(os.getuid() != 0, reason="another user's process can only be made by root")
async def test_a_process_container_runs_as_its_user(world: World) -> None:
    await world.push("unused")
    await world.define(container={"entryPoint": ["id"], "command": [], "user": "nobody:1234"})
    done = await reach(world, await run(world), "STOPPED")
    assert (await world.lines(done))[0].startswith("uid=65534(nobody) gid=1234")


async def _file_system(world: World, **more: Any) -> None:
    """With an access point, and a mount target where the tasks are."""
    for subnet in world.subnets:
        found = world.documents.table(SUBNET).get(subnet)
        assert found is not None
        with world.documents.transaction():
            kept = FileSystems(world.documents)
            kept.systems.put(FileSystem("fs-1", "t", datetime.now(UTC), **more))
            kept.points.put(AccessPoint("fsap-1", "fs-1", "p", (1234, 1235), (), "/app", (1234, 1235), "0750"))
            target = MountTarget(f"fsmt-{subnet}", "fs-1", subnet, found.vpc_id, found.zone, (world.group,))
            kept.targets.put(replace(target, address="10.0.3.9", state=AVAILABLE))


def _volume(**access: Any) -> dict[str, Any]:
    more = {"transitEncryption": "ENABLED", "authorizationConfig": access} if access else {}
    return {"name": "shared", "efsVolumeConfiguration": {"fileSystemId": "fs-1", **more}}


async def _printed(world: World, shell: str, volume: dict[str, Any]) -> list[str]:
    container = {"entryPoint": ["sh", "-c"], "command": [shell], "mountPoints": [_point("/mnt/netflux-files")]}
    await world.define(container=container, volumes=[volume])
    done = await reach(world, await run(world), "STOPPED")
    return [*await world.lines(done), done.get("stoppedReason", "")]


@pytest.mark.skipif(os.getuid() != 0, reason="other users' files can only be made by root")
async def test_files_of_an_access_point_are_its_users_and_outlive_tasks_and_the_region(world: World) -> None:
    await _file_system(world)
    through = _volume(accessPointId="fsap-1", iam="DISABLED")
    first, *_ = await _printed(world, "echo kept > /mnt/netflux-files/f; id -u", through)
    assert first == "0"
    kept = world.path / "efs" / "fs-1" / "app" / "f"
    assert (kept.read_text(), kept.stat().st_uid, kept.stat().st_gid) == ("kept\n", 1234, 1235)
    await world.stop()
    await world.start()
    assert (await _printed(world, "cat /mnt/netflux-files/f; ls -n /mnt/netflux-files", through))[0] == "kept"
    whole = await _printed(world, "stat -c %u:%a /mnt/netflux-files/app", _volume())
    assert whole[0] == "1234:750"
    assert "netflux-files" not in os.listdir("/mnt")  # noqa: PTH208


async def test_a_file_systems_policy_is_asked(world: World) -> None:
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:ClientMount"}
    condition = {"Bool": {"aws:SecureTransport": "true"}}
    await _file_system(world, policy=json.dumps({"Statement": [{**allowed, "Condition": condition}]}))
    world.authority.enforced = True
    container = {"mountPoints": [_point("/mnt/netflux-files")]}
    definition = await world.define(container=container, volumes=[_volume()])
    plain, secure = volumes.volumes({"volumes": [_volume()]}), volumes.volumes({"volumes": [_volume(iam="DISABLED")]})
    system = FileSystems(world.documents).systems.get("fs-1")
    task = {"task": {"taskArn": definition, "taskDefinitionArn": definition, "overrides": {}}}
    assert plain["shared"] is not None
    assert secure["shared"] is not None
    assert system is not None
    roles = Roles(Store(world.documents, Clock()), world.apis, world.authority)
    assert not roles.may_use(task, system, plain["shared"], mount.MOUNT)
    assert roles.may_use(task, system, secure["shared"], mount.MOUNT)
    assert not roles.may_use(task, system, secure["shared"], mount.WRITE)


async def test_a_file_system_without_a_mount_target_stops_the_task(world: World) -> None:
    *_, reason = await _printed(world, "true", _volume())
    assert reason.startswith(
        "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to "
        'resolve "fs-1.efs.us-east-1.amazonaws.com"'
    )
    assert reason.endswith(" : unsuccessful EFS utils command execution; code: 1")


async def test_an_environment_file_that_is_not_there_stops_the_task(world: World) -> None:
    await world.define(container={"environmentFiles": [{"value": "arn:aws:s3:::none/a.env", "type": "s3"}]})
    done = await reach(world, await run(world), "STOPPED")
    assert done["stoppedReason"].startswith("ResourceInitializationError: failed to download env files")


def test_of_environment_files_the_first_counts_and_comments_do_not() -> None:
    first = environmentfile.parse("# no\nA=1\nB = 2 \n\nnothing\n=x\nC='q=r'")
    assert first == {"A": "1", "B ": " 2 ", "C": "'q=r'"}
    assert environmentfile.merged([first, {"A": "9", "D": "4"}]) == {**first, "D": "4"}


def test_volumes_from_another_container_have_its_paths_and_own_ones_count() -> None:
    one = {"name": "one", "mountPoints": [_point("/a"), _point("/b", readOnly=True)]}
    two = {"name": "two", "mountPoints": [_point("/b")], "volumesFrom": [{"sourceContainer": "one", "readOnly": True}]}
    found = volumes.mount_points({"containerDefinitions": [one, two]}, two)
    assert [(point.path, point.read_only) for point in found] == [("/b", False), ("/a", True)]


@pytest.mark.parametrize(
    ("volume", "says"),
    [
        ({"name": "v", "host": {"sourcePath": "/x"}}, "do not support sourcePath"),
        ({"name": "v", "dockerVolumeConfiguration": {"scope": "task"}}, "do not support dockerVolumeConfiguration"),
        ({"name": "a b"}, "is invalid"),
        ({"name": "shared"}, "more than once"),
        (
            {
                "name": "v",
                "efsVolumeConfiguration": {"fileSystemId": "fs-1", "authorizationConfig": {"iam": "ENABLED"}},
            },
            "Transit encryption must be enabled",
        ),
    ],
)
def test_volumes_that_fargate_has_not_are_refused(volume: dict[str, Any], says: str) -> None:
    with pytest.raises(AwsError, match=says) as caught:
        volumes.check({"volumes": [SHARED, volume], "containerDefinitions": []})
    assert caught.value.code == "ClientException"


@pytest.mark.parametrize(
    ("container", "says"),
    [
        ({"linuxParameters": {"capabilities": {"add": ["NET_ADMIN"]}}}, "SYS_PTRACE"),
        ({"linuxParameters": {"capabilities": {"drop": ["NONE"]}}}, "Invalid kernel capability"),
        ({"linuxParameters": {"tmpfs": [{"containerPath": "x", "size": 1}]}}, "absolute path"),
        ({"linuxParameters": {"tmpfs": [{"containerPath": "/x", "size": 0}]}}, "at least 1 MiB"),
        (
            {"linuxParameters": {"tmpfs": [{"containerPath": "/x", "size": 1, "mountOptions": ["evil"]}]}},
            "mountOptions",
        ),
        ({"systemControls": [{"namespace": "kernel.hostname", "value": "x"}]}, "systemControls"),
        ({"systemControls": [{"namespace": "net.ipv4/../../kernel.x", "value": "x"}]}, "systemControls"),
    ],
)
def test_what_fargate_does_not_give_of_the_kernel_is_refused(container: dict[str, Any], says: str) -> None:
    with pytest.raises(AwsError, match=says):
        kernel.check({"name": "c", **container})


def test_all_capabilities_can_be_dropped_but_the_one_that_was_added() -> None:
    found = capabilities.mask(own_network=True, added=("SYS_PTRACE",), dropped=("ALL",))
    assert found == 1 << capabilities.ADDABLE["SYS_PTRACE"]
