"""Users' and roles' policies as decisions read them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from netflux.controlplane.authorization.identity import Identity
from netflux.controlplane.moto import managedpolicies
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Table
from netflux.errors import AwsError
from netflux.policy.document import Policy, PolicyError, parse
from netflux.policy.evaluate import Principal, account_root
from netflux.policy.verdict import Kind, Source
from netflux.resources.iam.identity import GROUP, ROLE, USER, Group, Role, User
from netflux.resources.iam.policy import AWS_MANAGED, POLICY
from netflux.resources.iam.profile import INSTANCE_PROFILE

_SESSION, _FEDERATED = ":assumed-role/", ":federated-user/"


class TableIdentities:
    """Users and roles of the tables; AWS's own managed policies of their file.

    Args:
        documents: has the tables.
    """

    def __init__(self, documents: Documents) -> None:
        self._users, self._groups = documents.table(USER), documents.table(GROUP)
        self._roles, self._profiles = documents.table(ROLE), documents.table(INSTANCE_PROFILE)
        self._policies = documents.table(POLICY)

    def identity(self, principal: Principal, session: Sequence[str] = (), issuer: str = "") -> Identity:
        """The user, or the role that the session is of; without policies where it is gone.

        Args:
            principal: who asks.
            session: documents of session policies.
            issuer: of a session, the ARN of who asked for it.

        Raises:
            AwsError: a policy can't be read.
        """
        if _SESSION in principal.name:
            return self._of_session(principal, session)
        federated = _FEDERATED in principal.name
        if federated and issuer == account_root(principal.account).name:
            return Identity(principal, sources=tuple(_given(session, Kind.IDENTITY, principal.name)))
        user = next(iter(self._users.where("arn", issuer if federated else principal.name)), None)
        if user is None:
            return Identity(principal)
        groups = [group for key in user.groups if (group := self._groups.get(key)) is not None]
        holders: tuple[User | Group, ...] = (user, *groups)
        sources = [source for one in holders for source in self._attached(one)]
        return Identity(principal, user.id, user.name, user.tags, (*sources, *self._limits(user, session)))

    def of(self, arn: str) -> list[Source] | None:
        """The policies of a user, with its groups' and its boundary, of a group or of a role; None where it is not."""
        user = next(iter(self._users.where("arn", arn)), None)
        if user is not None:
            return [*self.identity(Principal("AWS", arn, arn.split(":")[4])).sources]
        for table in (self._groups, self._roles):
            for holder in table.where("arn", arn):
                limits = self._limits(holder, ()) if isinstance(holder, Role) else ()
                return [*self._attached(holder), *limits]
        return None

    def trust(self, role: str) -> Source | None:
        """A role's trust policy, by the role's ARN; None when there is no such role."""
        found = next(iter(self._roles.where("arn", role)), None)
        if found is None:
            return None
        return Source(Kind.TRUST, "", found.arn, _read(found.trust, f"the trust policy of {found.arn}", trust=True))

    def path(self, kind: str, name: str) -> str:
        """Of a user, group, role or instance profile; `/` where there is none of the name."""
        tables: dict[str, Table[Any]] = {
            "user": self._users,
            "group": self._groups,
            "role": self._roles,
            "instance-profile": self._profiles,
        }
        found = next(iter(tables[kind].where("name", name.lower())), None) if kind in tables else None
        return found.path if found is not None else "/"

    def _of_session(self, principal: Principal, session: Sequence[str]) -> Identity:
        name, _, title = principal.name.partition(_SESSION)[2].partition("/")
        role = next(iter(self._roles.where("name", name.lower())), None)
        if role is None:
            return Identity(principal)
        sources = (*self._attached(role), *self._limits(role, session))
        return Identity(replace(principal, role=role.arn), f"{role.id}:{title}", "", role.tags, sources)

    def _attached(self, holder: User | Group | Role) -> Iterator[Source]:
        for name, text in holder.inline.items():
            yield Source(Kind.IDENTITY, name, holder.arn, _read(text, f"the policy {name} of {holder.arn}"))
        for arn in holder.attached:
            yield Source(Kind.IDENTITY, arn, holder.arn, self._managed(arn))

    def _limits(self, holder: User | Role, session: Sequence[str]) -> Iterator[Source]:
        if holder.boundary:
            yield Source(Kind.BOUNDARY, holder.boundary, holder.arn, self._managed(holder.boundary))
        yield from _given(session, Kind.SESSION, holder.arn)

    def _managed(self, arn: str) -> Policy:
        """A managed policy's document; one without statements where the policy is gone."""
        if arn.startswith(AWS_MANAGED):
            return _aws_managed(arn)
        record = self._policies.get(arn)
        return _read(record.document, f"the policy {arn}") if record is not None else _NOTHING


def _given(session: Sequence[str], kind: Kind, holder: str) -> Iterator[Source]:
    """Policies that came with a session. One for somebody whom the account itself vouches for has nothing else."""
    for text in session:
        yield Source(kind, "", holder, _read(text, f"a session policy of {holder}"))


_NOTHING = Policy("2012-10-17", ())


@functools.lru_cache(maxsize=32)
def _aws_managed(arn: str) -> Policy:
    """One of AWS's own, which never changes while the region lives."""
    own = managedpolicies.get(arn)
    return _read(own.document, f"the policy {arn}") if own is not None else _NOTHING


def _read(text: str, what: str, *, trust: bool = False) -> Policy:
    try:
        return _parsed(text, trust)
    except PolicyError as error:
        raise AwsError(
            "InternalFailure",
            f"{what[0].upper()}{what[1:]} can't be read ({error}), so nothing it is for is allowed. Put another one.",
            500,
        ) from error


@functools.lru_cache(maxsize=1000)
def _parsed(text: str, trust: bool) -> Policy:
    return parse(text, needs_principal=trust, needs_resource=not trust)
