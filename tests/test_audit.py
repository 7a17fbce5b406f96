"""scripts/audit finds what is wrong with a lock, and never calls clean what nobody looked at."""

from __future__ import annotations

import json
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
HASH = "--hash=sha256:" + "0" * 64


@pytest.fixture(scope="module")
def audit() -> Any:
    loader = SourceFileLoader("audit", str(ROOT / "scripts" / "audit"))
    spec = spec_from_loader("audit", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        ("a==1", "no SHA-256"),
        ("a==1 --hash=md5:00", "no SHA-256"),
        (f"a>=1 {HASH}", "not pinned"),
        (f"a==1.* {HASH}", "not pinned"),
        (f"a @ https://example.com/a.whl {HASH}", "not pinned"),
        (f"-e . {HASH}", "no requirement by name"),
        (f"a==1 {HASH}\nA==2 {HASH}", "two versions"),
        (f"a==1 ; python_version < '3.12' {HASH}\na==2 {HASH}", "two versions"),
    ],
)
def test_a_lock_that_does_not_hold_is_named(audit: Any, lock: str, words: str) -> None:
    assert any(words in fault for fault in audit.faults_of(lock))


def test_the_locks_hold_what_the_project_asks_for(audit: Any) -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert audit.faults_of(lock) == []
    asked = audit.asked_for((ROOT / "pyproject.toml").read_text())
    assert audit.missing(asked, lock + (ROOT / "scripts" / "build.lock").read_text()) == []
    assert audit.missing(["aiohttp==1.*"], lock)[0].startswith("aiohttp==1.*: the lock has")
    assert audit.missing(["nobody-has-this"], lock) == ["nobody-has-this: is not in requirements.lock"]


@pytest.mark.parametrize(
    ("packages", "stands", "words"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], True, "1 packages: no known vulnerabilities"),
        (
            [{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}],
            False,
            "a 1: PYSEC-1, mended in 2",
        ),
        ([{"name": "a", "skip_reason": "not found"}], True, "not audited here: 1 of 1"),
        (
            [{"name": "a", "skip_reason": "not found"}, {"name": "b", "version": "1", "vulns": []}],
            True,
            "not audited here: 1 of 2",
        ),
        ([], True, "not audited here"),
    ],
)
def test_only_what_was_looked_at_is_called_clean(
    audit: Any, packages: list[dict[str, Any]], stands: bool, words: str
) -> None:
    answered = audit.verdict(json.dumps({"dependencies": packages}))
    assert answered[0] is stands
    assert words in answered[1]
    assert ("no known vulnerabilities" in answered[1]) == (words == "1 packages: no known vulnerabilities")


def test_without_an_answer_nothing_is_claimed(audit: Any) -> None:
    assert audit.verdict("connection refused") == (True, "not audited here: pip-audit has no answer")
