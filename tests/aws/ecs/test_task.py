"""The life of a task as decisions."""

from dataclasses import replace

from netflux.aws.ecs.decide.task import ContainerView, Dependency, Do, TaskView, next_step

APP = ContainerView("app")


def view(*containers: ContainerView, **changes: object) -> TaskView:
    basis = TaskView(
        wanted=True, containers=containers or (APP,), attached=True, prepared=True, targeted=False, registered=False,
        running=False, draining_until=None, now=100.0,
    )  # fmt: skip
    return replace(basis, **changes)


def started(container: ContainerView = APP, **changes: object) -> ContainerView:
    return replace(container, started_at=90.0, **changes)


def test_a_task_begins_with_its_interface_then_images_then_containers() -> None:
    assert next_step(view(attached=False, prepared=False)).do is Do.ATTACH
    assert next_step(view(prepared=False)).do is Do.PREPARE
    assert next_step(view()).containers == ("app",)


def test_a_task_with_target_groups_registers_before_it_is_running() -> None:
    assert next_step(view(started(), targeted=True)).do is Do.ACTIVATE
    assert next_step(view(started(), targeted=True, registered=True)).do is Do.RUN
    assert next_step(view(started())).do is Do.RUN
    assert next_step(view(started(), running=True)).do is Do.WAIT


def test_dependencies_hold_a_container_back_until_they_are_met() -> None:
    init = ContainerView("init", essential=False)
    app = replace(APP, depends_on=(Dependency("init", "SUCCESS"),))
    assert next_step(view(app, init)).containers == ("init",)
    assert next_step(view(app, started(init))).do is Do.WAIT
    assert next_step(view(app, started(init, exit_code=0))).containers == ("app",)


def test_complete_takes_any_exit_code_and_success_only_zero() -> None:
    init = started(ContainerView("init", essential=False), exit_code=3)
    complete = replace(APP, depends_on=(Dependency("init", "COMPLETE"),))
    success = replace(APP, depends_on=(Dependency("init", "SUCCESS"),))
    assert next_step(view(complete, init)).do is Do.START
    failed = next_step(view(success, init))
    assert (failed.do, failed.code) == (Do.FAIL, "TaskFailedToStart")


def test_healthy_is_waited_for() -> None:
    side = ContainerView("side", health="UNKNOWN")
    app = replace(APP, depends_on=(Dependency("side", "HEALTHY"),))
    assert next_step(view(app, started(side))).do is Do.WAIT
    assert next_step(view(app, started(side, health="HEALTHY"))).containers == ("app",)


def test_start_timeout_bounds_the_wait_for_a_dependency() -> None:
    side = ContainerView("side", health="UNKNOWN", start_timeout=15.0)
    app = replace(APP, depends_on=(Dependency("side", "HEALTHY"),))
    assert next_step(view(app, started(side))).after == 5.0
    assert next_step(view(app, started(side), now=105.0)).do is Do.FAIL


def test_the_exit_of_an_essential_container_ends_the_task() -> None:
    end = next_step(view(started(exit_code=1), running=True))
    assert (end.do, end.code, end.reason) == (
        Do.FAIL, "EssentialContainerExited", "Essential container in task exited",
    )  # fmt: skip


def test_the_exit_of_another_container_does_not() -> None:
    side = started(ContainerView("side", essential=False), exit_code=1)
    assert next_step(view(started(), side, running=True)).do is Do.WAIT


def test_a_stopping_task_deregisters_drains_terminates_kills_detaches() -> None:
    assert next_step(view(started(), wanted=False, registered=True)).do is Do.DEACTIVATE
    draining = next_step(view(started(), wanted=False, draining_until=130.0))
    assert (draining.do, draining.after) == (Do.WAIT, 30.0)
    assert next_step(view(started(), wanted=False, draining_until=100.0)).do is Do.TERMINATE
    told = started(terminated_at=95.0)
    assert next_step(view(told, wanted=False)).after == 25.0
    assert next_step(view(told, wanted=False, now=125.0)).do is Do.KILL
    assert next_step(view(replace(told, killed=True), wanted=False, now=125.0)).do is Do.WAIT
    assert next_step(view(started(exit_code=0), wanted=False)).do is Do.DETACH
    assert next_step(view(started(exit_code=0), wanted=False, attached=False)).do is Do.FINISH


def test_nothing_drains_when_nothing_serves_any_more() -> None:
    assert next_step(view(started(exit_code=1), wanted=False, draining_until=130.0)).do is Do.DETACH


def test_containers_stop_in_the_reverse_order_of_their_dependencies() -> None:
    side = started(ContainerView("side"))
    app = started(replace(APP, depends_on=(Dependency("side", "START"),)))
    assert next_step(view(app, side, wanted=False)).containers == ("app",)
    assert next_step(view(replace(app, exit_code=0), side, wanted=False)).containers == ("side",)


def test_a_task_stopped_before_anything_was_there_just_finishes() -> None:
    assert next_step(view(wanted=False, attached=False, prepared=False)).do is Do.FINISH
