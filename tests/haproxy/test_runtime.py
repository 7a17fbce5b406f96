"""What the runtime API is asked, beside a master that says what the test wants."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from netflux.haproxy import runtime
from netflux.haproxy.runtime import RuntimeApi


async def test_a_worker_that_missed_its_signal_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_UNTOLD_SECONDS", 0.0)
    worker = await asyncio.create_subprocess_exec("sleep", "60")

    async def master(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode().strip()
        going = "Stopping: 0\n" if worker.returncode is None else ""
        answers = {"reload": "Success=1\n", "@1 show info": "Pid: 30\n"}
        listed = f"# workers\n30 worker 0\n# old workers\n{worker.pid} worker 1\n# programs\n"
        writer.write((answers.get(line) or (listed if line == "show proc" else going)).encode())
        writer.close()

    with TemporaryDirectory(prefix="nf-") as directory:
        path = Path(directory) / "master.sock"
        async with await asyncio.start_unix_server(master, str(path)):
            assert not await asyncio.wait_for(RuntimeApi(path).reload(), 20)
    assert await worker.wait() == -signal.SIGUSR1


async def test_a_reload_ends_when_the_worker_before_takes_no_connection_any_more() -> None:
    asked: list[str] = []
    answers = {
        "reload": ["Success=1\n"],
        "@1 show info": ["Pid: 30\n"],
        "show proc": [
            "#<PID> <type>\n10 master 2\n# workers\n30 worker 0\n# old workers\n4999999 worker 1\n# programs\n"
        ],
        "@!4999999 show info": ["Pid: 20\nStopping: 1\n", "Pid: 20\nStopping: 0\n", "Pid: 20\nStopping: 0\n"],
    }

    async def master(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode().strip()
        asked.append(line)
        found = answers[line]
        writer.write((found.pop() if len(found) > 1 else found[0]).encode())
        writer.close()

    with TemporaryDirectory(prefix="nf-") as directory:
        path = Path(directory) / "master.sock"
        async with await asyncio.start_unix_server(master, str(path)):
            asking = RuntimeApi(path)
            assert not await asking.reload()
            assert asked.count("@!4999999 show info") == 3
            assert not await asking.reload()
            assert asked.count("@!4999999 show info") == 3, "it is known of that one already"


async def test_a_worker_that_ends_while_it_is_asked_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_OLD_ANSWER_SECONDS", 0.1)
    open_questions: list[asyncio.StreamWriter] = []

    async def master(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode().strip()
        listed = "# workers\n30 worker 0\n# old workers\n4999999 worker 1\n# programs\n"
        answers = {"reload": "Success=1\n", "@1 show info": "Pid: 30\n", "show proc": listed}
        if line in answers:
            writer.write(answers[line].encode())
            writer.close()
        else:
            open_questions.append(writer)

    with TemporaryDirectory(prefix="nf-") as directory:
        path = Path(directory) / "master.sock"
        async with await asyncio.start_unix_server(master, str(path)):
            assert not await asyncio.wait_for(RuntimeApi(path).reload(), 20)
            (writer,) = open_questions
            writer.close()
            await writer.wait_closed()
