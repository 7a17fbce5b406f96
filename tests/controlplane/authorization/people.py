"""Users, groups and roles in the tables, and the keys that stand for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from netflux import names
from netflux.controlplane.authentication.keys import Key
from netflux.controlplane.records.documents import Documents
from netflux.policy.evaluate import Principal
from netflux.resources.iam.identity import GROUP, ROLE, USER, Group, Role, User
from netflux.resources.iam.policy import POLICY, ManagedPolicy, PolicyVersion

A, R = names.ACCOUNT, names.REGION
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ANA, APP = f"arn:aws:iam::{A}:user/team/ana", f"arn:aws:iam::{A}:role/service/app"
SESSION = f"arn:aws:sts::{A}:assumed-role/app/s1"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements]})


def allow(*actions: str, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [*actions], "Resource": resource, **more}


def deny(*actions: str, **more: Any) -> dict[str, Any]:
    return {**allow(*actions, **more), "Effect": "Deny"}


def trust(principal: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}


class People:
    """Puts them into the tables.

    Args:
        documents: has the tables.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def user(self, *statements: dict[str, Any], **more: Any) -> Key:
        inline = {"own": document(*statements)} if statements else {}
        self._documents.table(USER).put(User("AIDAANA", "ana", "/team/", ANA, NOW, inline=inline, **more))
        return Key("AKIAANA", "s", Principal("AWS", ANA, A))

    def group(self, *statements: dict[str, Any]) -> str:
        inline = {"common": document(*statements)}
        arn = f"arn:aws:iam::{A}:group/team"
        self._documents.table(GROUP).put(Group("AGPATEAM", "team", "/", arn, NOW, inline=inline))
        return "AGPATEAM"

    def role(
        self,
        *statements: dict[str, Any],
        trusts: Sequence[dict[str, Any]] = (),
        session: tuple[str, ...] = (),
        **more: Any,
    ) -> Key:
        """A key of a session of the role."""
        inline = {"own": document(*statements)} if statements else {}
        trusted = document(*(trusts or (trust({"Service": "ecs-tasks.amazonaws.com"}),)))
        self._documents.table(ROLE).put(Role("AROAAPP", "app", "/service/", APP, NOW, trusted, inline=inline, **more))
        return Key("ASIAAPP", "s", Principal("AWS", SESSION, A), policies=session)

    def policy(self, name: str, *statements: dict[str, Any]) -> str:
        arn = f"arn:aws:iam::{A}:policy/{name}"
        version = PolicyVersion("v1", document(*statements), NOW)
        self._documents.table(POLICY).put(ManagedPolicy(f"ANPA{name}", name, "/", arn, NOW, NOW, "v1", (version,)))
        return arn
