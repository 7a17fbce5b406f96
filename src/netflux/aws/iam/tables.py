"""The records of IAM, found by the names that requests have, and what every noun needs to make one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from netflux.aws.iam import errors
from netflux.clock import Clock
from netflux.controlplane import identifiers
from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.call import Call
from netflux.controlplane.moto import managedpolicies
from netflux.controlplane.moto.managedpolicies import AwsPolicy
from netflux.controlplane.records import paging
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Table
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources.iam.account import ACCOUNT_ALIAS, CREDENTIAL_REPORT, PASSWORD_POLICY, SERVER_CERTIFICATE
from netflux.resources.iam.credentials import ACCESS_KEY, LOGIN_PROFILE, PUBLIC_KEY, SIGNING_CERTIFICATE
from netflux.resources.iam.identity import GROUP, ROLE, ROLE_DELETION, USER, Group, Role, User
from netflux.resources.iam.policy import AWS_MANAGED, POLICY, ManagedPolicy
from netflux.resources.iam.profile import INSTANCE_PROFILE, InstanceProfile
from netflux.resources.iam.provider import OPENID_PROVIDER, SAML_PROVIDER

I = TypeVar("I", User, Group, Role)  # noqa: E741  (an identity)
_T = TypeVar("_T")

TAGS = Tagger(
    "InvalidInput",
    "LimitExceeded",
    ignores_case=True,
    twice="Duplicate tag keys found. Please note that Tag keys are case insensitive.",
)
_PAGE = 100
"""Entries of a page where the request names no MaxItems."""


@dataclass(frozen=True)
class Kind(Generic[I]):
    """One of the three kinds of identities.

    Attributes:
        noun: as messages have it.
        member: of requests, by which one is named.
        quota: the name of the quota of managed policies that one has.
        table: of the records.
    """

    noun: str
    member: str
    quota: str
    table: Table[I]

    def find(self, request: Mapping[str, Any]) -> I:
        """The one that the request names.

        Raises:
            AwsError: NoSuchEntity.
        """
        name = request[self.member]
        found = self.table.where("name", name.lower())
        if not found:
            raise errors.not_found(self.noun, name)
        return found[0]


class Tables:
    """All of IAM's records.

    Args:
        documents: where they are.
        clock: for the dates of what is made.
        account: twelve digits.
        keys: who asks.
    """

    def __init__(self, documents: Documents, clock: Clock, account: str, keys: Keys) -> None:
        self.account = account
        self._clock = clock
        self._keys = keys
        self.policies = documents.table(POLICY)
        self.groups = Kind("group", "GroupName", "PoliciesPerGroup", documents.table(GROUP))
        self.users = Kind("user", "UserName", "PoliciesPerUser", documents.table(USER))
        self.roles = Kind("role", "RoleName", "PoliciesPerRole", documents.table(ROLE))
        self.profiles = documents.table(INSTANCE_PROFILE)
        self.access_keys = documents.table(ACCESS_KEY)
        self.logins = documents.table(LOGIN_PROFILE)
        self.public_keys = documents.table(PUBLIC_KEY)
        self.signing_certificates = documents.table(SIGNING_CERTIFICATE)
        self.server_certificates = documents.table(SERVER_CERTIFICATE)
        self.openid_providers = documents.table(OPENID_PROVIDER)
        self.saml_providers = documents.table(SAML_PROVIDER)
        self.aliases = documents.table(ACCOUNT_ALIAS)
        self.password_policy = documents.table(PASSWORD_POLICY)
        self.credential_reports = documents.table(CREDENTIAL_REPORT)
        self.role_deletions = documents.table(ROLE_DELETION)

    def now(self) -> datetime:
        """In whole seconds, as IAM tells dates."""
        return self._clock.now().replace(microsecond=0)

    def arn(self, resource: str) -> str:
        """Of a resource of this account."""
        return identifiers.arn("iam", resource, self.account)

    def caller(self, call: Call) -> User | None:
        """The user whose key, or session of whose key, signed the request; None for anybody else."""
        key = self._keys.known(call.access_key or "")
        found = self.users.table.where("arn", key.principal.name) if key is not None else []
        return found[0] if found else None

    def user(self, call: Call, request: Mapping[str, Any]) -> User:
        """The user that the request names, or who asks.

        Raises:
            AwsError: nobody is named, and who asks is no user.
        """
        if request.get("UserName"):
            return self.users.find(request)
        found = self.caller(call)
        if found is None:
            raise errors.unnamed()
        return found

    def profile(self, name: str) -> InstanceProfile:
        """The instance profile; AwsError when there is none."""
        found = self.profiles.where("name", name.lower())
        if not found:
            raise errors.missing(f"Instance Profile {name} cannot be found.")
        return found[0]

    def policy(self, arn: str) -> ManagedPolicy | AwsPolicy:
        """The managed policy, the account's own or AWS's; AwsError when there is none."""
        found = managedpolicies.get(arn) if arn.startswith(AWS_MANAGED) else self.policies.get(arn)
        if found is None:
            _check_arn(arn)
            raise errors.missing(f"Policy {arn} was not found.")
        return found

    def own_policy(self, arn: str) -> ManagedPolicy:
        """The account's own policy; AwsError when there is none, or it is AWS's."""
        found = self.policy(arn)
        if isinstance(found, AwsPolicy):
            raise AwsError("AccessDenied", f"{arn} is AWS's own policy: an account can't change or delete it.", 403)
        return found

    def attachable(self, arn: str) -> None:
        """AwsError when there is no such policy to attach."""
        if not self._there(arn):
            raise errors.missing(f"Policy {arn} does not exist or is not attachable.")
        if arn.startswith(f"{AWS_MANAGED}aws-service-role/"):
            raise AwsError("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.")

    def boundary(self, arn: str | None) -> str:
        """A permissions boundary that there is; empty for none."""
        if not arn:
            return ""
        if not self._there(arn):
            raise errors.missing(f"Scope ARN: {arn} does not exist or is not attachable.")
        return arn

    def _there(self, arn: str) -> bool:
        _check_arn(arn)
        return arn in managedpolicies.index() if arn.startswith(AWS_MANAGED) else arn in self.policies


def _check_arn(arn: str) -> None:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "iam" or not parts[5].startswith("policy/"):
        raise errors.invalid(f"ARN {arn} is not valid.")


def paged(member: str, items: Sequence[_T], request: Mapping[str, Any]) -> dict[str, Any]:
    """The page that MaxItems and Marker ask for, with IsTruncated, and Marker where more follows."""
    refusal = AwsError("ValidationError", f"Invalid Marker: {request.get('Marker')}")
    found, following = paging.page(items, request.get("Marker"), request.get("MaxItems") or _PAGE, refusal)
    more = {"Marker": following} if following else {}
    return {member: found, "IsTruncated": bool(following), **more}


def under(path: str, request: Mapping[str, Any]) -> bool:
    """Whether a path is one that the request's PathPrefix asks for."""
    return path.startswith(request.get("PathPrefix") or "/")


def tagged(kept: Mapping[str, str], request: Mapping[str, Any]) -> dict[str, str]:
    """The tags with those of the request."""
    return TAGS.merged(kept, TAGS.read(request["Tags"]))


def untagged(kept: Mapping[str, str], request: Mapping[str, Any]) -> dict[str, str]:
    """The tags without those whose keys the request has, whatever their case."""
    gone = {key.lower() for key in request["TagKeys"]}
    return {key: value for key, value in kept.items() if key.lower() not in gone}


def tags_page(kept: Mapping[str, str], request: Mapping[str, Any]) -> dict[str, Any]:
    """A page of tags."""
    return paged("Tags", TAGS.shown(kept), request)
