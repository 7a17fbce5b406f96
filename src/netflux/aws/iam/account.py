"""What the account has besides identities, and all of it in one answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from netflux.aws.iam import errors, quotas, shape
from netflux.aws.iam.policies import Policies
from netflux.aws.iam.tables import Tables, paged
from netflux.controlplane.call import Call
from netflux.controlplane.moto.managedpolicies import AwsPolicy
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.iam.account import AccountAlias
from netflux.resources.iam.identity import Group, Identity, Role, User
from netflux.resources.iam.policy import AWS_MANAGED

if TYPE_CHECKING:
    from types_boto3_iam import type_defs as types

_LISTS = {
    "User": "UserDetailList",
    "Group": "GroupDetailList",
    "Role": "RoleDetailList",
    "LocalManagedPolicy": "Policies",
    "AWSManagedPolicy": "Policies",
}
_ALIAS = re.compile("[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]")
"""The model's, which looks ahead, so it is not held to where the others are (protocol/constraints.py)."""
_NO_DEVICES = "No device for a second factor can be made here, so there is none."


class Account(Policies):
    """Operations on the account as a whole."""

    tables: Tables

    @operation("AccountAlias")
    def create_account_alias(self, _call: Call, request: types.CreateAccountAliasRequestTypeDef) -> dict[str, Any]:
        """Replaces the one before it: an account has one ("CreateAccountAlias", IAM API Reference)."""
        name, aliases = request["AccountAlias"], self.tables.aliases
        if not _ALIAS.fullmatch(name):
            raise AwsError(
                "ValidationError",
                f"1 validation error detected: Value '{name}' at 'accountAlias' failed to satisfy constraint: Member "
                f"must satisfy regular expression pattern: ^{_ALIAS.pattern}$",
            )
        if name in aliases:
            raise errors.exists(f"The account alias {name} already exists.")
        for one in aliases:
            aliases.delete(one.name)
        aliases.put(AccountAlias(name))
        return {}

    @operation("AccountAlias")
    def delete_account_alias(self, _call: Call, request: types.DeleteAccountAliasRequestTypeDef) -> dict[str, Any]:
        """Refuses a name that the account has not."""
        if request["AccountAlias"] not in self.tables.aliases:
            raise errors.missing(f"The account alias {request['AccountAlias']} cannot be found.")
        self.tables.aliases.delete(request["AccountAlias"])
        return {}

    @operation("Marker MaxItems")
    def list_account_aliases(self, _call: Call, request: types.ListAccountAliasesRequestTypeDef) -> dict[str, Any]:
        """One or none."""
        return paged("AccountAliases", [one.name for one in self.tables.aliases], request)

    @operation()
    def get_account_summary(self, _call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        """What there is, and how much there may be."""
        tables = self.tables
        versions = sum(len(policy.versions) for policy in tables.policies)
        summary = {
            "Users": len(tables.users.table),
            "UsersQuota": quotas.USERS,
            "Groups": len(tables.groups.table),
            "GroupsQuota": quotas.GROUPS,
            "Roles": len(tables.roles.table),
            "RolesQuota": quotas.ROLES,
            "Policies": len(tables.policies),
            "PoliciesQuota": quotas.POLICIES,
            "PolicyVersionsInUse": versions,
            "PolicyVersionsInUseQuota": 10000,
            "InstanceProfiles": len(tables.profiles),
            "InstanceProfilesQuota": quotas.INSTANCE_PROFILES,
            "ServerCertificates": len(tables.server_certificates),
            "ServerCertificatesQuota": quotas.SERVER_CERTIFICATES,
            "Providers": len(tables.openid_providers) + len(tables.saml_providers),
            "MFADevices": 0,
            "MFADevicesInUse": 0,
            "AccountMFAEnabled": 0,
            "AccountAccessKeysPresent": 0,
            "AccountSigningCertificatesPresent": 0,
            "GlobalEndpointTokenVersion": 1,
            "AccessKeysPerUserQuota": quotas.ACCESS_KEYS,
            "SigningCertificatesPerUserQuota": quotas.SIGNING_CERTIFICATES,
            "GroupsPerUserQuota": quotas.GROUPS_PER_USER,
            "AttachedPoliciesPerUserQuota": quotas.ATTACHED,
            "AttachedPoliciesPerGroupQuota": quotas.ATTACHED,
            "AttachedPoliciesPerRoleQuota": quotas.ATTACHED,
            "VersionsPerPolicyQuota": quotas.VERSIONS,
            "PolicySizeQuota": quotas.POLICY_SIZE,
            "AssumeRolePolicySizeQuota": quotas.TRUST_SIZE,
            "UserPolicySizeQuota": quotas.INLINE_SIZE["user"],
            "GroupPolicySizeQuota": quotas.INLINE_SIZE["group"],
            "RolePolicySizeQuota": quotas.INLINE_SIZE["role"],
        }
        return {"SummaryMap": summary}

    @operation("Filter MaxItems Marker")
    def get_account_authorization_details(
        self, _call: Call, request: types.GetAccountAuthorizationDetailsRequestTypeDef
    ) -> dict[str, Any]:
        """Identities and policies with all of their documents; of AWS's policies those that somebody has."""
        wanted: Collection[str] = request.get("Filter") or _LISTS
        page = paged("Found", [one for one in self._everything() if one[0] in wanted], request)
        lists: dict[str, list[dict[str, Any]]] = {name: [] for name in _LISTS.values()}
        for kind, one in page.pop("Found"):
            lists[_LISTS[kind]].append(self._policy_detail(one) if isinstance(one, str) else self._detail(one))
        return {**lists, **page}

    @operation("UserName", neutral={"Marker": _NO_DEVICES, "MaxItems": _NO_DEVICES})
    def list_mfa_devices(self, call: Call, request: types.ListMFADevicesRequestTypeDef) -> dict[str, Any]:
        """None: none can be made here."""
        if request.get("UserName"):
            self.tables.user(call, request)
        return {"MFADevices": [], "IsTruncated": False}

    @operation(neutral={"AssignmentStatus": _NO_DEVICES, "Marker": _NO_DEVICES, "MaxItems": _NO_DEVICES})
    def list_virtual_mfa_devices(self, _call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        """None: none can be made here."""
        return {"VirtualMFADevices": [], "IsTruncated": False}

    @operation("UserName", neutral=dict.fromkeys(("ServiceName", "AllUsers", "Marker", "MaxItems"), "There are none."))
    def list_service_specific_credentials(
        self, call: Call, request: types.ListServiceSpecificCredentialsRequestTypeDef
    ) -> dict[str, Any]:
        """None: the services that take them are not here."""
        if request.get("UserName"):
            self.tables.user(call, request)
        return {"ServiceSpecificCredentials": [], "IsTruncated": False}

    def _everything(self) -> Iterator[tuple[str, Identity | str]]:
        tables = self.tables
        for user in tables.users.table:
            yield "User", user
        for group in tables.groups.table:
            yield "Group", group
        for role in tables.roles.table:
            yield "Role", role
        for policy in tables.policies:
            yield "LocalManagedPolicy", policy.arn
        everybody: list[Identity] = [*tables.users.table, *tables.groups.table, *tables.roles.table]
        held = dict.fromkeys(arn for one in everybody for arn in one.attached if arn.startswith(AWS_MANAGED))
        for arn in held:
            yield "AWSManagedPolicy", arn

    def _detail(self, one: Identity) -> dict[str, Any]:
        inline = [{"PolicyName": name, "PolicyDocument": shape.document(text)} for name, text in one.inline.items()]
        attached = [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in one.attached]
        if isinstance(one, User):
            found = [self.tables.groups.table.get(key) for key in one.groups]
            names = [group.name for group in found if group is not None]
            return {
                **shape.user(one),
                "UserPolicyList": inline,
                "GroupList": names,
                "AttachedManagedPolicies": attached,
            }
        if isinstance(one, Group):
            return {**shape.group(one), "GroupPolicyList": inline, "AttachedManagedPolicies": attached}
        return {**self._role(one), "RolePolicyList": inline, "AttachedManagedPolicies": attached}

    def _role(self, role: Role) -> dict[str, Any]:
        profiles = self.tables.profiles.where("role", role.id)
        unsaid = ("Description", "MaxSessionDuration")
        shown = {name: value for name, value in shape.role(role).items() if name not in unsaid}
        return {**shown, "InstanceProfileList": [shape.profile(one, role, listed=True) for one in profiles]}

    def _policy_detail(self, arn: str) -> dict[str, Any]:
        policy = self.tables.policy(arn)
        if isinstance(policy, AwsPolicy):
            versions = [(policy.version, policy.document, policy.updated)]
            default = policy.version
        else:
            versions = [(one.id, one.document, one.created) for one in reversed(policy.versions)]
            default = policy.default
        listed = [
            {
                "VersionId": identity,
                "Document": shape.document(text),
                "IsDefaultVersion": identity == default,
                "CreateDate": created,
            }
            for identity, text, created in versions
        ]
        return {**self._policy(policy), "PolicyVersionList": listed}
