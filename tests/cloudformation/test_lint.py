from __future__ import annotations

from pathlib import Path

import pytest

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
