"""Carries a service's deployments forward in its document: counts failures, starts and stops tasks, tells events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import datetime
from functools import partial

from netflux.aws.ecs.arn import name
from netflux.aws.ecs.decide import breaker, capacity, history, message, placement
from netflux.aws.ecs.decide.deployment import Goal, Phase, Step, step
from netflux.aws.ecs.deploymentalarms import DeploymentAlarms
from netflux.aws.ecs.desired import subnets
from netflux.aws.ecs.offer import offers
from netflux.aws.ecs.order import Order, submit
from netflux.aws.ecs.pace import Paces
from netflux.aws.ecs.rebalance import Rebalance
from netflux.aws.ecs.roles import Roles
from netflux.aws.ecs.standing import Observer, Standing
from netflux.aws.ecs.store import DEFINITION, TASK, Json, Store
from netflux.aws.ecs.tasks import ask_to_stop
from netflux.errors import AwsError

_INCONSISTENT = 3  # failed starts in a row that ECS tells about
# Developer guide, "service-event-messages-list": the same event comes again after 6 hours, a steady state too.
_TOLD_AGAIN = 6 * 3600.0
_STOP_CODE = "ServiceSchedulerInitiated"


class Rollout:
    """One pass over one service. Changes `service` in place; the caller stores it in the same transaction.

    Args:
        store: ECS documents.
        service: its document.
        paces: how fast deployments may start tasks.
        roles: says which roles tasks can have.
        alarms: of its deployment that is in progress; None where there are none.
    """

    def __init__(
        self, store: Store, service: Json, paces: Paces, roles: Roles, alarms: DeploymentAlarms | None = None
    ) -> None:
        self._store = store
        self._roles = roles
        self._service = service
        self._paces = paces
        self._now = store.clock.monotonic()
        self._alarms = self._heeded(alarms)
        self.touched: list[str] = []
        self.resumes_in: float | None = None

    def account(self, tasks: Sequence[Json], observer: Observer) -> None:
        """Counts what tasks that have ended say about their deployments, each once."""
        by_id = {deployment["id"]: deployment for deployment in self._service["deployments"]}
        for body in tasks:
            task, deployment = body["task"], by_id.get(body["deployment"])
            if task["lastStatus"] == "RUNNING":
                self._paces.of(body["deployment"]).running()
            if task["lastStatus"] != "STOPPED" or body["counted"]:
                continue
            self._store.change(TASK, task["taskArn"], lambda kept: kept.update(counted=True))
            if deployment is not None:
                self._count(deployment, body, observer)

    def _count(self, deployment: Json, body: Json, observer: Observer) -> None:
        task, pace = body["task"], self._paces.of(deployment["id"])
        if not body["ran"] and task["stopCode"] in ("TaskFailedToStart", "EssentialContainerExited"):
            pace.start_failed(self._now)
            deployment["failedTasks"] += 1
            if pace.failed_starts >= _INCONSISTENT:
                self._tell_once(message.inconsistent(self._service["name"]), observer)
        elif body["ran"] and task["stopCode"] == "EssentialContainerExited":
            ran_for = observer.age(task["startedAt"]) - observer.age(task["stoppingAt"])
            pace.ended(self._now, ran_for)
            # AWS in aws/containers-roadmap#1206: a service with health checks counts tasks that end before passing one
            if observer.judged(body) and not body.get("passed", False):
                deployment["failedTasks"] += 1

    def proceed(self, standings: Sequence[Standing], observer: Observer) -> None:
        """Makes the deployment's next step, and writes down what it has reached."""
        self._remember(standings)
        self._trip()
        self._ring(standings)
        primary = self._service["deployments"][0]
        pace = self._paces.of(primary["id"])
        failed = primary["rolloutState"] == "FAILED"
        resting = pace.not_before - self._now
        members = [standing.member for standing in standings]
        goal = self._goal(primary, may_start=resting <= 0 and not failed, failed=failed)
        moves = Rebalance(self._service, goal, members)
        following = step(moves.goal, members)
        if resting > 0:
            self.resumes_in = resting
        self._reset(primary, standings)
        self._start(primary, self._places(primary, following.start, standings), message.started)
        self._stop(primary, following, standings, moves)
        if following.stuck:
            self._tell_once(message.stuck(self._service["name"]), observer)
        if following.completed:
            self._reached(primary, standings, observer)
            if goal.may_start and self._service.get("steady"):
                self._move(primary, moves)
        history.follow(self._service, self._store.now())
        self._clear(standings)

    def _remember(self, standings: Sequence[Standing]) -> None:
        """Writes down which tasks have passed their health checks, once for each."""
        for standing in standings:
            if standing.member.healthy and not standing.passed:
                self._store.change(TASK, standing.arn, lambda kept: kept.update(passed=True))

    def _goal(self, primary: Json, *, may_start: bool, failed: bool) -> Goal:
        accepted = self._service["accepted"]
        configuration = accepted["deploymentConfiguration"]
        return Goal(
            primary=primary["id"],
            desired=accepted["desiredCount"],
            minimum_percent=configuration["minimumHealthyPercent"],
            maximum_percent=configuration["maximumPercent"],
            may_start=may_start,
            failed=failed,
        )

    def _breaker(self) -> breaker.Breaker:
        return breaker.read(self._service["accepted"]["deploymentConfiguration"])

    def _trip(self) -> None:
        """Fails the deployment when the circuit breaker says so, and brings back the last completed one."""
        primary = self._service["deployments"][0]
        switch = self._breaker()
        if primary["rolloutState"] != "IN_PROGRESS" or self._service["status"] != "ACTIVE":
            return
        if not switch.trips(primary["failedTasks"], self._service["accepted"]["desiredCount"]):
            return
        self._fail(primary, "ECS deployment circuit breaker", "tasks failed to start", back=switch.rollback)

    def _ring(self, standings: Sequence[Standing]) -> None:
        """Fails the deployment when one of its alarms is in ALARM and a task of it runs."""
        primary, alarms = self._service["deployments"][0], self._alarms
        runs = any(item.member.deployment == primary["id"] and item.member.phase is Phase.RUNNING for item in standings)
        if alarms is not None and alarms.ringing and runs and primary["rolloutState"] == "IN_PROGRESS":
            self._fail(primary, "ECS deployment alarms", "alarm detected", back=alarms.rollback)

    def _heeded(self, alarms: DeploymentAlarms | None) -> DeploymentAlarms | None:
        """The alarms, unless the deployment began while one of them was in ALARM already."""
        primary = self._service["deployments"][0]
        if alarms is None:
            return None
        if primary.get("alarms") is None:
            primary["alarms"] = {"heeded": not alarms.ringing}
        return alarms if primary["alarms"]["heeded"] else None

    @property
    def watched(self) -> bool:
        """Whether alarms of a deployment in progress are to be looked at again."""
        return self._alarms is not None and self._service["deployments"][0]["rolloutState"] == "IN_PROGRESS"

    def _baking(self, primary: Json) -> bool:
        """Whether a deployment that has all its tasks is still watched for alarms."""
        if self._alarms is None:
            return False
        began = primary["alarms"].setdefault("baking", self._store.now())
        passed = (self._store.clock.now() - datetime.fromisoformat(began)).total_seconds() * self._store.clock.speed
        return passed < self._alarms.bake

    def _fail(self, primary: Json, cause: str, what: str, *, back: bool) -> None:
        primary |= {
            "rolloutState": "FAILED", "rolloutStateReason": f"{cause}: {what}.", "updatedAt": self._store.now(),
        }  # fmt: skip
        self._tell(message.failed(self._service["name"], primary["id"], what))
        stable = self._service.get("stable")
        if back and stable is not None and stable["deployment"]["id"] != primary["id"]:
            self._roll_back(primary, stable, cause)

    def _roll_back(self, failed: Json, stable: Json, cause: str) -> None:
        back = deepcopy(stable["deployment"])
        back |= {
            "status": "PRIMARY",
            "rolloutState": "IN_PROGRESS",
            "rolloutStateReason": f"{cause}: rolling back to deploymentId {back['id']}.",
            "alarms": {"heeded": False},
            "failedTasks": 0,
            "desiredCount": self._service["accepted"]["desiredCount"],
            "updatedAt": self._store.now(),
        }
        failed |= {"status": "ACTIVE"}
        others = [body for body in self._service["deployments"] if body["id"] != back["id"]]
        self._service["deployments"] = [back, *others]
        self._service["accepted"] |= stable["accepted"]
        self._paces.forget(back["id"])
        self._tell(message.rolling_back(self._service["name"], failed["id"], back["id"]))

    def _reset(self, primary: Json, standings: Sequence[Standing]) -> None:
        own = [item.member for item in standings if item.member.deployment == primary["id"]]
        if self._breaker().reset and primary["failedTasks"] and any(member.healthy for member in own):
            primary["failedTasks"] = 0

    def _places(self, primary: Json, count: int, standings: Sequence[Standing]) -> list[str]:
        """Subnets for new tasks."""
        taken = [standing.member.subnet for standing in standings if standing.member.live]
        return placement.choose(subnets(primary["networkConfiguration"]), taken, count, primary.get("zones", {}))

    def _start(self, primary: Json, places: Sequence[str], told: Callable[[str, list[str]], str]) -> list[str]:
        """Starts a task in each of the subnets; their ids."""
        if not places:
            return []
        if primary["connect"] is None:
            primary["connect"] = self._names(primary["namespace"])
        definition = self._store.get(DEFINITION, primary["taskDefinition"]) or {}
        if not self._may_launch(primary, definition):
            return []
        providers = capacity.choose(primary.get("capacityProviderStrategy", ()), self._providers(primary), len(places))
        arns = [
            submit(self._store, self._order(primary, definition, subnet, provider))
            for subnet, provider in zip(places, providers, strict=True)
        ]
        self.touched += arns
        self._service["steady"] = False
        identities = [name(arn) for arn in arns]
        self._tell(told(self._service["name"], identities))
        return identities

    def _may_launch(self, primary: Json, definition: Json) -> bool:
        """Whether ECS can assume the tasks' roles. If not, that is a failed start, which is tried again later."""
        try:
            self._roles.check(definition, {}, self._service["clusterArn"])
        except AwsError as error:
            pace = self._paces.of(primary["id"])
            pace.start_failed(self._now)
            self.resumes_in = pace.not_before - self._now
            primary["failedTasks"] += 1
            self._tell(message.not_launched(self._service["name"], error.message))
            return False
        return True

    def _move(self, primary: Json, moves: Rebalance) -> None:
        """Begins to move tasks from full zones to empty ones, or ends it when they are spread evenly."""
        zones = moves.due()
        text = moves.told(zones)
        if text:
            self._tell(text)
        begun: list[str] = []
        for zone, count in Counter(zones).items():
            inside = [subnet for subnet, its in primary["zones"].items() if its == zone]
            places = placement.choose(inside, [member.subnet for member in moves.members], count)
            begun += self._start(primary, places, partial(message.started_to_balance, zone=zone))
        moves.begin(begun)

    def _providers(self, primary: Json) -> list[str]:
        """Of the deployment's tasks that shall run."""
        tasks = [body["task"] for body in self._store.tasks_of(self._service["arn"])
                 if body["deployment"] == primary["id"]]  # fmt: skip
        return [task.get("capacityProviderName", "") for task in tasks if task["desiredStatus"] == "RUNNING"]

    def _order(self, primary: Json, definition: Json, subnet: str, provider: str) -> Order:
        accepted = self._service["accepted"]
        tags = {"SERVICE": self._service["tags"], "TASK_DEFINITION": definition["tags"]}
        network = primary["networkConfiguration"]["awsvpcConfiguration"]
        return Order(
            cluster=self._service["clusterArn"],
            definition=definition,
            subnet=subnet,
            security_groups=network["securityGroups"],
            public=network["assignPublicIp"] == "ENABLED",
            group=f"service:{self._service['name']}",
            started_by=primary["id"],
            tags=[*self._managed_tags(), *tags.get(accepted["propagateTags"], [])],
            service=self._service["arn"],
            deployment=primary["id"],
            load_balancers=primary["loadBalancers"],
            registries=primary.get("registries", ()),
            connect=primary["connect"],
            provider=provider,
        )

    def _managed_tags(self) -> list[Json]:
        """Tags that ECS itself puts on tasks; developer guide, "ecs-using-tags"."""
        if not self._service["accepted"]["enableECSManagedTags"]:
            return []
        own = {"clusterName": name(self._service["clusterArn"]), "serviceName": self._service["name"]}
        return [{"key": f"aws:ecs:{key}", "value": value} for key, value in own.items()]

    def _names(self, namespace: str | None) -> list[list[str]]:
        """Service Connect names that tasks of a deployment know: those that are there when it begins.

        With each its key in the network, since the address may be another one after a restart of the region.
        """
        if namespace is None:
            return []
        found = offers(self._store, namespace)
        return [[offer.endpoint.dns_name, f"{namespace}/{offer.endpoint.name}"] for offer in found]

    def _stop(self, primary: Json, following: Step, standings: Sequence[Standing], moves: Rebalance) -> None:
        by_id = {standing.member.id: standing for standing in standings}
        scaling = message.scaling_reason(primary["id"])
        stopped = []
        for identity in (*following.stop, *following.replace):
            standing = by_id[identity]
            replaced = identity in following.replace
            self._ask(standing.arn, standing.reason if replaced else scaling)
            if replaced:
                primary["failedTasks"] += 1
                self._tell(standing.event)
            if standing.member.phase is Phase.RUNNING:
                stopped.append(standing.member)
        for text in moves.stopped(stopped):
            self._tell(text)

    def _ask(self, arn: str, reason: str) -> None:
        self._store.change(TASK, arn, lambda body: ask_to_stop(body, _STOP_CODE, reason))
        self.touched.append(arn)
        self._service["steady"] = False

    def _reached(self, primary: Json, standings: Sequence[Standing], observer: Observer) -> None:
        service = self._service["name"]
        if primary["rolloutState"] == "IN_PROGRESS" and self._service["status"] == "ACTIVE":
            if self._baking(primary):
                return
            primary |= {
                "rolloutState": "COMPLETED",
                "rolloutStateReason": f"ECS deployment {primary['id']} completed.",
                "updatedAt": self._store.now(),
            }
            self._tell(message.completed(service, primary["id"]))
            self._service["stable"] = self._snapshot(primary)
        settled = all(standing.member.phase is Phase.RUNNING for standing in standings)
        if not settled:
            return
        if not self._service.get("steady"):
            self._service["steady"] = True
            self._tell(message.steady(service))
        else:
            self._tell_once(message.steady(service), observer)

    def _snapshot(self, primary: Json) -> Json:
        kept = ("taskDefinition", "networkConfiguration", "serviceConnectConfiguration", "loadBalancers",
                "serviceRegistries")  # fmt: skip
        accepted = {key: self._service["accepted"][key] for key in kept if key in self._service["accepted"]}
        return deepcopy({"deployment": primary, "accepted": accepted})

    def _clear(self, standings: Sequence[Standing]) -> None:
        """Drops deployments whose last task has stopped, and ends a service that drains when it has none left."""
        used = {standing.member.deployment for standing in standings}
        primary, *others = self._service["deployments"]
        for deployment in others:
            if deployment["id"] not in used:
                self._paces.forget(deployment["id"])
        self._service["deployments"] = [primary, *(body for body in others if body["id"] in used)]
        if self._service["status"] == "DRAINING" and not standings:
            self._service["status"] = "INACTIVE"

    def _tell_once(self, text: str, observer: Observer) -> None:
        """Tells it unless it was told within the last hours."""
        told = [event["createdAt"] for event in self._service["events"] if event["message"] == text]
        if not told or observer.age(told[0]) >= _TOLD_AGAIN:
            self._tell(text)

    def _tell(self, text: str) -> None:
        self._store.add_event(self._service, text)
