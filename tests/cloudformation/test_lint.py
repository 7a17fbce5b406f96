from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from netflux.clock import Clock
from netflux.cloudformation import lint, verdicts
from netflux.cloudformation.api import CloudFormationApi
from netflux.cloudformation.bounded import Bounds
from netflux.cloudformation.lint import Linter
from netflux.cloudformation.preloaded import Preloaded
from netflux.cloudformation.verdicts import Finding, Verdicts
from netflux.errors import AwsError
from tests.cloudformation.cloud import Cloud

BAD = "Resources:\n  Vpc:\n    Type: AWS::EC2::VPC\n    Properties:\n      CidrBlock: not-a-block\n"
Make = Callable[..., Linter]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Linters that are stopped in the end; verdicts are kept below the test's folder."""
    made = []

    def linter(folder: Path = tmp_path) -> Linter:
        made.append(Linter(folder))
        return made[-1]

    yield linter
    for one in made:
        await one.stop()


@pytest.fixture
def obedient(monkeypatch: pytest.MonkeyPatch) -> None:
    """In cfn-lint's place a program that does what the template says, for a second and in 256 MB."""
    monkeypatch.setattr(lint, "_PROGRAM", "tests.cloudformation.obedient")
    monkeypatch.setattr(lint, "BOUNDS", Bounds(1.0, 256 * 2**20))


async def test_an_error_is_told_with_its_line_and_remembered(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AwsError) as caught:
        await make().check(BAD, "us-east-1")
    assert caught.value.code == "ValidationError"
    assert caught.value.message.startswith("Template validation error:\nline 5: ")
    assert "not-a-block" in caught.value.message
    monkeypatch.setattr("netflux.cloudformation.preloaded.sys.executable", "/nowhere/python")
    with pytest.raises(AwsError, match="line 5: "):
        await make().check(BAD, "us-east-1")


async def test_a_storm_of_different_templates_gets_its_verdicts(make: Make) -> None:
    linter = make()
    bodies = [BAD.replace("not-a-block", f"not-{number}") for number in range(30)]
    async with asyncio.timeout(20):
        found = await asyncio.gather(*(linter.findings(body, "us-east-1") for body in bodies))
    assert ["".join(each.message for each in one) for one in found] == [
        f"'not-{number}' is not a 'ipv4-network'" for number in range(30)
    ]


async def test_a_region_is_looked_at_by_its_own_types(make: Make) -> None:
    linter = make()
    body = "Resources:\n  Zone:\n    Type: AWS::EC2::Subnet\n    Properties:\n      VpcId: vpc-12345678\n"
    body += "      CidrBlock: 10.0.0.0/24\n      AvailabilityZone: us-east-1a\n"
    assert await linter.findings(body, "us-east-1") == []
    bad = body.replace("AWS::EC2::Subnet", "AWS::EC2::Nothing")
    for region in ("us-east-1", "eu-central-1"):
        assert [each.rule for each in await linter.findings(bad, region)] == ["E3006"]


async def test_a_verdict_that_cannot_be_kept_is_still_given(make: Make, tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("in the way")
    with pytest.raises(AwsError, match="line 5: "):
        await make(taken / "below").check(BAD, "us-east-1")


async def test_two_who_ask_at_once_share_one_linter(make: Make) -> None:
    linter = make()
    linter.begin(BAD, "us-east-1")
    first = dict(linter._running)
    linter.begin(BAD, "us-east-1")
    assert linter._running == first
    assert len(await linter.findings(BAD, "us-east-1")) == 1


@pytest.mark.usefixtures("obedient")
async def test_a_linter_that_fails_says_so(make: Make) -> None:
    with pytest.raises(AwsError, match=r"cfn-lint failed: (.|\n)*broken"):
        await make().findings("break", "us-east-1")


@pytest.mark.usefixtures("obedient")
@pytest.mark.parametrize("body", ["turn", "grow"])
async def test_a_linter_that_takes_too_long_or_too_much_is_ended_by_name(make: Make, body: str) -> None:
    linter = make()
    with pytest.raises(AwsError, match=r"cfn-lint was ended, it had no verdict within (1 s|256 MB)") as refused:
        await linter.findings(body, "us-east-1")
    assert refused.value.code == "ValidationError"
    assert await linter.findings("nothing", "us-east-1") == []


async def test_a_linter_that_cannot_be_run_is_not_the_templates_fault(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint, "_PROGRAM", "tests.cloudformation.nothing")
    with pytest.raises(AwsError, match=r"cfn-lint could not be run: (.|\n)*No module named") as refused:
        await make().findings(BAD, "us-east-1")
    assert (refused.value.code, refused.value.status) == ("ServiceUnavailable", 503)


async def test_thirty_different_stacks_at_once_are_all_made(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cloud.engine = CloudFormationApi(cloud.apis, cloud.documents, Clock())
    cloud.apis.register(cloud.engine)
    template = (
        "Resources:\n  Name:\n    Type: AWS::SSM::Parameter\n    Properties: {Type: String, Value: v, Name: %s}\n"
    )
    async with asyncio.timeout(20):
        await asyncio.gather(
            *(cloud.cf("CreateStack", StackName=f"s{n}", TemplateBody=template % f"/storm/{n}") for n in range(30))
        )
    stacks = [await cloud.settled(f"s{n}") for n in range(30)]
    assert {stack["StackStatus"] for stack in stacks} == {"CREATE_COMPLETE"}


async def test_no_more_templates_are_linted_at_once_than_there_is_room_for_and_in_order(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, seen, order = 0, [], []

    async def ask(_: Preloaded, question: dict[str, Any], _bounds: Bounds) -> list[Any]:
        nonlocal running
        running += 1
        seen.append(running)
        order.append(question["body"])
        await asyncio.sleep(0)
        running -= 1
        return []

    monkeypatch.setattr(Preloaded, "ask", ask)
    linter = make()
    bodies = [f"{BAD}# {number}" for number in range(20)]
    assert await asyncio.gather(*(linter.findings(body, "us-east-1") for body in bodies)) == [[]] * 20
    assert (len(seen), max(seen)) == (20, 2)
    assert order == bodies


async def test_small_templates_do_not_wait_for_large_ones(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    given, bounds = asyncio.Event(), []

    async def ask(_: Preloaded, question: dict[str, Any], allowed: Bounds) -> list[Any]:
        bounds.append(allowed)
        if len(question["body"]) > lint.LARGE:
            await given.wait()
        return []

    monkeypatch.setattr(Preloaded, "ask", ask)
    linter = make()
    for number in range(3):
        linter.begin("x" * (lint.LARGE + 1 + number), "us-east-1")
    async with asyncio.timeout(10):
        assert await linter.findings(BAD, "us-east-1") == []
    given.set()
    await asyncio.gather(*linter._running.values())
    assert (bounds.count(lint.BOUNDS), bounds.count(lint.LARGE_BOUNDS)) == (1, 3)


async def test_who_waits_too_long_is_to_come_back_and_finds_the_verdict(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = asyncio.Event()

    async def ask(*_: object) -> list[Any]:
        await given.wait()
        return []

    monkeypatch.setattr(Preloaded, "ask", ask)
    monkeypatch.setattr(lint, "_PATIENCE", 0.0)
    monkeypatch.setattr(lint, "_ROOM", len(BAD) + 1)
    linter = make()
    for body in (BAD, "Resources: {}"):  # the one waits, for the other there is no room
        with pytest.raises(AwsError, match="Rate exceeded") as refused:
            await linter.findings(body, "us-east-1")
        assert (refused.value.code, refused.value.status) == ("Throttling", 400)
    assert len(linter._running) == 1
    given.set()
    await asyncio.gather(*linter._running.values())
    assert await linter.findings(BAD, "us-east-1") == []


@pytest.mark.usefixtures("obedient")
async def test_stopping_ends_linters_under_way_and_tells_who_waits(make: Make) -> None:
    linter = make()
    tasks = [asyncio.create_task(linter.findings(f"sleep# {number}", "us-east-1")) for number in range(5)]
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await linter.stop()
        answers = await asyncio.gather(*tasks, linter.findings("late", "us-east-1"), return_exceptions=True)
    assert [(one.code, one.status) for one in answers if isinstance(one, AwsError)] == [("ServiceUnavailable", 503)] * 6


def test_verdicts_that_were_not_asked_for_the_longest_make_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "NUMBER", 10)
    monkeypatch.setattr(verdicts, "_EACH", 1)
    kept = Verdicts([tmp_path])
    found = [Finding("E1", 1, "bad")]
    stale = tmp_path / ".draft.1"
    stale.write_text("[")
    os.utime(stale, (0, 0))
    for number in range(30):
        kept.keep(f"{number}", found)
        os.utime(tmp_path / f"{number}.json", (number, number))
        assert kept.known("0") == found
    assert len(list(tmp_path.iterdir())) == 11
    assert kept.known("28") == found
    assert kept.known("5") is None


def test_large_verdicts_make_room_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "SIZE", 5_000)
    monkeypatch.setattr(verdicts, "_EACH", 1)
    kept = Verdicts([tmp_path])
    for number in range(10):
        kept.keep(f"{number}", [Finding("E1", 1, "x" * 1_000)])
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 6_500
