"""The files by which a process resolves names."""

import os
from pathlib import Path

import pytest

from netflux.runtime import resolution


def test_without_a_resolver_only_the_hosts_file_is_bound(tmp_path: Path) -> None:
    assert resolution.binds(None, None) == {}
    assert resolution.binds(tmp_path / "hosts", None) == {"/etc/hosts": str(tmp_path / "hosts")}


@pytest.mark.parametrize(
    "line",
    [
        "hosts: files myhostname dns", "hosts:\t\tmymachines resolve [!UNAVAIL=return] files myhostname dns",
        "hosts: files mdns4_minimal [NOTFOUND=return] dns  # of Debian", "# nothing about it",
    ],
)  # fmt: skip
def test_no_other_source_answers_before_dns(line: str) -> None:
    assert resolution.ordered(f"passwd: files\n{line}\n").splitlines()[-1] == "hosts: files dns"
    assert "passwd: files" in resolution.ordered(f"passwd: files\n{line}\n")


def test_an_order_that_is_right_is_left_alone() -> None:
    text = "passwd: files\nhosts:  files dns # as it should be\n"
    assert resolution.ordered(text) == text


def test_the_machines_order_is_replaced_where_it_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    switch, resolver = tmp_path / "machine.conf", tmp_path / "one.resolv"
    switch.write_text("hosts: files resolve dns\n")
    monkeypatch.setattr(resolution, "SWITCH", str(switch))
    monkeypatch.setattr(resolution, "RESOLVER", str(switch))
    before = os.umask(0o077)
    try:
        found = resolution.binds(None, resolver)
    finally:
        os.umask(before)
    assert found == {str(switch): str(tmp_path / "nsswitch.conf")}
    assert (tmp_path / "nsswitch.conf").stat().st_mode & 0o777 == 0o644  # the task may run as another user
    assert (tmp_path / "nsswitch.conf").read_text() == "hosts: files dns\n"


def test_a_machine_without_a_resolver_keeps_the_hosts_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolution, "RESOLVER", str(tmp_path / "absent"))
    assert resolution.binds(tmp_path / "hosts", tmp_path / "one.resolv") == {"/etc/hosts": str(tmp_path / "hosts")}
