"""`make bench`: start-up, throughput, rules, images, malformed requests, functions, with their limits."""

from __future__ import annotations

import sys

from bench import functions, images, malformed, mutations, requests, rules, startup, throughput

startup.main()
sys.argv[1:] = []
missed = False
for measure in (throughput, rules, images, malformed, requests, mutations, functions):
    try:
        measure.main()
    except SystemExit as ended:
        missed |= bool(ended.code)
sys.exit(int(missed))
