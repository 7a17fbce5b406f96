"""Statements that AddPermission of a queue or a topic makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def statement(label: str, accounts: Sequence[str], actions: Sequence[str], resource: str) -> dict[str, Any]:
    """Allows whole accounts the actions; one of either stands by itself, as AWS writes it.

    Args:
        label: the statement's `Sid`.
        accounts: twelve digits each.
        actions: with their service, e.g. `SQS:SendMessage`.
        resource: ARN.
    """
    principals = [f"arn:aws:iam::{account}:root" for account in accounts]
    return {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": principals[0] if len(principals) == 1 else principals},
        "Action": actions[0] if len(actions) == 1 else [*actions],
        "Resource": resource,
    }
