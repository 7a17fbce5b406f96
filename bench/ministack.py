"""MiniStack, the peer, from its package and in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.behaviours.cloud import ROOT, Cloud, free_port, wait_for

VERSION = "ministack==1.5.33"


@contextmanager
def running() -> Iterator[Cloud]:
    """The peer, from its first answer on."""
    home = Path(os.environ.get("NETFLUX_BENCH_CACHE", ROOT / ".venv")) / "ministack"
    if not (home / "bin" / "ministack").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "-q", VERSION], check=True)
    peer = Cloud(free_port(), Path("unused"))
    environment = {**os.environ, "GATEWAY_PORT": str(peer.port), "HOME": str(home)}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([str(home / "bin" / "ministack")], env=environment, stdout=log, stderr=log)
        try:
            wait_for("MiniStack answers", lambda: _answers(peer), 60)
            yield peer
        finally:
            process.terminate()
            process.wait(30)


def _answers(peer: Cloud) -> Any:
    try:
        return peer.boto3("sts").get_caller_identity()
    except Exception:  # noqa: BLE001  (whatever it is, it does not answer yet)
        return None
