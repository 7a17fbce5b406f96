"""Mistakes and missing parts: one screen that says what, where and what next; exit code 1 or 2; nothing left behind."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import pytest

from tests.behaviours.cloud import Cloud, free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

SYNTAX = """
Resources:
  Vpc:
    Type: AWS::EC2::VPC
   Properties: {
"""
UNKNOWN_TYPE = """
Resources:
  Tea:
    Type: AWS::Kitchen::Teapot
"""
UNKNOWN_PROPERTY = """
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16, Colour: red}
"""
MISSING_PARAMETER = """
Parameters:
  Cidr: {Type: String}
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: !Ref Cidr}
"""
CIRCLE = """
Resources:
  A:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: !GetAtt B.GroupId}
  B:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: !GetAtt A.GroupId}
"""
MISTAKES = {
    "syntax error": (SYNTAX, "line"),
    "unknown type": (UNKNOWN_TYPE, "AWS::Kitchen::Teapot"),
    "unknown property": (UNKNOWN_PROPERTY, "Colour"),
    "missing parameter": (MISSING_PARAMETER, "Cidr"),
    "circular reference": (CIRCLE, "ircular"),
}


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(free_port(), tmp_path / "state")


def _assert_refused(cloud: Cloud, *words: str, says: str, environment: dict[str, str] | None = None) -> None:
    cloud.environment = environment or {}
    done = cloud.command("up", *words, "--port", str(cloud.port), check=False, seconds=60)
    text = done.stdout + done.stderr
    assert done.returncode in (1, 2), text
    assert says in text, text
    assert "Traceback" not in text, text
    assert len(text.splitlines()) <= 40, text
    assert not _left(cloud), text


def _left(cloud: Cloud) -> list[str]:
    """Processes that still have this cloud's state directory in their arguments or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if process.name != str(os.getpid()) and str(cloud.state).encode() in text:
            found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_template_with_a_mistake_is_refused_with_its_place(cloud: Cloud, tmp_path: Path, mistake: str) -> None:
    text, says = MISTAKES[mistake]
    template = tmp_path / "template.yaml"
    template.write_text(text)
    _assert_refused(cloud, str(template), says=says)


def test_a_port_in_use_is_named(cloud: Cloud) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", cloud.port))
        taken.listen()
        _assert_refused(cloud, "--empty", says=str(cloud.port))


def test_a_state_directory_of_another_version_is_left_alone(cloud: Cloud) -> None:
    cloud.arguments = ("--empty",)
    cloud.up()
    cloud.down()
    version = cloud.state / "version"
    version.write_text(json.dumps({**json.loads(version.read_text()), "format": 999}))
    before = {path: path.stat().st_mtime_ns for path in cloud.state.rglob("*") if path.is_file()}
    _assert_refused(cloud, "--empty", says="version")
    assert {path: path.stat().st_mtime_ns for path in cloud.state.rglob("*") if path.is_file()} == before


def test_no_haproxy_says_how_to_get_one(cloud: Cloud, tmp_path: Path) -> None:
    nothing = {"RAY_SERVE_HAPROXY_BINARY_PATH": str(tmp_path / "absent"), "PATH": str(Path(sys.executable).parent)}
    _assert_refused(cloud, "--empty", says="HAProxy", environment=nothing)


def test_a_full_disk_is_said(cloud: Cloud) -> None:
    """/dev/full stands for one: the database's file cannot grow."""
    small = Path("/dev/shm") / f"netflux-test-{os.getpid()}"
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("needs root to mount a file system of 1 MB")
    import subprocess

    small.mkdir(exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(small)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let root mount a tmpfs")
    try:
        cloud.state = small / "state"
        _assert_refused(cloud, "--empty", says="space")
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)
        small.rmdir()


def test_a_directory_without_a_template_says_what_is_expected(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    _assert_refused(cloud, str(tmp_path / "bare"), says="netflux.toml")
