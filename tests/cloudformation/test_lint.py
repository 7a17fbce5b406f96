from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from netflux.cloudformation.bounded import Bounds
from netflux.cloudformation.lint import Linter
from netflux.errors import AwsError

BAD = "Resources:\n  Vpc:\n    Type: AWS::EC2::VPC\n    Properties:\n      CidrBlock: not-a-block\n"


async def test_an_error_is_told_with_its_line_and_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AwsError) as caught:
        await Linter(tmp_path).check(BAD, "us-east-1")
    assert caught.value.code == "ValidationError"
    assert caught.value.message.startswith("Template validation error:\nline 5: ")
    assert "not-a-block" in caught.value.message
    monkeypatch.setattr("netflux.cloudformation.bounded.sys.executable", "/nowhere/python")
    with pytest.raises(AwsError, match="line 5: "):
        await Linter(tmp_path).check(BAD, "us-east-1")


async def test_a_verdict_that_cannot_be_kept_is_still_given(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("in the way")
    with pytest.raises(AwsError, match="line 5: "):
        await Linter(taken / "below").check(BAD, "us-east-1")


async def test_two_who_ask_at_once_share_one_linter(tmp_path: Path) -> None:
    linter = Linter(tmp_path)
    linter.begin(BAD, "us-east-1")
    first = dict(linter._running)
    linter.begin(BAD, "us-east-1")
    assert linter._running == first
    assert len(await linter.findings(BAD, "us-east-1")) == 1
    await linter.stop()


async def test_a_linter_that_fails_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netflux.cloudformation.lint._CHILD", "raise SystemExit('broken')")
    with pytest.raises(AwsError, match="cfn-lint failed: broken"):
        await Linter(tmp_path).findings(BAD, "us-east-1")


async def test_a_linter_that_takes_too_long_or_too_much_is_ended_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netflux.cloudformation.lint.BOUNDS", Bounds(1.0, 256 * 2**20))
    for number, program in enumerate(("while True: pass", "[0] * 10**9")):
        monkeypatch.setattr("netflux.cloudformation.lint._CHILD", program)
        with pytest.raises(AwsError, match=r"cfn-lint was ended, it had no verdict within (1 s|256 MB)") as refused:
            await Linter(tmp_path).findings(f"{BAD}# {number}", "us-east-1")
        assert refused.value.code == "ValidationError"


async def test_no_more_linters_run_at_once_than_there_is_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, seen = 0, []

    async def run(*_: object) -> bytes:
        nonlocal running
        running += 1
        seen.append(running)
        await asyncio.sleep(0)
        running -= 1
        return b"[]"

    monkeypatch.setattr("netflux.cloudformation.lint.bounded.run", run)
    linter = Linter(tmp_path)
    found = await asyncio.gather(*(linter.findings(f"{BAD}# {number}", "us-east-1") for number in range(20)))
    assert found == [[]] * 20
    assert (len(seen), max(seen)) == (20, 2)


async def test_stopping_ends_linters_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netflux.cloudformation.lint._CHILD", "import time; time.sleep(600)")
    linter = Linter(tmp_path)
    tasks = [asyncio.create_task(linter.findings(f"{BAD}# {number}", "us-east-1")) for number in range(5)]
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await linter.stop()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(answer, asyncio.CancelledError) for answer in answers)
