"""What a DB instance's status is and what is to be done next: pure."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from netflux.aws.rds.instance import Actual
from netflux.resources.rds import DELETED, STOPPED, Instance

MOST_FAILURES = 3
"""Starts in a row without a login after which the status says `failed`; trying goes on all the same."""


class Step(Enum):
    """One change towards the desired state."""

    ATTACH = "attach the network interface"
    INITIALISE = "make the data directory"
    START = "start the postmaster"
    ADMIT = "make roles and passwords, and log in"
    CONFIGURE = "give the postmaster its changed parameters"
    SNAPSHOT = "copy its data into a snapshot"
    STOP = "stop the postmaster"
    REMOVE = "remove everything"
    WATCH = "log in now and then"
    REST = "nothing"


def status(instance: Instance, actual: Actual) -> str:
    """DBInstanceStatus, which only what was observed can make `available` or `stopped`.

    After a postmaster's death, and after a restart of the region, it is `starting` until a client has logged in again.
    """
    if instance.run == DELETED:
        return "deleting"
    if instance.prepared and instance.run == STOPPED:
        return "stopping" if actual.running else "stopped"
    if instance.prepared and actual.full:
        return "storage-full"
    if not actual.accepting:
        return _waiting(instance, actual)
    if instance.reboots > instance.rebooted:
        return "rebooting"
    return _serving(instance, actual)


def _serving(instance: Instance, actual: Actual) -> str:
    if owes_password(instance):
        return "resetting-master-credentials"
    return "backing-up" if actual.owes else "available"


def _waiting(instance: Instance, actual: Actual) -> str:
    if actual.failures >= MOST_FAILURES:
        return "failed"
    if not instance.prepared:
        return "creating"
    return "rebooting" if instance.reboots > instance.rebooted else "starting"


def owes_password(instance: Instance) -> bool:
    """Whether a password was accepted that the cluster does not have yet."""
    return bool(instance.verifier) or instance.secret_new


_STEPS: tuple[tuple[Callable[[Instance, Actual], bool], Step], ...] = (
    (lambda instance, actual: instance.run == DELETED and actual.running, Step.STOP),
    (lambda instance, actual: instance.run == DELETED and actual.owes, Step.SNAPSHOT),
    (lambda instance, _: instance.run == DELETED, Step.REMOVE),
    (lambda _, actual: not actual.attached, Step.ATTACH),
    (lambda instance, actual: instance.run == STOPPED and actual.accepting and actual.owes, Step.SNAPSHOT),
    (lambda instance, actual: instance.run == STOPPED and actual.running, Step.STOP),
    (lambda instance, _: instance.run == STOPPED, Step.REST),
    (lambda _, actual: not actual.initialised, Step.INITIALISE),
    (lambda _, actual: not actual.running, Step.START),
    (lambda instance, actual: actual.reboot < instance.reboots, Step.STOP),
    (lambda instance, actual: not actual.accepting or not instance.prepared, Step.ADMIT),
    (lambda instance, _: owes_password(instance), Step.ADMIT),
    (lambda _, actual: actual.unapplied, Step.CONFIGURE),
    (lambda _, actual: actual.owes, Step.SNAPSHOT),
)
"""The first condition that holds names the step."""


def next_step(instance: Instance, actual: Actual) -> Step:
    """The next change; each pass makes one, observes, and asks again."""
    return next((step for holds, step in _STEPS if holds(instance, actual)), Step.WATCH)
