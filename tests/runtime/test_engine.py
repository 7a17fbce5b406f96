"""What podman writes about failures, and what it is told."""

from __future__ import annotations

from netflux.runtime.engine import reason, variables


def test_the_reason_is_podmans_last_line_without_its_decoration() -> None:
    assert reason('time="2026-11-24T10:00:00Z" level=error msg="one"\nError: no such image\n') == "no such image"
    assert reason("") == "podman gave no reason"


def test_what_podman_did_not_hear_is_told_in_the_words_of_the_runtime_below() -> None:
    told = (
        'runc create failed: exec: "/absent": not found\nError: container create failed (no logs from conmon): \x00\n'
    )
    assert reason(told) == 'runc create failed: exec: "/absent": not found'


def test_variables_that_podman_reads_itself_are_written_out() -> None:
    options, environment = variables({"SECRET": "s", "HOME": "/h", "_CONTAINERS_ROOTLESS_UID": "7"})
    assert options == ["--env=SECRET", "--env=HOME=/h", "--env=_CONTAINERS_ROOTLESS_UID=7"]
    assert environment == {"SECRET": "s"}
