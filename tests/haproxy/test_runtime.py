"""What the runtime API is asked, beside a master that says what the test wants."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from netflux.haproxy.runtime import RuntimeApi


async def test_a_reload_ends_when_the_worker_before_takes_no_connection_any_more() -> None:
    asked: list[str] = []
    answers = {
        "reload": ["Success=1\n"],
        "@1 show info": ["Pid: 30\n"],
        "show proc": ["#<PID> <type>\n10 master 2\n# workers\n30 worker 0\n# old workers\n20 worker 1\n# programs\n"],
        "@!20 show info": ["Pid: 20\nStopping: 1\n", "Pid: 20\nStopping: 0\n", "Pid: 20\nStopping: 0\n"],
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
            runtime = RuntimeApi(path)
            assert not await runtime.reload()
            assert asked.count("@!20 show info") == 3
            assert not await runtime.reload()
            assert asked.count("@!20 show info") == 3, "it is known of that one already"
