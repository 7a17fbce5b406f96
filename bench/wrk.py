"""wrk, and what it measured."""

from __future__ import annotations

import ipaddress
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Measured:
    """One run: requests a second, latency at 99 % in milliseconds, answers that were no 2xx or 3xx."""

    rate: float
    p99: float
    failed: int


def run(url: str, *, host: str = "", seconds: int = 5, connections: int = 32) -> Measured:
    """Loads the URL with one thread. Exits when wrk is not there: `apt-get install wrk`."""
    if not ipaddress.ip_address(urlsplit(url).hostname or "").is_loopback:
        sys.exit(f"bench: {url} is not an address of this machine, and load goes nowhere else")
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit("bench: wrk is not on the PATH; Debian's package is `wrk`")
    words = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    if host:
        words += ["-H", f"Host: {host}"]
    out = subprocess.run([*words, url], check=True, capture_output=True, text=True, timeout=seconds + 30).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])  # type: ignore[index]
    found = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    p99 = float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]] if found else 0.0
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return Measured(rate, p99, int(failed[1]) if failed else 0)
