"""IAM and STS of release 0.1: identities and policies were moto's, sessions were documents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import unquote

from netflux.controlplane import identifiers
from netflux.controlplane.authentication import passwords
from netflux.controlplane.authentication.sessions import SESSION, Session
from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError
from netflux.policy.evaluate import Principal
from netflux.resources.iam.account import (
    ACCOUNT_ALIAS,
    PASSWORD_POLICY,
    SERVER_CERTIFICATE,
    AccountAlias,
    PasswordPolicy,
    ServerCertificate,
)
from netflux.resources.iam.credentials import (
    ACCESS_KEY,
    LOGIN_PROFILE,
    PUBLIC_KEY,
    SIGNING_CERTIFICATE,
    AccessKey,
    LoginProfile,
    PublicKey,
    SigningCertificate,
)
from netflux.resources.iam.identity import GROUP, ROLE, USER, Group, Role, User
from netflux.resources.iam.policy import AWS_MANAGED, POLICY, ManagedPolicy, PolicyVersion
from netflux.resources.iam.profile import INSTANCE_PROFILE, InstanceProfile
from netflux.resources.iam.provider import OPENID_PROVIDER, SAML_PROVIDER, OpenIdProvider, SamlProvider

_MOST_PAGES = 200
_SESSIONS = "sts.session"
_LINKED = "/aws-service-role/"
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Secrets:
    """What no operation tells.

    Attributes:
        access_keys: by id.
        passwords: by the user's name.
        certificate_keys: PEM, by the server certificate's name.
    """

    access_keys: Mapping[str, str]
    passwords: Mapping[str, str]
    certificate_keys: Mapping[str, str]


class Moto(Caller, Protocol):
    """Where they are."""

    async def iam_secrets(self) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
        """Access keys, passwords and server certificates' keys."""
        ...


async def adopt(moto: Moto, documents: Documents) -> None:
    """Puts records of all that is there; one that has a record already is left as it is."""
    found = _Found(moto, Secrets(*await moto.iam_secrets()))
    await found.read()
    with documents.transaction():
        for schema, records in found.records:
            table = documents.table(schema)
            for record in records:
                if schema.key(record) not in table:
                    table.put(record)
        sessions = documents.table(SESSION)
        for key, old in documents.list(_SESSIONS):
            sessions.put(_session(key, old))
            documents.delete(_SESSIONS, key)


class _Found:
    """What moto has, as records, in an order in which none refers to a later one."""

    def __init__(self, moto: Moto, secrets: Secrets) -> None:
        self._moto = moto
        self._secrets = secrets
        self.records: list[tuple[Schema[Any], list[Any]]] = []

    async def read(self) -> None:
        told = [page async for page in self._pages("GetAccountAuthorizationDetails", {})]
        policies = [
            await self._policy(one["Arn"]) async for one in self._all("ListPolicies", "Policies", {"Scope": "Local"})
        ]
        own = {policy.arn for policy in policies}
        groups = [_group(one, own) for page in told for one in page.get("GroupDetailList") or ()]
        by_name = {group.name: group.id for group in groups}
        users = [_user(one, own, by_name) for page in told for one in page.get("UserDetailList") or ()]
        roles = [await self._role(one, own) for page in told for one in page.get("RoleDetailList") or ()]
        self.records += [(POLICY, policies), (GROUP, groups), (USER, users), (ROLE, roles)]
        self.records.append((INSTANCE_PROFILE, await self._profiles({role.name: role.id for role in roles})))
        for user in users:
            await self._credentials(user)
        await self._providers()
        await self._account()

    async def _policy(self, arn: str) -> ManagedPolicy:
        told = (await self._moto.call("iam", "GetPolicy", {"PolicyArn": arn}))["Policy"]
        versions = []
        async for listed in self._all("ListPolicyVersions", "Versions", {"PolicyArn": arn}):
            asked = {"PolicyArn": arn, "VersionId": listed["VersionId"]}
            one = (await self._moto.call("iam", "GetPolicyVersion", asked))["PolicyVersion"]
            versions.append(PolicyVersion(one["VersionId"], unquote(one["Document"]), _moment(one["CreateDate"])))
        ordered = sorted(versions, key=lambda version: int(version.id.removeprefix("v")))
        return ManagedPolicy(
            id=told["PolicyId"],
            name=told["PolicyName"],
            path=told["Path"],
            arn=told["Arn"],
            created=_moment(told["CreateDate"]),
            updated=_moment(told["UpdateDate"]),
            default=told["DefaultVersionId"],
            versions=tuple(ordered),
            latest=int(ordered[-1].id.removeprefix("v")),
            description=told.get("Description") or "",
            tags=_tags(told),
        )

    async def _role(self, one: Json, own: set[str]) -> Role:
        told = (await self._moto.call("iam", "GetRole", {"RoleName": one["RoleName"]}))["Role"]
        path = one["Path"]
        return Role(
            id=one["RoleId"],
            name=one["RoleName"],
            path=path,
            arn=one["Arn"],
            created=_moment(one["CreateDate"]),
            trust=unquote(told["AssumeRolePolicyDocument"]),
            description=told.get("Description") or "",
            max_session=told.get("MaxSessionDuration") or 3600,
            boundary=_boundary(told, own),
            attached=_attached(one, own),
            inline=_inline(one, "RolePolicyList"),
            service=path.removeprefix(_LINKED).rstrip("/") if path.startswith(_LINKED) else "",
            tags=_tags(told),
        )

    async def _profiles(self, roles: Mapping[str, str]) -> list[InstanceProfile]:
        found = []
        async for one in self._all("ListInstanceProfiles", "InstanceProfiles", {}):
            held = [roles[role["RoleName"]] for role in one.get("Roles") or () if role["RoleName"] in roles]
            made, identity = _moment(one["CreateDate"]), one["InstanceProfileId"]
            name, tags = one["InstanceProfileName"], _tags(one)
            found.append(InstanceProfile(identity, name, one["Path"], one["Arn"], made, next(iter(held), ""), tags))
        return found

    async def _credentials(self, user: User) -> None:
        named = {"UserName": user.name}
        keys = [
            AccessKey(
                id=one["AccessKeyId"],
                secret=self._secrets.access_keys[one["AccessKeyId"]],
                user=user.id,
                active=one["Status"] == "Active",
                created=_moment(one["CreateDate"]),
            )
            async for one in self._all("ListAccessKeys", "AccessKeyMetadata", named)
        ]
        certificates = [
            SigningCertificate(
                one["CertificateId"],
                user.id,
                one["CertificateBody"],
                one["Status"] == "Active",
                _moment(one["UploadDate"]),
            )
            async for one in self._all("ListSigningCertificates", "Certificates", named)
        ]
        public = []
        async for listed in self._all("ListSSHPublicKeys", "SSHPublicKeys", named):
            asked = {**named, "SSHPublicKeyId": listed["SSHPublicKeyId"], "Encoding": "SSH"}
            one = (await self._moto.call("iam", "GetSSHPublicKey", asked))["SSHPublicKey"]
            active, uploaded = one["Status"] == "Active", _moment(one["UploadDate"])
            body, fingerprint = one["SSHPublicKeyBody"], one["Fingerprint"]
            public.append(PublicKey(one["SSHPublicKeyId"], user.id, body, fingerprint, active, uploaded))
        self.records += [(ACCESS_KEY, keys), (SIGNING_CERTIFICATE, certificates), (PUBLIC_KEY, public)]
        if user.name in self._secrets.passwords:
            told = (await self._moto.call("iam", "GetLoginProfile", named))["LoginProfile"]
            made, kept = _moment(told["CreateDate"]), passwords.kept(self._secrets.passwords[user.name])
            login = LoginProfile(user.id, kept, made, made, bool(told.get("PasswordResetRequired")))
            self.records.append((LOGIN_PROFILE, [login]))

    async def _providers(self) -> None:
        openid, saml = [], []
        for arn in await self._arns("ListOpenIDConnectProviders", "OpenIDConnectProviderList"):
            one = await self._moto.call("iam", "GetOpenIDConnectProvider", {"OpenIDConnectProviderArn": arn})
            ids, prints = tuple(one.get("ClientIDList") or ()), tuple(one.get("ThumbprintList") or ())
            url = one["Url"].removeprefix("https://")
            openid.append(OpenIdProvider(arn, url, ids, prints, _moment(one["CreateDate"]), _tags(one)))
        for arn in await self._arns("ListSAMLProviders", "SAMLProviderList"):
            one = await self._moto.call("iam", "GetSAMLProvider", {"SAMLProviderArn": arn})
            made, until = _moment(one["CreateDate"]), _moment(one["ValidUntil"])
            identity = identifiers.capitals("SAML", 16)
            name, document = arn.rpartition("/")[2], one["SAMLMetadataDocument"]
            saml.append(SamlProvider(arn, name, identity, document, made, until, _tags(one)))
        self.records += [(OPENID_PROVIDER, openid), (SAML_PROVIDER, saml)]

    async def _account(self) -> None:
        certificates = []
        async for listed in self._all("ListServerCertificates", "ServerCertificateMetadataList", {}):
            name = listed["ServerCertificateName"]
            asked = {"ServerCertificateName": name}
            told = (await self._moto.call("iam", "GetServerCertificate", asked))["ServerCertificate"]
            certificates.append(
                ServerCertificate(
                    id=identifiers.base32("ASCA", 17),  # moto's are of no form of IAM's
                    name=name,
                    path=listed["Path"],
                    arn=listed["Arn"],
                    body=told["CertificateBody"],
                    chain=told.get("CertificateChain") or "",
                    key=self._secrets.certificate_keys[name],
                    uploaded=_moment(listed["UploadDate"]),
                    expires=_moment(listed["Expiration"]),
                    tags=_tags(told),
                )
            )
        aliases = (await self._moto.call("iam", "ListAccountAliases", {})).get("AccountAliases") or ()
        self.records += [
            (SERVER_CERTIFICATE, certificates),
            (ACCOUNT_ALIAS, [AccountAlias(name) for name in aliases]),
            (PASSWORD_POLICY, await self._password_policy()),
        ]

    async def _password_policy(self) -> list[PasswordPolicy]:
        try:
            told = (await self._moto.call("iam", "GetAccountPasswordPolicy", {}))["PasswordPolicy"]
        except AwsError as error:
            if error.code != "NoSuchEntity":
                raise
            return []
        return [
            PasswordPolicy(
                minimum_length=told["MinimumPasswordLength"],
                symbols=bool(told.get("RequireSymbols")),
                numbers=bool(told.get("RequireNumbers")),
                uppercase=bool(told.get("RequireUppercaseCharacters")),
                lowercase=bool(told.get("RequireLowercaseCharacters")),
                users_change=bool(told.get("AllowUsersToChangePassword")),
                max_age=told.get("MaxPasswordAge") or None,
                reuse=told.get("PasswordReusePrevention") or None,
                hard_expiry=told.get("HardExpiry"),
            )
        ]

    async def _arns(self, operation: str, member: str) -> list[str]:
        return [one["Arn"] for one in (await self._moto.call("iam", operation, {})).get(member) or ()]

    async def _all(self, operation: str, member: str, params: Json) -> AsyncIterator[Json]:
        async for page in self._pages(operation, params):
            for one in page.get(member) or ():
                yield one

    async def _pages(self, operation: str, params: Json) -> AsyncIterator[Json]:
        marker: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            page = await self._moto.call("iam", operation, {**params, **marker})
            yield page
            if not page.get("IsTruncated"):
                return
            marker = {"Marker": page["Marker"]}


def _is_own(arn: str) -> bool:
    return not arn.startswith(AWS_MANAGED)


def _moment(told: datetime) -> datetime:
    return (told if told.tzinfo is not None else told.replace(tzinfo=UTC)).astimezone(UTC)


def _tags(told: Json) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value") or "" for tag in told.get("Tags") or ()}


def _inline(told: Json, member: str) -> dict[str, str]:
    return {one["PolicyName"]: unquote(one["PolicyDocument"]) for one in told.get(member) or ()}


def _attached(told: Json, own: set[str]) -> tuple[str, ...]:
    return _there((one["PolicyArn"] for one in told.get("AttachedManagedPolicies") or ()), own)


def _boundary(told: Json, own: set[str]) -> str:
    arn = (told.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn") or ""
    return next(iter(_there((arn,), own)), "")


def _there(arns: Iterable[str], own: set[str]) -> tuple[str, ...]:
    """Without policies that are not: moto let them be deleted."""
    return tuple(dict.fromkeys(arn for arn in arns if arn and (not _is_own(arn) or arn in own)))


def _group(told: Json, own: set[str]) -> Group:
    name, identity, made = told["GroupName"], told["GroupId"], _moment(told["CreateDate"])
    inline, attached = _inline(told, "GroupPolicyList"), _attached(told, own)
    return Group(identity, name, told["Path"], told["Arn"], made, attached, inline)


def _user(told: Json, own: set[str], groups: Mapping[str, str]) -> User:
    return User(
        id=told["UserId"],
        name=told["UserName"],
        path=told["Path"],
        arn=told["Arn"],
        created=_moment(told["CreateDate"]),
        boundary=_boundary(told, own),
        attached=_attached(told, own),
        inline=_inline(told, "UserPolicyList"),
        groups=tuple(groups[name] for name in told.get("GroupList") or () if name in groups),
        tags=_tags(told),
    )


def _session(key: str, old: Json) -> Session:
    """Sessions said only who they were: what a role's was called is in its ARN."""
    principal = Principal(*old["principal"])
    expires = datetime.fromisoformat(old["expires"]).astimezone(UTC)
    return Session(key, old["secret"], old["token"], principal, principal.account, expires)
