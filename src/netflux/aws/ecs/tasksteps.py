"""Makes the steps of a task, and writes down what came of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from netflux.aws.ecs import interruption, logstream, registry, target, taskstatus, volumes
from netflux.aws.ecs.arn import name, place
from netflux.aws.ecs.connect import ConnectController
from netflux.aws.ecs.decide import logbuffer, message
from netflux.aws.ecs.decide.health import HEALTHY, Health, judge
from netflux.aws.ecs.decide.task import DEPENDENCY_FAILED, Do, Next
from netflux.aws.ecs.environment import build, host_name
from netflux.aws.ecs.hosts import HostsFile
from netflux.aws.ecs.linklocal import LinkLocal
from netflux.aws.ecs.metadata import Metadata
from netflux.aws.ecs.outgoing import Outgoing
from netflux.aws.ecs.prepare import InitializationError, prepare
from netflux.aws.ecs.run import Run, RunningContainer
from netflux.aws.ecs.settings import LOG_MODE
from netflux.aws.ecs.store import SERVICE, SETTING, TASK, Json
from netflux.aws.ecs.taskhost import TaskHost
from netflux.aws.ecs.tasks import ask_to_stop
from netflux.errors import AwsError
from netflux.network.interface import InterfaceRequest
from netflux.runtime.driver import Container, ContainerSpec, MemoryLimit, StartError

_log = logging.getLogger(__name__)

LOST = "The host of the task was restarted: the region that ran it has ended"
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
_MEBIBYTE = 1024 * 1024
_UNITS = 1024  # of CPU in a vCPU
_FAILED_TO_START = "TaskFailedToStart"
_LAST_LINES = 5.0  # real seconds; a program that left its process group may hold the output open for ever


class Steps:
    """Makes steps.

    Args:
        host: what tasks run on.
        metadata: where containers learn about themselves.
        connect: gives tasks their Service Connect endpoints.
    """

    def __init__(self, host: TaskHost, metadata: Metadata, connect: ConnectController) -> None:
        self._host = host
        self._metadata = metadata
        self._connect = connect
        port = urlsplit(host.endpoint_url).port or 80
        self._outgoing = Outgoing(host.network, host.store.documents, host.clock)
        self._link_local = LinkLocal(host.network, metadata.listen, host.serve_apis, port)
        self._makers: dict[Do, Callable[[Next, str, Run], Awaitable[None]]] = {
            Do.ATTACH: self._attach,
            Do.PREPARE: self._prepare,
            Do.START: self._start,
            Do.ACTIVATE: self._activate,
            Do.RUN: self._run,
            Do.FAIL: self._fail,
            Do.DEACTIVATE: self._deactivate,
            Do.TERMINATE: self._terminate,
            Do.KILL: self._kill,
            Do.DETACH: self._detach,
            Do.FINISH: self._finish,
        }

    async def make(self, step: Next, arn: str, run: Run) -> None:
        """Makes one step."""
        await self._makers[step.do](step, arn, run)

    async def look_at_draining(self, run: Run) -> None:
        """Ends the wait for draining targets as soon as the load balancer says that they have drained."""
        if not await target.drains(self._host.apis, run.draining):
            run.draining_until = self._host.clock.monotonic()

    async def lose(self, arn: str) -> None:
        """The task has ended with the region that ran it: frees what it held, and says so."""
        document = self._host.store.get(TASK, arn) or {}
        await target.deregister(self._host.apis, [target.Target(*entry) for entry in document["targets"]])
        await registry.deregister(self._host.apis, document)
        await self._host.network.detach(_owner(name(arn)))

        def apply(body: Json) -> None:
            ask_to_stop(body, "InfrastructureHealth", LOST)
            body["counted"] = True

        self._host.store.change(TASK, arn, apply)
        taskstatus.detached(self._host.store, arn)
        taskstatus.finished(self._host.store, arn)

    async def _attach(self, _step: Next, arn: str, run: Run) -> None:
        document = self._host.store.get(TASK, arn) or {}
        attachment = document["task"]["attachments"][0]["id"]
        where = place(arn)
        description = f"arn:aws:ecs:{where.region}:{where.account}:attachment/{attachment}"
        request = InterfaceRequest(
            _owner(run.id), document["subnet"], document["securityGroups"], description, public=document["public"]
        )
        try:
            run.interface = await self._host.network.attach(request)
        except AwsError as error:
            reason = f"Unexpected EC2 error while attempting to Create Network Interface: {error}"
            self._stop(arn, _FAILED_TO_START, reason)
            self._event(arn, lambda service: message.not_placed(service, reason.rstrip(".")))
            return
        await self._link_local.open(_owner(run.id))
        fixed = [(dns_name, self._host.network.service_address(key)) for dns_name, key in document["connect"]]
        own = (run.interface.local_address, host_name(run.interface))
        run.hosts = HostsFile(self._host.directory / f"{run.id}.hosts", own, fixed)
        run.hosts.write({} if await self._resolver(run) else self._host.endpoints.hosts())
        taskstatus.attached(self._host.store, arn, run.interface)
        await self._connect.follow(document)

    async def _resolver(self, run: Run) -> bool:
        """Whether the task's network has a resolver; its file is there then."""
        text = await self._host.resolver.offer(_owner(run.id)) if self._host.resolver is not None else None
        if text is None:
            return False
        run.resolver = self._host.directory / f"{run.id}.resolv"
        run.resolver.parent.mkdir(parents=True, exist_ok=True)
        run.resolver.write_text(text)
        run.resolver.chmod(0o644)  # the task may run as another user
        return True

    async def _prepare(self, _step: Next, arn: str, run: Run) -> None:
        document = self._host.store.get(TASK, arn) or {}
        started = self._host.store.now()
        try:
            await prepare(self._host, run, document, self._outgoing.of(_owner(run.id)))
            await volumes.make(self._host, run, document, _owner(run.id))
        except (InitializationError, volumes.VolumeError) as error:
            reason = str(error)
            if isinstance(error, InitializationError):
                run.containers[error.container].reason = reason
            self._stop(arn, _FAILED_TO_START, reason)
            self._event(arn, lambda service: message.not_placed(service, reason.rstrip(".")))
            return
        run.prepared = True
        times = {"pullStartedAt": started, "pullStoppedAt": self._host.store.now()}
        taskstatus.set_status(self._host.store, arn, "PENDING", **times)

    async def _start(self, step: Next, arn: str, run: Run) -> None:
        for container_name in step.containers:
            container = run.containers[container_name]
            try:
                container.container = await self._host.runtime.start(self._spec(arn, run, container))
            except StartError as error:
                container.reason = f"CannotStartContainerError: {error}"
                self._stop(arn, _FAILED_TO_START, container.reason)
                return
            if container.started_at is not None:
                container.restarts += 1
            container.started_at, container.finished_at = self._host.clock.monotonic(), None
            container.health, container.reason = Health(), ""
            container.started_time = self._host.store.now()
            self._watch(arn, run, container, container.container)

    def _spec(self, arn: str, run: Run, container: RunningContainer) -> ContainerSpec:
        assert run.interface is not None
        assert container.image is not None
        definition = container.definition
        link_local = self._link_local.there(_owner(run.id))
        local = {
            "AWS_ENDPOINT_URL": self._link_local.endpoint_url if link_local else self._host.endpoint_url,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # else DiscoverInstances is asked of data-{host}
            **self._metadata.variables(arn, definition.name, link_local=link_local),
        }
        task = (self._host.store.get(TASK, arn) or {})["task"]
        again = f"-{container.restarts + 1}" if container.started_at is not None else ""
        return ContainerSpec(
            name=f"ecs-{run.id}-{definition.name}{again}",
            image=container.image,
            environment=build(
                definition, container.secrets, run.interface, place(arn).region, local, container.file_environment
            ),
            entry_point=definition.entry_point,
            command=definition.command,
            directory=definition.directory,
            hosts=run.hosts.path if run.hosts is not None else None,
            resolver=run.resolver,
            limits=definition.limits,
            namespace=run.interface.namespace,
            memory=_memory(task, definition.memory),
            cpus=int(task["cpu"]) / _UNITS if "cpu" in task else None,
            user=definition.user,
            read_only=definition.read_only,
            mounts=(*volumes.mounts(definition.mount_points, run.volumes), *definition.memory_folders),
            privileges=definition.privileges,
            labels=definition.labels,
        )

    def _watch(self, arn: str, run: Run, container: RunningContainer, started: Container) -> None:
        definition = container.definition
        stream = logstream.stream_name(definition.log, definition.name, run.id) if definition.log else ""
        log = definition.log
        if log is not None and not log.mode:
            setting = self._host.store.get(SETTING, LOG_MODE)
            log = replace(log, mode=setting["value"] if setting else logbuffer.NON_BLOCKING)
        role = self._host.roles.executing(self._host.store.get(TASK, arn) or {})
        writer = logstream.LogWriter(role, self._host.clock, log, stream, self._host.faults)
        self._spawn(run, writer.follow(started))
        self._spawn(run, self._await_exit(arn, container, started))
        if definition.health is not None:
            self._spawn(run, self._check(arn, run, container, started))

    def _spawn(self, run: Run, work: Coroutine[Any, Any, None]) -> None:
        watcher = asyncio.ensure_future(work)
        run.watchers.add(watcher)
        watcher.add_done_callback(run.watchers.discard)

    async def _await_exit(self, arn: str, container: RunningContainer, started: Container) -> None:
        await started.wait()
        container.finished_time = self._host.store.now()
        if started.out_of_memory:
            container.reason = OUT_OF_MEMORY
        container.finished_at = self._host.clock.monotonic()
        self._host.poke("ecs-task", arn)

    async def _check(self, arn: str, run: Run, container: RunningContainer, started: Container) -> None:
        check = container.definition.health
        assert check is not None
        clock = self._host.clock
        ended = asyncio.ensure_future(started.wait())
        while not (await asyncio.wait({ended}, timeout=clock.real(check.interval)))[0]:
            try:
                passed = await started.execute(check.argv, clock.real(check.timeout)) == 0
            except TimeoutError:
                passed = False
            before = container.health
            age = clock.monotonic() - (container.started_at or 0.0)
            container.health = judge(check, before, passed, age)
            if container.health.status != before.status:
                self._host.poke("ecs-task", arn)
                self._poke_service(arn)
                await self._judge(arn, run)

    async def _activate(self, _step: Next, arn: str, run: Run) -> None:
        assert run.interface is not None
        document = self._host.store.get(TASK, arn) or {}
        targets = target.of_task(document["loadBalancers"], run.interface.vpc_address)
        written = [[item.group, item.address, item.port] for item in targets]
        self._host.store.change(TASK, arn, lambda body: body.update(targets=written))
        taskstatus.set_status(self._host.store, arn, "ACTIVATING")
        run.targets, run.activated = targets, True
        try:
            await target.register(self._host.apis, targets)
            await registry.register(self._host.apis, self._host.store.get(TASK, arn) or {})
        except AwsError as error:
            self._stop(arn, _FAILED_TO_START, f"unable to register targets: {error}")
        for item in targets:
            self._event(arn, partial(_registered, item.group))

    async def _run(self, _step: Next, arn: str, run: Run) -> None:
        run.running = True
        taskstatus.set_status(self._host.store, arn, "RUNNING", startedAt=self._host.store.now())
        await self._judge(arn, run)
        self._poke_service(arn)

    async def _judge(self, arn: str, run: Run) -> None:
        """Tells Cloud Map the task's health: it runs, and no container's check says otherwise."""
        document = self._host.store.get(TASK, arn) or {}
        checks = [one.health_status for one in run.containers.values() if one.definition.essential]
        healthy = run.running and all(status in (None, HEALTHY) for status in checks)
        await registry.judge(self._host.apis, document, healthy=healthy)

    async def _fail(self, step: Next, arn: str, run: Run) -> None:
        if step.reason == DEPENDENCY_FAILED:
            for container_name in step.containers:
                needs = ", ".join(
                    f"{n.container} {n.condition}" for n in run.containers[container_name].view.depends_on
                )
                run.containers[container_name].reason = f"DependencyError: a dependency was not met: {needs}"
        self._stop(arn, step.code, step.reason)

    async def _deactivate(self, _step: Next, arn: str, run: Run) -> None:
        store = self._host.store
        taskstatus.set_status(store, arn, "DEACTIVATING", stoppingAt=store.now())
        delay = await target.deregister(self._host.apis, run.targets)
        await registry.deregister(self._host.apis, store.get(TASK, arn) or {})
        groups = [item.group for item in run.targets]
        run.draining, run.targets, run.activated = run.targets, [], False
        interrupted = (store.get(TASK, arn) or {})["task"].get("stopCode") == interruption.CODE
        run.draining_until = self._host.clock.monotonic() + (0.0 if interrupted else delay)
        for group in groups:
            self._event(arn, partial(_deregistered, group))
        deployment = (store.get(TASK, arn) or {}).get("deployment")
        if groups and all(one.exit_code is None for one in run.containers.values() if one.definition.essential):
            self._event(arn, lambda service: message.draining(service, str(deployment), 1))
        self._poke_service(arn)

    async def _terminate(self, step: Next, arn: str, run: Run) -> None:
        stopping = (self._host.store.get(TASK, arn) or {})["task"].get("stoppingAt", self._host.store.now())
        taskstatus.set_status(self._host.store, arn, "STOPPING", stoppingAt=stopping)
        await self._connect.follow(self._host.store.get(TASK, arn) or {})
        for container in self._started(step.containers, run):
            container.terminated_at = self._host.clock.monotonic()
            if container.container is not None:
                container.container.terminate()
        self._poke_service(arn)

    async def _kill(self, step: Next, _arn: str, run: Run) -> None:
        for container in self._started(step.containers, run):
            container.killed = True
            if container.container is not None:
                container.container.kill()

    def _started(self, names: Sequence[str], run: Run) -> list[RunningContainer]:
        return [run.containers[container_name] for container_name in names]

    async def _detach(self, _step: Next, arn: str, run: Run) -> None:
        times = {"executionStoppedAt": self._host.store.now()}
        taskstatus.set_status(self._host.store, arn, "DEPROVISIONING", **times)
        await self._connect.follow(self._host.store.get(TASK, arn) or {})
        await self._link_local.close(_owner(run.id))
        await self._host.network.detach(_owner(run.id))
        run.interface = None
        if run.hosts is not None:
            run.hosts.remove()
        if run.resolver is not None:
            run.resolver.unlink(missing_ok=True)
        await volumes.remove(self._host, run.id)
        taskstatus.detached(self._host.store, arn)

    async def _finish(self, _step: Next, arn: str, run: Run) -> None:
        if run.watchers:  # the last log lines are to be read before the task is said to have stopped
            await asyncio.wait(run.watchers, timeout=_LAST_LINES)
        self._metadata.forget(arn)
        taskstatus.finished(self._host.store, arn)
        self._poke_service(arn)

    def _stop(self, arn: str, code: str, reason: str) -> None:
        text = reason[: taskstatus.TEXT_LENGTH]
        self._host.store.change(TASK, arn, lambda body: ask_to_stop(body, code, text))
        self._poke_service(arn)

    def _event(self, arn: str, text: Callable[[str], str]) -> None:
        service = (self._host.store.get(TASK, arn) or {}).get("service")
        if service:
            store = self._host.store
            store.change(SERVICE, service, lambda body: store.add_event(body, text(body["name"])))

    def _poke_service(self, arn: str) -> None:
        service = (self._host.store.get(TASK, arn) or {}).get("service")
        if service:
            self._host.poke("ecs-service", service)


def _memory(task: Json, own: int | None) -> MemoryLimit | None:
    limit = int(task["memory"]) * _MEBIBYTE if "memory" in task else None
    if limit is None and own is None:
        return None
    return MemoryLimit(own * _MEBIBYTE if own is not None else None, task["taskArn"], limit)


def _owner(task_id: str) -> str:
    return f"ecs/task/{task_id}"


def _registered(group: str, service: str) -> str:
    return message.registered(service, 1, group)


def _deregistered(group: str, service: str) -> str:
    return message.deregistered(service, 1, group)
