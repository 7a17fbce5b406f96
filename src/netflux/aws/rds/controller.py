"""Brings DB instances from what was asked for to what is: interface, files, process, roles, a login that succeeds."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netflux import names
from netflux.aws.rds import automated, configuration, roles, scram, secret
from netflux.aws.rds.backup import Backups
from netflux.aws.rds.cluster import ADMIN, Cluster, Issue, Listen
from netflux.aws.rds.decide import MOST_FAILURES, Step, next_step, owes_password
from netflux.aws.rds.installation import Installation, choose
from netflux.aws.rds.instance import Actual, Instances
from netflux.clock import Clock
from netflux.errors import AwsError, Retryable, Terminal
from netflux.network.endpoints import Address, Endpoints
from netflux.network.interface import Interface, InterfaceRequest, Network
from netflux.reconcile.controller import Result
from netflux.resources.rds import AUTOMATED, AVAILABLE, DELETED, FAILED, STOPPED, Instance, Snapshot
from netflux.resources.secretsmanager import Secrets
from netflux.runtime.children import Children

READY_INTERVAL = 0.05
"""Real seconds between looks at a postmaster that starts."""

WATCH_INTERVAL = 10.0
"""Simulated seconds between logins that prove that an instance is still available."""

_SEGMENT = 16 * 1024 * 1024
"""Bytes of a segment of PostgreSQL's log, which it makes before it goes on (wal_segment_size)."""

_NAME_TTL = 5
"""Seconds, so that clients find a replaced instance soon (RDS guide, "Best practices": keep DNS caching below 30 s)."""


@dataclass(frozen=True)
class Machine:
    """What instances are made of.

    Attributes:
        databases: `{state}/databases`.
        backups: the files of snapshots.
        run: `{state}/run`, for unix sockets.
        children: starts processes.
        network: gives interfaces.
        endpoints: told of what answers.
        issue: makes certificates with the region's authority.
        installations: the PostgreSQLs of this machine.
        clock: of the region.
    """

    databases: Path
    backups: Backups
    run: Path
    children: Children
    network: Network
    endpoints: Endpoints
    issue: Issue
    installations: Sequence[Installation]
    clock: Clock


class RdsController:
    """The controller of DB instances; its keys are their identifiers.

    Args:
        instances: shared with the API.
        machine: what instances are made of.
        poke: asks the loop for a pass over a key: `loop.poke("rds", key)`.
    """

    name = "rds"

    def __init__(self, instances: Instances, machine: Machine, poke: Callable[[str], None]) -> None:
        self._instances = instances
        self._secrets = Secrets(instances.documents)
        self._machine = machine
        self._poke = poke
        self._clusters: dict[str, Cluster] = {}
        self._admin: dict[str, str] = {}
        self._steps = {
            Step.ATTACH: self._attach,
            Step.INITIALISE: self._initialise,
            Step.START: self._start,
            Step.ADMIT: self._admit,
            Step.CONFIGURE: self._configure,
            Step.SNAPSHOT: self._snapshot,
            Step.STOP: self._stop,
            Step.REMOVE: self._remove,
            Step.WATCH: self._watch,
        }

    async def keys(self) -> Sequence[str]:
        """All instances, those that are being deleted too."""
        return [instance.identifier for instance in self._instances.all()]

    async def reconcile(self, key: str) -> Result:
        """Takes steps until there is nothing to do but to wait."""
        while (instance := self._instances.get(key)) is not None:
            step = next_step(instance, self._look(instance))
            if step is Step.REST:
                return Result()
            result = await self._steps[step](instance)
            if result is not None:
                return result
        return Result()

    async def stop(self) -> None:
        """Fast shutdowns of all clusters, when the region ends."""
        for cluster in self._clusters.values():
            await cluster.stop(signal.SIGINT)

    def _look(self, instance: Instance) -> Actual:
        """Observes; Retryable, so that the loop backs off, when a start has just turned out to be in vain."""
        key = instance.identifier
        cluster = self._cluster(instance)
        before = self._instances.actual(key)
        interface = self._machine.network.of(instance.owner)
        self._instances.observe(
            key,
            attached=interface is not None and _as_asked(interface, instance),
            groups=interface.security_groups if interface is not None else (),
            initialised=cluster.initialised,
            running=cluster.running,
            full=_full(self._machine.databases),
        )
        now, wanted = self._instances.actual(key), self._instances.parameters(instance)
        self._instances.observe(key, unapplied=configuration.unapplied(instance, now, wanted))
        if now.accepting:
            self._back_up(instance)
        self._instances.observe(key, owes=self._instances.owed(instance) is not None)
        if before.accepting and not cluster.running:
            self._lost(instance, "The PostgreSQL process of the DB instance ended unexpectedly; it is being restarted.")
        if before.starting and not cluster.running:
            self._instances.observe(key, starting=False)
            raise self._failure(instance, cluster.last_words() or "PostgreSQL ended before a client could log in")
        return self._instances.actual(key)

    def _back_up(self, instance: Instance) -> None:
        """Asks for the snapshot of the daily window once it has begun."""
        now, snapshots = self._machine.clock.now(), self._instances.snapshots
        if instance.prepared and automated.due(instance, snapshots.where("resource", instance.resource_id), now):
            name = automated.identifier(instance, now)
            if self._instances.snapshot(name) is None:
                tags = instance.tags if instance.settings.get("CopyTagsToSnapshot") else {}
                self._instances.begin_snapshot(instance, name, AUTOMATED, now, tags)

    def _cluster(self, instance: Instance) -> Cluster:
        cluster = self._clusters.get(instance.identifier)
        if cluster is None:
            machine = self._machine
            available = machine.installations
            major = instance.engine_version.partition(".")[0]
            installation = choose(instance.engine_version, available) or choose(major, available)
            if installation is None:
                raise Terminal(
                    f"DB instance {instance.identifier} needs PostgreSQL {instance.engine_version}, which this machine "
                    "no longer has; install the package it came from."
                )
            if installation.version != instance.engine_version:
                self._instances.update(instance.identifier, engine_version=installation.version)
            directory = machine.databases / instance.identifier
            cluster = Cluster(directory, machine.run, installation, machine.children, machine.issue)
            self._clusters[instance.identifier] = cluster
        return cluster

    async def _attach(self, instance: Instance) -> None:
        public = bool(instance.settings["PubliclyAccessible"])
        named = instance.owner, instance.subnet, instance.groups
        request = InterfaceRequest(*named, "RDSNetworkInterface", public=public)
        try:
            await self._machine.network.attach(request)
        except AwsError as error:
            raise self._failure(instance, str(error)) from error

    async def _initialise(self, instance: Instance) -> None:
        """Only of an instance that never was there: an empty cluster in the place of a lost one would hide the loss."""
        if instance.prepared:
            raise self._failure(
                instance,
                f"its files are gone: {self._cluster(instance).data} is missing. Put a copy of the folder back, or "
                "delete the DB instance.",
            )
        snapshot = self._instances.snapshots.get(instance.restored)
        try:
            if snapshot is not None:
                await self._machine.backups.restore(snapshot.folder, self._cluster(instance))
            else:
                await self._cluster(instance).initialise()
        except (Retryable, OSError) as error:
            raise self._failure(instance, str(error)) from error

    async def _start(self, instance: Instance) -> None:
        key = instance.identifier
        interface = self._machine.network.of(instance.owner)
        assert interface is not None
        name = self._name(instance)
        called = (name, name.replace(".localhost", ".amazonaws.com"))
        listen = Listen(interface.local_address, instance.port, called, interface.namespace)
        self._admin[key] = secrets.token_urlsafe(24)
        parameters = self._instances.parameters(instance)
        try:
            self._cluster(instance).configure(parameters)
            await self._cluster(instance).start(listen, lambda: self._poke(key))
        except (Retryable, OSError) as error:
            raise self._failure(instance, str(error)) from error
        self._instances.observe(key, reboot=instance.reboots, accepting=False, starting=True)
        self._instances.observe(key, parameter_group=instance.parameter_group, parameters=parameters)

    async def _admit(self, instance: Instance) -> Result | None:
        key = instance.identifier
        cluster = self._cluster(instance)
        if not cluster.ready():
            return Result(READY_INTERVAL * self._machine.clock.speed)
        password, verifier = await self._credential(instance)
        master = roles.Master(instance.master, instance.database, verifier)
        await roles.prepare(cluster.sockets, instance.port, master, scram.verifier(self._admin[key]))
        user = instance.master if password else ADMIN
        refusal = await self._log_in(instance, user, password or self._admin[key])
        if refusal:
            raise self._failure(instance, f"{user} cannot log in: {refusal}")
        if cluster.running:
            self._admitted(instance, password)
        return None

    async def _credential(self, instance: Instance) -> tuple[str, str]:
        """The master user's password, where it is known, and the verifier that is to be set, where one is."""
        if instance.secret and not instance.secret_arn:
            arn = secret.ensure(self._secrets, instance, self._machine.clock.now())
            self._instances.update(instance.identifier, secret_arn=arn)
        if instance.secret_new:
            password = secret.read(self._secrets, instance)
            return password, scram.verifier(password)
        return self._instances.passwords.get(instance.identifier, ""), instance.verifier

    def _admitted(self, instance: Instance, password: str) -> None:
        """A client has logged in, so the endpoint is one."""
        key, now = instance.identifier, self._machine.clock.now()
        self._instances.observe(key, accepting=True, starting=False, failures=0, reason="")
        current = self._instances.get(key)
        if current is None:
            return
        done: dict[str, Any] = {"prepared": True, "rebooted": instance.reboots}
        if current.verifier == instance.verifier:
            done["verifier"] = ""
        if current.secret == instance.secret:
            done["secret_new"] = False
        if self._instances.passwords.get(key) == password:
            self._instances.passwords.pop(key, None)
        self._instances.update(key, **done)
        interface = self._machine.network.of(instance.owner)
        assert interface is not None
        name = self._name(instance)
        self._machine.endpoints.publish(name, instance.port, Address(interface.local_address, instance.port))
        self._machine.endpoints.publish_host(name, [interface.local_address], _NAME_TTL)
        if not instance.prepared and instance.restored:
            snapshot = self._instances.snapshots.get(instance.restored)
            said = f"Restored from snapshot {snapshot.identifier if snapshot else instance.restored}"
            self._instances.record(instance, said, "restoration", now)
        elif not instance.prepared:
            self._instances.record(instance, "DB instance created", "creation", now)
        elif instance.reboots > instance.rebooted:
            self._instances.record(instance, "DB instance restarted", "availability", now)
        elif owes_password(instance):
            self._instances.record(instance, "Reset master credentials", "configuration change", now)
        else:
            self._instances.record(instance, "DB instance started", "notification", now)

    async def _configure(self, instance: Instance) -> Result | None:
        """The postmaster itself says what it has read."""
        key, cluster = instance.identifier, self._cluster(instance)
        now = self._instances.actual(key).parameters
        wanted = configuration.reloaded(now, self._instances.parameters(instance))
        cluster.configure(wanted)
        cluster.reload()
        if await roles.parameters(cluster.sockets, instance.port) != configuration.digest(wanted):
            return Result(READY_INTERVAL * self._machine.clock.speed)
        self._instances.observe(key, parameters=wanted)
        return None

    async def _snapshot(self, instance: Instance) -> None:
        """Copies the cluster that runs, or keeps the files of one that is being deleted."""
        snapshot, now = self._instances.owed(instance), self._machine.clock.now()
        if snapshot is None:
            return
        self._instances.record_snapshot(snapshot, f"Creating {snapshot.kind} snapshot", "backup", now)
        backups, cluster = self._machine.backups, self._cluster(instance)
        try:
            if not backups.whole(snapshot.folder):
                await (backups.take if cluster.running else backups.keep)(cluster, snapshot.folder)
            size = await backups.size(snapshot.folder)
        except (Retryable, OSError) as error:
            self._unsaved(instance, snapshot, error)
            return
        self._instances.finish_snapshot(snapshot, AVAILABLE, self._machine.clock.now(), size)

    def _unsaved(self, instance: Instance, snapshot: Snapshot, error: Exception) -> None:
        """Data that are still there are not deleted before their final snapshot has them."""
        self._instances.record(instance, str(error), "failure", self._machine.clock.now())
        if instance.run == DELETED and self._cluster(instance).initialised:
            raise Retryable(f"DB snapshot {snapshot.identifier}: {error}") from error
        self._instances.finish_snapshot(snapshot, FAILED, self._machine.clock.now())

    async def _watch(self, instance: Instance) -> Result | None:
        refusal = await self._log_in(instance, ADMIN, self._admin[instance.identifier])
        if not refusal:
            return Result(WATCH_INTERVAL)
        if self._cluster(instance).running:
            self._lost(instance, f"The DB instance does not answer: {refusal}")
            raise self._failure(instance, refusal)
        return None

    async def _stop(self, instance: Instance) -> None:
        key = instance.identifier
        self._instances.observe(key, accepting=False, starting=False)
        self._machine.endpoints.withdraw(self._name(instance))
        thrown_away = instance.run == DELETED and not instance.final
        await self._cluster(instance).stop(signal.SIGQUIT if thrown_away else signal.SIGINT)
        if instance.run == STOPPED:
            self._instances.update(key, rebooted=instance.reboots)
            self._instances.record(instance, "DB instance stopped", "notification", self._machine.clock.now())
        else:
            self._instances.record(instance, "DB instance shutdown", "availability", self._machine.clock.now())

    async def _remove(self, instance: Instance) -> None:
        self._machine.endpoints.withdraw(self._name(instance))
        await self._cluster(instance).remove()
        await self._machine.network.detach(instance.owner)
        if instance.secret:
            secret.remove(self._secrets, instance)
        for snapshot in self._instances.snapshots.where("owed", instance.identifier):
            self._instances.finish_snapshot(snapshot, FAILED, self._machine.clock.now())
        self._instances.record(instance, "DB instance deleted", "deletion", self._machine.clock.now())
        self._instances.delete(instance.identifier)
        self._clusters.pop(instance.identifier, None)
        self._admin.pop(instance.identifier, None)

    def _lost(self, instance: Instance, message: str) -> None:
        self._instances.observe(instance.identifier, accepting=False)
        self._machine.endpoints.withdraw(self._name(instance))
        self._instances.record(instance, message, "failure", self._machine.clock.now())

    def _failure(self, instance: Instance, reason: str) -> Retryable:
        """Counts a failed try; the first and the one that makes the instance `failed` become events."""
        actual = self._instances.actual(instance.identifier)
        failures = actual.failures + 1
        self._instances.observe(instance.identifier, failures=failures, reason=reason)
        if failures in (1, MOST_FAILURES):
            self._instances.record(instance, reason, "failure", self._machine.clock.now())
        return Retryable(f"DB instance {instance.identifier}: {reason}")

    async def _log_in(self, instance: Instance, user: str, password: str) -> str:
        """From the instance's own interface, as its security groups don't ask about what stays there."""
        network = self._machine.network
        interface = network.of(instance.owner)
        assert interface is not None
        login = roles.Login(interface.local_address, instance.port, user, password)
        return await roles.log_in(login, lambda: network.inside(instance.owner))

    def _name(self, instance: Instance) -> str:
        region, account = instance.arn.split(":")[3:5]
        return names.database(instance.identifier, account, region)


def _full(databases: Path) -> bool:
    try:
        found = os.statvfs(databases)
    except FileNotFoundError:
        return False
    return found.f_blocks > 0 and found.f_bavail * found.f_frsize < _SEGMENT


def _as_asked(interface: Interface, instance: Instance) -> bool:
    same = set(interface.security_groups) == set(instance.groups)
    return same and bool(interface.public_address) == bool(instance.settings["PubliclyAccessible"])
