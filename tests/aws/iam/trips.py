"""The changing operations of IAM, each with all of its members and the operation that tells what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netflux import names
from tests.aws.iam.pem import CERTIFICATE, KEY, PUBLIC_KEY
from tests.rules.iamdocuments import GOOD, TRUST, TRUSTED, document

ROOT = f"arn:aws:iam::{names.ACCOUNT}"
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OTHER = document({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
OTHER_TRUST = document(TRUSTED | {"Principal": {"AWS": ROOT + ":root"}})
OIDC = f"{ROOT}:oidc-provider/id.example.com"
SAML = f"{ROOT}:saml-provider/saml"
POLICY = f"{ROOT}:policy/policy"
METADATA = f'<EntityDescriptor validUntil="2030-01-01T00:00:00Z">{"<a/>" * 300}</EntityDescriptor>'
METADATA_TWO = METADATA.replace("2030", "2031")
TAGS = {"Tags": [{"Key": "Team", "Value": "red"}]}


@dataclass(frozen=True)
class Trip:
    """A changing operation, and the one that tells what it did.

    Attributes:
        params: all members that it carries.
        read: the operation that tells.
        asked: its parameters.
        gone: members whose values are not told any more.
        unsaid: members that no answer of AWS's has; what they do has a test of its own.
            What names the noun in `asked` is told by the answer's being there.
    """

    call: str
    params: Mapping[str, Any]
    read: str
    asked: Mapping[str, Any]
    gone: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()


RENAMED = {
    "NewUserName": "UserName", "NewGroupName": "GroupName", "NewPath": "Path",
    "NewServerCertificateName": "ServerCertificateName", "PermissionsBoundary": "PermissionsBoundaryArn",
    "ClientID": "ClientIDList", "SetAsDefault": "IsDefaultVersion", "AccountAlias": "AccountAliases",
    "OpenIDConnectProviderArn": "Arn", "SAMLProviderArn": "Arn", "CustomSuffix": "RoleName", "AWSServiceName": "Path",
    "Name": "Arn", "SSHPublicKeyBody": "SSHPublicKeyBody", "TagKeys": "Key",
}  # fmt: skip
"""By member, the member of the answer that has its value, or has it inside."""
DOCUMENTS = ("AssumeRolePolicyDocument", "PolicyDocument", "Document")

user, group, role = {"UserName": "user"}, {"GroupName": "group"}, {"RoleName": "role"}
profile = {"InstanceProfileName": "profile"}
certificate = {"ServerCertificateName": "certificate"}
oidc = {"OpenIDConnectProviderArn": OIDC}
saml = {"SAMLProviderArn": SAML}
TRIPS = [
    Trip(
        "CreateUser",
        {"UserName": "new", "Path": "/a/", "PermissionsBoundary": READ, **TAGS},
        "GetUser",
        {"UserName": "new"},
    ),
    Trip(
        "UpdateUser",
        {**user, "NewUserName": "new", "NewPath": "/b/"},
        "GetUser",
        {"UserName": "new"},
        gone=("UserName",),
    ),
    Trip("CreateGroup", {"GroupName": "new", "Path": "/a/"}, "GetGroup", {"GroupName": "new"}),
    Trip(
        "UpdateGroup",
        {**group, "NewGroupName": "new", "NewPath": "/b/"},
        "GetGroup",
        {"GroupName": "new"},
        gone=("GroupName",),
    ),
    Trip("AddUserToGroup", {**user, **group}, "GetGroup", group),
    Trip(
        "CreateRole",
        {
            "RoleName": "new",
            "Path": "/a/",
            "AssumeRolePolicyDocument": TRUST,
            "Description": "d",
            "MaxSessionDuration": 7200,
            "PermissionsBoundary": READ,
            **TAGS,
        },
        "GetRole",
        {"RoleName": "new"},
    ),
    Trip("UpdateRole", {**role, "Description": "e", "MaxSessionDuration": 9000}, "GetRole", role),
    Trip("UpdateRoleDescription", {**role, "Description": "f"}, "GetRole", role),
    Trip("UpdateAssumeRolePolicy", {**role, "PolicyDocument": OTHER_TRUST}, "GetRole", role),
    Trip(
        "CreateServiceLinkedRole",
        {"AWSServiceName": "autoscaling.amazonaws.com", "Description": "d", "CustomSuffix": "mine"},
        "GetRole",
        {"RoleName": "AWSServiceRoleForAutoScaling_mine"},
    ),
    Trip(
        "CreatePolicy",
        {"PolicyName": "new", "Path": "/a/", "PolicyDocument": GOOD, "Description": "d", **TAGS},
        "GetPolicy",
        {"PolicyArn": f"{ROOT}:policy/a/new"},
        unsaid=("PolicyDocument",),
    ),
    Trip(
        "CreatePolicyVersion",
        {"PolicyArn": POLICY, "PolicyDocument": OTHER, "SetAsDefault": True},
        "GetPolicyVersion",
        {"PolicyArn": POLICY, "VersionId": "v3"},
    ),
    Trip(
        "SetDefaultPolicyVersion",
        {"PolicyArn": POLICY, "VersionId": "v2"},
        "GetPolicyVersion",
        {"PolicyArn": POLICY, "VersionId": "v2"},
    ),
    *(
        trip
        for kind, member in (("User", user), ("Group", group), ("Role", role))
        for trip in (
            Trip(
                f"Put{kind}Policy",
                {**member, "PolicyName": "p", "PolicyDocument": OTHER},
                f"Get{kind}Policy",
                {**member, "PolicyName": "p"},
            ),
            Trip(f"Attach{kind}Policy", {**member, "PolicyArn": READ}, f"ListAttached{kind}Policies", member),
        )
    ),
    Trip("PutUserPermissionsBoundary", {**user, "PermissionsBoundary": READ}, "GetUser", user),
    Trip("PutRolePermissionsBoundary", {**role, "PermissionsBoundary": READ}, "GetRole", role),
    *(
        trip
        for noun, one in (
            ("User", user),
            ("Role", role),
            ("InstanceProfile", profile),
            ("Policy", {"PolicyArn": POLICY}),
            ("ServerCertificate", certificate),
            ("OpenIDConnectProvider", oidc),
            ("SAMLProvider", saml),
        )
        for trip in (
            Trip(f"Tag{noun}", {**one, **TAGS}, f"List{noun}Tags", one),
            Trip(f"Untag{noun}", {**one, "TagKeys": ["Kept"]}, f"List{noun}Tags", one, gone=("TagKeys",)),
        )
    ),
    Trip(
        "CreateInstanceProfile",
        {"InstanceProfileName": "new", "Path": "/a/", **TAGS},
        "GetInstanceProfile",
        {"InstanceProfileName": "new"},
    ),
    Trip("AddRoleToInstanceProfile", {**profile, **role}, "GetInstanceProfile", profile),
    Trip("CreateAccessKey", user, "ListAccessKeys", user),
    Trip("UpdateAccessKey", {**user, "AccessKeyId": "{key}", "Status": "Inactive"}, "ListAccessKeys", user),
    Trip(
        "CreateLoginProfile",
        {**user, "Password": "Aa1!aaaa", "PasswordResetRequired": True},
        "GetLoginProfile",
        user,
        unsaid=("Password",),
    ),
    Trip(
        "UpdateLoginProfile",
        {"UserName": "login", "Password": "Bb1!bbbb", "PasswordResetRequired": True},
        "GetLoginProfile",
        {"UserName": "login"},
        unsaid=("Password",),
    ),
    Trip(
        "UpdateAccountPasswordPolicy",
        {
            "MinimumPasswordLength": 12,
            "RequireSymbols": True,
            "RequireNumbers": True,
            "RequireUppercaseCharacters": True,
            "RequireLowercaseCharacters": True,
            "AllowUsersToChangePassword": True,
            "MaxPasswordAge": 90,
            "PasswordReusePrevention": 5,
            "HardExpiry": True,
        },
        "GetAccountPasswordPolicy",
        {},
    ),
    Trip("CreateAccountAlias", {"AccountAlias": "mine"}, "ListAccountAliases", {}),
    Trip(
        "UploadSSHPublicKey",
        {**user, "SSHPublicKeyBody": PUBLIC_KEY},
        "ListSSHPublicKeys",
        user,
        unsaid=("SSHPublicKeyBody",),
    ),
    Trip(
        "UpdateSSHPublicKey",
        {"UserName": "login", "SSHPublicKeyId": "{ssh}", "Status": "Inactive"},
        "ListSSHPublicKeys",
        {"UserName": "login"},
    ),
    Trip("UploadSigningCertificate", {**user, "CertificateBody": CERTIFICATE}, "ListSigningCertificates", user),
    Trip(
        "UpdateSigningCertificate",
        {"UserName": "login", "CertificateId": "{signing}", "Status": "Inactive"},
        "ListSigningCertificates",
        {"UserName": "login"},
    ),
    Trip(
        "UploadServerCertificate",
        {
            "ServerCertificateName": "new",
            "Path": "/a/",
            "CertificateBody": CERTIFICATE,
            "PrivateKey": KEY,
            "CertificateChain": CERTIFICATE,
            **TAGS,
        },
        "GetServerCertificate",
        {"ServerCertificateName": "new"},
        unsaid=("PrivateKey",),
    ),
    Trip(
        "UpdateServerCertificate",
        {**certificate, "NewServerCertificateName": "new", "NewPath": "/b/"},
        "GetServerCertificate",
        {"ServerCertificateName": "new"},
        gone=("ServerCertificateName",),
    ),
    Trip(
        "CreateOpenIDConnectProvider",
        {"Url": "https://id.example.org", "ClientIDList": ["one"], "ThumbprintList": ["a" * 40], **TAGS},
        "GetOpenIDConnectProvider",
        {"OpenIDConnectProviderArn": f"{ROOT}:oidc-provider/id.example.org"},
    ),
    Trip("AddClientIDToOpenIDConnectProvider", {**oidc, "ClientID": "two"}, "GetOpenIDConnectProvider", oidc),
    Trip(
        "UpdateOpenIDConnectProviderThumbprint",
        {**oidc, "ThumbprintList": ["b" * 40]},
        "GetOpenIDConnectProvider",
        oidc,
    ),
    Trip(
        "CreateSAMLProvider",
        {"Name": "new", "SAMLMetadataDocument": METADATA, **TAGS},
        "GetSAMLProvider",
        {"SAMLProviderArn": f"{ROOT}:saml-provider/new"},
        unsaid=("Name",),
    ),
    Trip("UpdateSAMLProvider", {**saml, "SAMLMetadataDocument": METADATA_TWO}, "GetSAMLProvider", saml),
]
NOT_HERE = {"ChangePassword", "GenerateCredentialReport"}
"""They are about who asks, and about all; each has a test of its own."""
ENDING = ("Get", "List", "Delete", "Remove", "Detach", "Simulate")
