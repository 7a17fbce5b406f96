"""What IAM refuses to make of a name, and to find by one."""

from __future__ import annotations

from typing import Any

from netflux.controlplane.apis import Apis
from tests.aws.iam.account import filled
from tests.controlplane.plane import Plane
from tests.rules.iamdocuments import GOOD, TRUST
from tests.rules.rule import Rule

SERVICE = "iam"

QUOTAS = "IAM and AWS STS quotas"
NOBODY = "arn:aws:iam::123456789012:policy/nobody"
_LONG = "a" * 65


def refused(rule: str, call: str, code: str, says: str = "", page: str = "", **params: Any) -> Rule:
    """The page is the operation's own, where none is named."""
    return Rule(rule, call, params, code, page or call, says)


NAMES = [
    refused(
        "Role names are unique.",
        "CreateRole",
        "EntityAlreadyExists",
        "Role with name app already exists.",
        page=QUOTAS,
        RoleName="app",
        AssumeRolePolicyDocument=TRUST,
    ),
    refused(
        "Role names differ by more than case.",
        "CreateRole",
        "EntityAlreadyExists",
        page=QUOTAS,
        RoleName="APP",
        AssumeRolePolicyDocument=TRUST,
    ),
    refused(
        "User names differ by more than case.",
        "CreateUser",
        "EntityAlreadyExists",
        "User with name SAM already exists.",
        page=QUOTAS,
        UserName="SAM",
    ),
    refused(
        "Group names differ by more than case.",
        "CreateGroup",
        "EntityAlreadyExists",
        "Group with name STAFF already exists.",
        page=QUOTAS,
        GroupName="STAFF",
    ),
    refused(
        "Instance profiles' names differ by more than case.",
        "CreateInstanceProfile",
        "EntityAlreadyExists",
        "Instance Profile PROFILE already exists.",
        page=QUOTAS,
        InstanceProfileName="PROFILE",
    ),
    refused(
        "Policy names are unique, whatever their path.",
        "CreatePolicy",
        "EntityAlreadyExists",
        "Duplicate names are not allowed.",
        PolicyName="POLICY",
        Path="/other/",
        PolicyDocument=GOOD,
    ),
    refused(
        "A user does not take another's name.", "UpdateUser", "EntityAlreadyExists", UserName="kim", NewUserName="Sam"
    ),
    refused(
        "A group does not take another's name.",
        "UpdateGroup",
        "EntityAlreadyExists",
        GroupName="empty",
        NewGroupName="Staff",
    ),
    refused(
        "A role's name has no spaces.",
        "CreateRole",
        "ValidationError",
        page=QUOTAS,
        RoleName="my role",
        AssumeRolePolicyDocument=TRUST,
    ),
    refused(
        "A role's name has 64 characters at most.",
        "CreateRole",
        "ValidationError",
        page=QUOTAS,
        RoleName=_LONG,
        AssumeRolePolicyDocument=TRUST,
    ),
    refused("A user's name has 64 characters at most.", "CreateUser", "ValidationError", page=QUOTAS, UserName=_LONG),
    refused("A user's name has no slash.", "CreateUser", "ValidationError", page=QUOTAS, UserName="a/b"),
    refused(
        "A path begins and ends with a slash.",
        "CreateUser",
        "ValidationError",
        page=QUOTAS,
        UserName="new",
        Path="team",
    ),
    refused(
        "A group's path ends with a slash.",
        "CreateGroup",
        "ValidationError",
        page=QUOTAS,
        GroupName="new",
        Path="/team",
    ),
    refused("An account's alias has no capitals.", "CreateAccountAlias", "ValidationError", AccountAlias="Mine"),
    refused(
        "A session of a role lasts an hour at least.",
        "CreateRole",
        "ValidationError",
        RoleName="new",
        AssumeRolePolicyDocument=TRUST,
        MaxSessionDuration=900,
    ),
    refused(
        "A session of a role lasts twelve hours at most.",
        "UpdateRole",
        "ValidationError",
        RoleName="app",
        MaxSessionDuration=43201,
    ),
    refused(
        "An open ID provider is there once.",
        "CreateOpenIDConnectProvider",
        "EntityAlreadyExists",
        Url="https://id.example.com",
        ThumbprintList=[],
    ),
    refused(
        "An open ID provider speaks HTTPS.",
        "CreateOpenIDConnectProvider",
        "ValidationError",
        Url="http://id.example.org",
    ),
    refused(
        "An open ID provider's URL has no port.",
        "CreateOpenIDConnectProvider",
        "ValidationError",
        Url="https://id.example.org:8443",
    ),
    refused(
        "A provider has five thumbprints at most.",
        "CreateOpenIDConnectProvider",
        "InvalidInput",
        Url="https://id.example.org",
        ThumbprintList=["a" * 40] * 6,
    ),
    refused(
        "A thumbprint is forty digits.",
        "CreateOpenIDConnectProvider",
        "ValidationError",
        Url="https://id.example.org",
        ThumbprintList=["a" * 39],
    ),
    refused(
        "A SAML provider's metadata are XML.",
        "CreateSAMLProvider",
        "InvalidInput",
        "Could not parse metadata",
        Name="new",
        SAMLMetadataDocument="a" * 1024,
    ),
    refused(
        "A server certificate is one.",
        "UploadServerCertificate",
        "MalformedCertificate",
        ServerCertificateName="new",
        CertificateBody="a",
        PrivateKey="b",
    ),
    refused(
        "A signing certificate is one.",
        "UploadSigningCertificate",
        "MalformedCertificate",
        UserName="sam",
        CertificateBody="a",
    ),
    refused(
        "An SSH public key is one.",
        "UploadSSHPublicKey",
        "InvalidPublicKey",
        UserName="sam",
        SSHPublicKeyBody="ssh-rsa a",
    ),
    refused("A page has one entry at least.", "ListRoles", "ValidationError", MaxItems=0),
    refused("A page has a thousand entries at most.", "ListUsers", "ValidationError", MaxItems=1001),
    refused("A marker is one that an answer gave.", "ListRoles", "ValidationError", Marker="elsewhere"),
    refused(
        "A provider has a hundred audiences.",
        "CreateOpenIDConnectProvider",
        "LimitExceeded",
        "ClientIdsPerOpenIdConnectProvider: 100",
        page=QUOTAS,
        Url="https://id.example.org",
        ClientIDList=[str(n) for n in range(101)],
    ),
]

MISSING = [
    refused(
        "A role is there.", "GetRole", "NoSuchEntity", "The role with name nobody cannot be found.", RoleName="nobody"
    ),
    refused(
        "A user is there.", "GetUser", "NoSuchEntity", "The user with name nobody cannot be found.", UserName="nobody"
    ),
    refused(
        "A group is there.",
        "GetGroup",
        "NoSuchEntity",
        "The group with name nobody cannot be found.",
        GroupName="nobody",
    ),
    refused("A policy is there.", "GetPolicy", "NoSuchEntity", f"Policy {NOBODY} was not found.", PolicyArn=NOBODY),
    refused("A version is there.", "GetPolicyVersion", "NoSuchEntity", PolicyArn="{policy}", VersionId="v9"),
    refused(
        "An inline policy is there.",
        "GetRolePolicy",
        "NoSuchEntity",
        "The role policy with name nobody cannot be found.",
        RoleName="app",
        PolicyName="nobody",
    ),
    refused(
        "An inline policy that is deleted is there.",
        "DeleteUserPolicy",
        "NoSuchEntity",
        "The user policy with name nobody cannot be found.",
        UserName="sam",
        PolicyName="nobody",
    ),
    refused(
        "A policy that is attached is there.",
        "AttachRolePolicy",
        "NoSuchEntity",
        "does not exist or is not attachable",
        RoleName="app",
        PolicyArn=NOBODY,
    ),
    refused(
        "One of AWS's policies that is attached is there.",
        "AttachUserPolicy",
        "NoSuchEntity",
        UserName="sam",
        PolicyArn="arn:aws:iam::aws:policy/Nobody",
    ),
    refused(
        "A policy that is detached was attached.",
        "DetachRolePolicy",
        "NoSuchEntity",
        RoleName="app",
        PolicyArn="{free}",
    ),
    refused(
        "A policy's ARN is one.",
        "AttachGroupPolicy",
        "InvalidInput",
        "is not valid",
        GroupName="staff",
        PolicyArn="AdministratorAccess-and-more",
    ),
    refused(
        "A boundary is there.", "CreateUser", "NoSuchEntity", "Scope ARN", UserName="new", PermissionsBoundary=NOBODY
    ),
    refused(
        "A boundary that is put is there.",
        "PutRolePermissionsBoundary",
        "NoSuchEntity",
        RoleName="app",
        PermissionsBoundary=NOBODY,
    ),
    refused("A boundary that is removed was there.", "DeleteUserPermissionsBoundary", "NoSuchEntity", UserName="sam"),
    refused(
        "An instance profile is there.",
        "GetInstanceProfile",
        "NoSuchEntity",
        "Instance Profile nobody cannot be found.",
        InstanceProfileName="nobody",
    ),
    refused(
        "A role that leaves a profile was in it.",
        "RemoveRoleFromInstanceProfile",
        "NoSuchEntity",
        InstanceProfileName="profile",
        RoleName="free",
    ),
    refused(
        "A user who leaves a group was in it.", "RemoveUserFromGroup", "NoSuchEntity", GroupName="empty", UserName="sam"
    ),
    refused(
        "An access key is the user's.",
        "DeleteAccessKey",
        "NoSuchEntity",
        "cannot be found",
        UserName="kim",
        AccessKeyId="{key}",
    ),
    refused(
        "A login profile is there.",
        "GetLoginProfile",
        "NoSuchEntity",
        "Login Profile for User kim cannot be found.",
        UserName="kim",
    ),
    refused("A password policy is there.", "GetAccountPasswordPolicy", "NoSuchEntity"),
    refused("An alias that is deleted is the account's.", "DeleteAccountAlias", "NoSuchEntity", AccountAlias="nobody"),
    refused(
        "An open ID provider is there.",
        "GetOpenIDConnectProvider",
        "NoSuchEntity",
        "OpenIDConnect Provider not found",
        OpenIDConnectProviderArn="arn:aws:iam::123456789012:oidc-provider/nobody.example",
    ),
    refused(
        "A server certificate is there.",
        "GetServerCertificate",
        "NoSuchEntity",
        "The Server Certificate with name nobody cannot be found.",
        ServerCertificateName="nobody",
    ),
    refused(
        "A deletion was asked for.",
        "GetServiceLinkedRoleDeletionStatus",
        "NoSuchEntity",
        DeletionTaskId="task/aws-service-role/x/y/z",
    ),
    refused("A report was generated.", "GetCredentialReport", "ReportNotPresent"),
    refused("Whoever names no user is one.", "CreateAccessKey", "ValidationError", "Must specify userName"),
]

RULES = [*NAMES, *MISSING]


def register(_plane: Plane, _apis: Apis) -> None:
    """The plane has IAM."""


prepare = filled
