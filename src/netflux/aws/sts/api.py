"""STS: who a key stands for, and the sessions that it hands out."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from netflux.controlplane import identifiers
from netflux.controlplane.authentication.keys import Key, Keys, key_id, secret_key
from netflux.controlplane.authorization import encoding
from netflux.controlplane.call import Call
from netflux.controlplane.moto import managedpolicies
from netflux.controlplane.operation import operation
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.policy import grammar
from netflux.policy.document import PolicyError
from netflux.policy.evaluate import Principal, account_root
from netflux.resources.iam.identity import ROLE, Role
from netflux.resources.iam.policy import AWS_MANAGED, POLICY

if TYPE_CHECKING:
    from types_boto3_sts import type_defs as types

_TAGS = Tagger("ValidationError", "ValidationError", ignores_case=True)
_HOUR = 3600
_SESSION = 12 * _HOUR
"""Seconds that GetSessionToken and GetFederationToken last for users where nobody says; for the account's own key an
hour, at most ["GetSessionToken", AWS STS API Reference]."""
_POLICY_ARNS = 10
_POLICY_SIZE = 2048
"""Characters of a session policy ["IAM and AWS STS quotas"]."""
_NO_MFA = "No device for a second factor can be made here."
_NO_CHAIN = "Tags of a session are not passed on to the next one here: name them in each call."
_NO_CONTEXT = "There is no IAM Identity Center here."
_ANY_SIZE = "A token is as long as this cloud makes it."

Trusts = Callable[[Call, Role, Mapping[str, Any]], None]
"""AccessDenied when a role's trust policy, or the policies of who asks, do not let it be assumed."""


def _anybody(_call: Call, _role: Role, _request: Mapping[str, Any]) -> None:
    """Whoever has a key of this cloud."""


class StsApi:
    """STS's operations.

    Args:
        documents: has the roles.
        keys: those that are good, and where sessions are kept.
        trusts: asked before a role is assumed.
    """

    service = "sts"
    whole = True

    def __init__(self, documents: Documents, keys: Keys, trusts: Trusts = _anybody) -> None:
        self.documents = documents
        self._keys = keys
        self._trusts = trusts
        self._roles = documents.table(ROLE)
        self._policies = documents.table(POLICY)

    @operation()
    def get_caller_identity(self, call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        """Whom the key stands for; the development pair and keys that nobody issued stand for the account."""
        if call.access_key is None:
            raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
        key = self._keys.known(call.access_key)
        principal = key.principal if key is not None else account_root(call.account)
        account = principal.account or call.account
        return {
            "UserId": (key.identity if key is not None else "") or account,
            "Account": account,
            "Arn": principal.name,
        }

    @operation(
        "RoleArn RoleSessionName PolicyArns(arn) Policy DurationSeconds Tags(Key Value) ExternalId SourceIdentity",
        refused={
            "TransitiveTagKeys": _NO_CHAIN,
            "SerialNumber": _NO_MFA,
            "TokenCode": _NO_MFA,
            "ProvidedContexts": _NO_CONTEXT,
            "MinimumSessionTokenSize": _ANY_SIZE,
        },
    )
    def assume_role(self, call: Call, request: types.AssumeRoleRequestTypeDef) -> dict[str, Any]:
        """A session of a role that there is, for whoever it trusts."""
        arn, name = request["RoleArn"], request["RoleSessionName"]
        asking = self._asking(call)
        found = self._roles.where("arn", arn)
        if not found:
            raise AwsError(
                "AccessDenied",
                f"User: {asking.principal.name} is not authorized to perform: sts:AssumeRole on resource: {arn}",
                403,
            )
        role = found[0]
        seconds = request.get("DurationSeconds") or _HOUR
        if seconds > role.max_session:
            raise _invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        if asking.token and seconds > _HOUR:
            raise _invalid(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
            )
        self._trusts(call, role, request)
        context = {f"aws:principaltag/{key.lower()}": (value,) for key, value in self._tags(request, role).items()}
        if request.get("SourceIdentity"):
            context["aws:sourceidentity"] = (request["SourceIdentity"],)
        session = identifiers.arn("sts", f"assumed-role/{role.name}/{name}", call.account)
        principal = Principal("AWS", session, call.account, role.arn)
        identity, policies = f"{role.id}:{name}", self._session_policies(request)
        answer = self._begin(asking, Key("", "", principal, context, identity=identity, policies=policies), seconds)
        answer["AssumedRoleUser"] = {"AssumedRoleId": identity, "Arn": session}
        if request.get("SourceIdentity"):
            answer["SourceIdentity"] = request["SourceIdentity"]
        return answer

    @operation(
        "DurationSeconds",
        refused={"SerialNumber": _NO_MFA, "TokenCode": _NO_MFA, "MinimumSessionTokenSize": _ANY_SIZE},
    )
    def get_session_token(self, call: Call, request: types.GetSessionTokenRequestTypeDef) -> dict[str, Any]:
        """A session of who asks, who must not be one already."""
        asking = self._long_term(call, "GetSessionToken")
        seconds = _duration(asking, request.get("DurationSeconds"))
        return self._begin(asking, Key("", "", asking.principal, identity=asking.identity), seconds)

    @operation(
        "Name Policy PolicyArns(arn) DurationSeconds Tags(Key Value)",
        refused={"MinimumSessionTokenSize": _ANY_SIZE},
    )
    def get_federation_token(self, call: Call, request: types.GetFederationTokenRequestTypeDef) -> dict[str, Any]:
        """A session for somebody whom IAM does not know, with no more than who asks has."""
        asking = self._long_term(call, "GetFederationToken")
        seconds = _duration(asking, request.get("DurationSeconds"))
        identity = f"{call.account}:{request['Name']}"
        arn = identifiers.arn("sts", f"federated-user/{request['Name']}", call.account)
        tags = _TAGS.read(request.get("Tags"))
        key = Key(
            access_key="",
            secret="",
            principal=Principal("AWS", arn, call.account),
            context={f"aws:principaltag/{name.lower()}": (value,) for name, value in tags.items()},
            identity=identity,
            policies=self._session_policies(request),
        )
        return {**self._begin(asking, key, seconds), "FederatedUser": {"FederatedUserId": identity, "Arn": arn}}

    @operation("EncodedMessage")
    def decode_authorization_message(
        self, _call: Call, request: types.DecodeAuthorizationMessageRequestTypeDef
    ) -> dict[str, Any]:
        """What an operation of EC2's was refused for."""
        return {"DecodedMessage": encoding.decode(request["EncodedMessage"])}

    @operation("AccessKeyId")
    def get_access_key_info(self, call: Call, request: types.GetAccessKeyInfoRequestTypeDef) -> dict[str, Any]:
        """Whose account a key is of."""
        key = self._keys.known(request["AccessKeyId"])
        if key is None:
            raise _invalid(f"Nobody has issued the access key {request['AccessKeyId']} here.")
        return {"Account": key.principal.account or call.account}

    def _asking(self, call: Call) -> Key:
        found = self._keys.known(call.access_key or "")
        return found if found is not None else Key(call.access_key or "", "", account_root(call.account))

    def _long_term(self, call: Call, operation_name: str) -> Key:
        asking = self._asking(call)
        if asking.token:
            raise AwsError("AccessDenied", f"Cannot call {operation_name} with session credentials", 403)
        return asking

    def _begin(self, asking: Key, session: Key, seconds: int) -> dict[str, Any]:
        now = datetime.now(UTC).replace(microsecond=0)
        expires = now + timedelta(seconds=seconds)
        made = Key(
            access_key=key_id("ASIA"),
            secret=secret_key(),
            principal=session.principal,
            context={**session.context, "aws:tokenissuetime": (now.strftime("%Y-%m-%dT%H:%M:%SZ"),)},
            token=secrets.token_urlsafe(256),
            expires=expires,
            identity=session.identity,
            policies=session.policies,
            issuer=asking.principal.name,
        )
        self._keys.remember(made)
        credentials = {
            "AccessKeyId": made.access_key,
            "SecretAccessKey": made.secret,
            "SessionToken": made.token,
            "Expiration": expires,
        }
        return {"Credentials": credentials}

    def _tags(self, request: Mapping[str, Any], role: Role) -> dict[str, str]:
        """A session's tags stand before its role's ["Pass session tags in AWS STS", IAM User Guide]."""
        return _TAGS.merged(role.tags, _TAGS.read(request.get("Tags")))

    def _session_policies(self, request: Mapping[str, Any]) -> tuple[str, ...]:
        """Documents that limit the session; AwsError when one is none."""
        arns: Sequence[Mapping[str, str]] = request.get("PolicyArns") or ()
        if len(arns) > _POLICY_ARNS:
            raise _invalid(f"A session takes {_POLICY_ARNS} managed policies at most.")
        text = request.get("Policy")
        if not text:
            return tuple(self._document(one["arn"]) for one in arns)
        if len(text) > _POLICY_SIZE:
            raise AwsError("PackedPolicyTooLarge", f"A session policy has {_POLICY_SIZE} characters at most.")
        try:
            grammar.identity(text, managed=False)
        except PolicyError as error:
            raise AwsError("MalformedPolicyDocument", str(error)) from error
        return (text, *(self._document(one["arn"]) for one in arns))

    def _document(self, arn: str) -> str:
        found = managedpolicies.get(arn) if arn.startswith(AWS_MANAGED) else self._policies.get(arn)
        if found is None:
            raise _invalid(f"Policy {arn} does not exist.")
        return found.document


def _duration(asking: Key, wanted: int | None) -> int:
    if not asking.identity:
        return min(wanted or _HOUR, _HOUR)
    return wanted or _SESSION


def _invalid(what: str) -> AwsError:
    return AwsError("ValidationError", what)
