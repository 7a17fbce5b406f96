"""What is known of whoever asks: who they are in full, their policies, their tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from netflux.policy.evaluate import Principal
from netflux.policy.verdict import Source


@dataclass(frozen=True)
class Identity:
    """A user, or a session of a role.

    Attributes:
        principal: as the key has it, a session with the ARN of its role.
        id: what `aws:userid` is: `AIDA…`, or `AROA…:session`.
        user: the user's name; empty for sessions.
        tags: of the user, or of the role and the session.
        sources: the policies that are attached to it, with its groups', its boundary and its session's.
    """

    principal: Principal
    id: str = ""
    user: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    sources: Sequence[Source] = ()


class Identities(Protocol):
    """Knows users and roles."""

    def identity(self, principal: Principal, session: Sequence[str] = (), issuer: str = "") -> Identity:
        """The identity; one without policies where the user or role is gone.

        Args:
            principal: who asks.
            session: documents of the session policies of the one key that is used.
            issuer: of a session, the ARN of who asked for it.

        Raises:
            AwsError: one of its policies can't be read, so nothing can be decided.
        """
        ...

    def trust(self, role: str) -> Source | None:
        """A role's trust policy, by the role's ARN; None when there is no such role."""
        ...

    def path(self, kind: str, name: str) -> str:
        """Of a `user`, `group`, `role` or `instance-profile`, by its name: `/` or longer."""
        ...
