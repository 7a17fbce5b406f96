"""The life of a task: what to do next, from what was observed of it.

PROVISIONING, PENDING, ACTIVATING, RUNNING, DEACTIVATING, STOPPING, DEPROVISIONING, STOPPED: developer guide, "Amazon
ECS task lifecycle". A status is reached when the step that leads to it has been seen to succeed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from netflux.aws.ecs.decide.health import HEALTHY

START, COMPLETE, SUCCESS, HEALTH = "START", "COMPLETE", "SUCCESS", "HEALTHY"

DEPENDENCY_FAILED = "Task failed to start"
ESSENTIAL_EXITED = "Essential container in task exited"


class Do(Enum):
    """The kinds of steps."""

    ATTACH = "attach the network interface"
    PREPARE = "pull images, read secrets, look for log groups"
    START = "start containers"
    ACTIVATE = "register with target groups"
    RUN = "say RUNNING"
    FAIL = "stop, for the reason given"
    DEACTIVATE = "deregister from target groups"
    TERMINATE = "SIGTERM containers"
    KILL = "SIGKILL containers"
    DETACH = "detach the network interface"
    FINISH = "say STOPPED"
    WAIT = "wait"


@dataclass(frozen=True)
class Next:
    """The next step.

    Attributes:
        do: its kind.
        containers: names of those concerned.
        after: seconds to wait at most; None waits for a change.
        code: stopCode of a FAIL.
        reason: stoppedReason of a FAIL.
    """

    do: Do
    containers: tuple[str, ...] = ()
    after: float | None = None
    code: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Dependency:
    """A condition that another container has to fulfil before this one starts."""

    container: str
    condition: str


@dataclass(frozen=True)
class RestartPolicy:
    """A container that is started again when it has exited; API shape ContainerRestartPolicy.

    Attributes:
        period: seconds that it has to have run, or its exit counts as one.
        ignored: exit codes that count as an exit whatever the period.
    """

    period: float = 300.0
    ignored: tuple[int, ...] = ()


@dataclass(frozen=True)
class ContainerView:
    """A container of the task, and what was observed of it. Times are seconds of one clock.

    Attributes:
        name: unique in the task.
        essential: its exit stops the task.
        depends_on: conditions for its start.
        stop_timeout: seconds between SIGTERM and SIGKILL.
        start_timeout: seconds it has to fulfil the condition of those that depend on it; None sets no limit.
        started_at: None before its start.
        exit_code: None while it has not ended.
        health: by its check; None when it has none.
        terminated_at: when SIGTERM was sent.
        killed: whether SIGKILL was sent.
        finished_at: None while it has not ended, and until its end was noticed.
        restart: None when an exit is the end.
    """

    name: str
    essential: bool = True
    depends_on: tuple[Dependency, ...] = ()
    stop_timeout: float = 30.0
    start_timeout: float | None = None
    started_at: float | None = None
    exit_code: int | None = None
    health: str | None = None
    terminated_at: float | None = None
    killed: bool = False
    finished_at: float | None = None
    restart: RestartPolicy | None = None

    @property
    def waiting(self) -> bool:
        """It has not been started."""
        return self.started_at is None

    @property
    def running(self) -> bool:
        """It has started and not ended."""
        return self.started_at is not None and self.exit_code is None

    @property
    def restarts(self) -> bool:
        """It has exited, and its restart policy starts it again."""
        if self.restart is None or self.exit_code is None or self.finished_at is None or self.started_at is None:
            return False
        ran_for = self.finished_at - self.started_at
        return self.exit_code not in self.restart.ignored and ran_for >= self.restart.period

    @property
    def restart_open(self) -> bool:
        """It has exited, but its end was not noticed yet, so nobody knows whether it starts again."""
        return self.restart is not None and self.exit_code is not None and self.finished_at is None


@dataclass(frozen=True)
class TaskView:
    """A task, and what was observed of it.

    Attributes:
        wanted: False once its end was asked for or caused.
        containers: in the order of the task definition.
        attached: has its interface.
        prepared: images, secrets and log groups are there.
        targeted: has target groups or Cloud Map services to register with.
        registered: is registered with them.
        running: was said to be RUNNING.
        draining_until: when its targets will have drained at the latest; None when they don't drain.
        now: seconds.
    """

    wanted: bool
    containers: Sequence[ContainerView]
    attached: bool
    prepared: bool
    targeted: bool
    registered: bool
    running: bool
    draining_until: float | None
    now: float


def next_step(task: TaskView) -> Next:
    """What to do next with the task."""
    return _forward(task) if task.wanted else _backward(task)


def _forward(task: TaskView) -> Next:
    if not task.attached:
        return Next(Do.ATTACH)
    if not task.prepared:
        return Next(Do.PREPARE)
    return _failure(task) or _upward(task)


def _upward(task: TaskView) -> Next:
    again = tuple(container.name for container in task.containers if container.restarts)
    if again:
        return Next(Do.START, again)
    by_name = {container.name: container for container in task.containers}
    ready = tuple(
        container.name
        for container in task.containers
        if container.waiting and all(_met(by_name[need.container], need.condition) for need in container.depends_on)
    )
    if ready:
        return Next(Do.START, ready)
    if any(container.waiting for container in task.containers):
        return Next(Do.WAIT, after=_patience(task))
    if task.targeted and not task.registered:
        return Next(Do.ACTIVATE)
    return Next(Do.WAIT) if task.running else Next(Do.RUN)


def _failure(task: TaskView) -> Next | None:
    by_name = {container.name: container for container in task.containers}
    for container in task.containers:
        if container.essential and _ended(container):
            return Next(Do.FAIL, (container.name,), code="EssentialContainerExited", reason=ESSENTIAL_EXITED)
        if container.waiting and any(
            _hopeless(by_name[need.container], need.condition, task.now) for need in container.depends_on
        ):
            return Next(Do.FAIL, (container.name,), code="TaskFailedToStart", reason=DEPENDENCY_FAILED)
    return None


def _ended(container: ContainerView) -> bool:
    return container.exit_code is not None and not container.restarts and not container.restart_open


def _met(container: ContainerView, condition: str) -> bool:
    if condition == START:
        return container.started_at is not None
    if condition == COMPLETE:
        return container.exit_code is not None
    if condition == SUCCESS:
        return container.exit_code == 0
    return container.running and container.health == HEALTHY


def _hopeless(container: ContainerView, condition: str, now: float) -> bool:
    """The condition can't be fulfilled any more, or its time is up."""
    if _met(container, condition):
        return False
    if container.exit_code is not None:
        return True
    limit = container.start_timeout
    return limit is not None and container.started_at is not None and now - container.started_at >= limit


def _patience(task: TaskView) -> float | None:
    """Seconds until the first start timeout of a container that others wait for."""
    limits = [
        container.started_at + container.start_timeout - task.now
        for container in task.containers
        if container.running and container.started_at is not None and container.start_timeout is not None
    ]
    ahead = [limit for limit in limits if limit > 0]
    return min(ahead, default=None)


def _backward(task: TaskView) -> Next:
    if task.registered:
        return Next(Do.DEACTIVATE)
    if task.draining_until is not None and task.now < task.draining_until and _serves(task):
        return Next(Do.WAIT, after=task.draining_until - task.now)
    left = [container for container in task.containers if container.running]
    if left:
        return _end(left, task.now)
    return Next(Do.DETACH) if task.attached else Next(Do.FINISH)


def _serves(task: TaskView) -> bool:
    """Requests in flight can still end: no essential container has."""
    return all(container.running for container in task.containers if container.essential)


def _end(left: Sequence[ContainerView], now: float) -> Next:
    overdue = tuple(
        container.name
        for container in left
        if container.terminated_at is not None
        and not container.killed
        and now - container.terminated_at >= container.stop_timeout
    )
    if overdue:
        return Next(Do.KILL, overdue)
    needed = {need.container for container in left for need in container.depends_on}
    free = tuple(c.name for c in left if c.terminated_at is None and c.name not in needed)
    if free:
        return Next(Do.TERMINATE, free)
    limits = [c.terminated_at + c.stop_timeout - now for c in left if c.terminated_at is not None and not c.killed]
    return Next(Do.WAIT, after=min(limits, default=None))
