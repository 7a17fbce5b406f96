"""A small region for each test."""

from tests.aws.ecs.conftest import world

__all__ = ["world"]
