"""Suites of others, run against the control plane by scripts/moto-suite; what came of them stands in docs/suites.md."""
