"""A fresh control plane for each test."""

from tests.controlplane.conftest import plane

__all__ = ["plane"]
