"""`make bench`: start-up, then throughput. Each prints figures with the limits they are held to."""

from __future__ import annotations

import sys

from bench import startup, throughput

startup.main()
sys.argv[1:] = []
throughput.main()
