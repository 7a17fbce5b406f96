"""What IAM refuses of what is in use, too much, a service's or too weak."""

from __future__ import annotations

from netflux.controlplane.apis import Apis
from tests.aws.iam.account import filled
from tests.controlplane.plane import Plane
from tests.rules.iam import QUOTAS, refused
from tests.rules.iamdocuments import ALLOW, GOOD, TRUST, TRUSTED, document

SERVICE = "iam"

LINKED = "Create a service-linked role"
MANAGED = "AWS managed policies"
PASSWORDS = "Set an account password policy for IAM users"
TAGGING = "Tags for AWS Identity and Access Management resources"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
ECS = "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"
SLR = "AWSServiceRoleForECS"


def buckets(count: int) -> str:
    """A policy about so many buckets, of 80 characters each."""
    return document(ALLOW | {"Resource": [f"arn:aws:s3:::{number:060}" for number in range(count)]})


CONFLICTS = [
    refused(
        "A role in an instance profile is not deleted.",
        "DeleteRole",
        "DeleteConflict",
        "must remove roles from instance profile first",
        RoleName="held",
    ),
    refused(
        "A role with attached policies is not deleted.",
        "DeleteRole",
        "DeleteConflict",
        "must detach all policies first",
        RoleName="attached",
    ),
    refused(
        "A role with inline policies is not deleted.",
        "DeleteRole",
        "DeleteConflict",
        "must delete policies first",
        RoleName="app",
    ),
    refused(
        "A user with attached policies is not deleted.",
        "DeleteUser",
        "DeleteConflict",
        "must detach all policies first",
        UserName="sam",
    ),
    refused(
        "A user with inline policies is not deleted.",
        "DeleteUser",
        "DeleteConflict",
        "must delete policies first",
        UserName="inline",
    ),
    refused(
        "A user in a group is not deleted.",
        "DeleteUser",
        "DeleteConflict",
        "must remove users from group first",
        UserName="member",
    ),
    refused(
        "A user with access keys is not deleted.",
        "DeleteUser",
        "DeleteConflict",
        "must delete access keys first",
        UserName="keys",
    ),
    refused(
        "A user with a password is not deleted.",
        "DeleteUser",
        "DeleteConflict",
        "must delete login profile first",
        UserName="login",
    ),
    refused(
        "A group with users is not deleted.",
        "DeleteGroup",
        "DeleteConflict",
        "must remove users from group first",
        GroupName="staff",
    ),
    refused(
        "A group with attached policies is not deleted.",
        "DeleteGroup",
        "DeleteConflict",
        "must detach all policies first",
        GroupName="attached",
    ),
    refused(
        "A group with inline policies is not deleted.",
        "DeleteGroup",
        "DeleteConflict",
        "must delete policies first",
        GroupName="inline",
    ),
    refused(
        "A policy that somebody has is not deleted.",
        "DeletePolicy",
        "DeleteConflict",
        "attached to entities",
        PolicyArn="{policy}",
    ),
    refused(
        "A policy that bounds somebody is not deleted.",
        "DeletePolicy",
        "DeleteConflict",
        "attached to entities",
        PolicyArn="{bounding}",
    ),
    refused(
        "A policy with other versions is not deleted.",
        "DeletePolicy",
        "DeleteConflict",
        "more than one version",
        PolicyArn="{versions}",
    ),
    refused(
        "A version in force is not deleted.",
        "DeletePolicyVersion",
        "DeleteConflict",
        "default version",
        PolicyArn="{versions}",
        VersionId="v1",
    ),
    refused(
        "An instance profile with a role is not deleted.",
        "DeleteInstanceProfile",
        "DeleteConflict",
        "must remove roles from instance profile first",
        InstanceProfileName="profile",
    ),
    refused("AWS's policies are not deleted.", "DeletePolicy", "AccessDenied", page=MANAGED, PolicyArn=ADMINISTRATOR),
    refused(
        "AWS's policies are not changed.",
        "CreatePolicyVersion",
        "AccessDenied",
        page=MANAGED,
        PolicyArn=ADMINISTRATOR,
        PolicyDocument=GOOD,
    ),
    refused(
        "A user has one password.", "CreateLoginProfile", "EntityAlreadyExists", UserName="login", Password="Aa1!aaaa"
    ),
]

LIMITS = [
    refused(
        "A user has two access keys.",
        "CreateAccessKey",
        "LimitExceeded",
        "AccessKeysPerUser: 2",
        page=QUOTAS,
        UserName="keys",
    ),
    refused(
        "A role has ten managed policies.",
        "AttachRolePolicy",
        "LimitExceeded",
        "PoliciesPerRole: 10",
        page=QUOTAS,
        RoleName="full",
        PolicyArn="{policy}",
    ),
    refused(
        "A policy has five versions.",
        "CreatePolicyVersion",
        "LimitExceeded",
        "up to 5 versions",
        page=QUOTAS,
        PolicyArn="{versions}",
        PolicyDocument=GOOD,
    ),
    refused(
        "A user is in ten groups.",
        "AddUserToGroup",
        "LimitExceeded",
        "GroupsPerUser: 10",
        page=QUOTAS,
        UserName="social",
        GroupName="empty",
    ),
    refused(
        "An instance profile has one role.",
        "AddRoleToInstanceProfile",
        "LimitExceeded",
        "InstanceSessionsPerInstanceProfile: 1",
        page=QUOTAS,
        InstanceProfileName="profile",
        RoleName="free",
    ),
    refused(
        "A managed policy has 6,144 characters.",
        "CreatePolicy",
        "LimitExceeded",
        "PolicySize: 6144",
        page=QUOTAS,
        PolicyName="new",
        PolicyDocument=buckets(90),
    ),
    refused(
        "A role's inline policies have 10,240 characters together.",
        "PutRolePolicy",
        "LimitExceeded",
        "Maximum policy size of 10240 bytes exceeded for role app",
        page=QUOTAS,
        RoleName="app",
        PolicyName="p",
        PolicyDocument=buckets(150),
    ),
    refused(
        "A user's inline policies have 2,048 characters together.",
        "PutUserPolicy",
        "LimitExceeded",
        "Maximum policy size of 2048",
        page=QUOTAS,
        UserName="kim",
        PolicyName="p",
        PolicyDocument=buckets(30),
    ),
    refused(
        "A group's inline policies have 5,120 characters together.",
        "PutGroupPolicy",
        "LimitExceeded",
        "Maximum policy size of 5120",
        page=QUOTAS,
        GroupName="empty",
        PolicyName="p",
        PolicyDocument=buckets(75),
    ),
    refused(
        "A trust policy has 2,048 characters.",
        "CreateRole",
        "LimitExceeded",
        "ACLSizePerRole: 2048",
        page=QUOTAS,
        RoleName="new",
        AssumeRolePolicyDocument=document(
            TRUSTED | {"Principal": {"AWS": [f"arn:aws:iam::{n:012}:root" for n in range(90)]}}
        ),
    ),
    refused(
        "A role has fifty tags.",
        "TagRole",
        "LimitExceeded",
        page=QUOTAS,
        RoleName="tagged",
        Tags=[{"Key": "one-more", "Value": "x"}],
    ),
    refused(
        "A tag's key stands once, whatever its case.",
        "CreateUser",
        "InvalidInput",
        page=TAGGING,
        UserName="new",
        Tags=[{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}],
    ),
    refused(
        "A tag's key does not begin with aws:.",
        "TagUser",
        "InvalidInput",
        page=TAGGING,
        UserName="sam",
        Tags=[{"Key": "aws:team", "Value": "a"}],
    ),
]

LINKED_ROLES = [
    refused(
        "A service-linked role is not deleted as others are.",
        "DeleteRole",
        "UnmodifiableEntity",
        "protected role",
        page=LINKED,
        RoleName=SLR,
    ),
    refused(
        "A service-linked role gets no policies.",
        "AttachRolePolicy",
        "UnmodifiableEntity",
        page=LINKED,
        RoleName=SLR,
        PolicyArn="{policy}",
    ),
    refused(
        "A service-linked role keeps its policy.",
        "DetachRolePolicy",
        "UnmodifiableEntity",
        page=LINKED,
        RoleName=SLR,
        PolicyArn=ECS,
    ),
    refused(
        "A service-linked role gets no inline policies.",
        "PutRolePolicy",
        "UnmodifiableEntity",
        page=LINKED,
        RoleName=SLR,
        PolicyName="p",
        PolicyDocument=GOOD,
    ),
    refused(
        "A service-linked role trusts its service alone.",
        "UpdateAssumeRolePolicy",
        "UnmodifiableEntity",
        page=LINKED,
        RoleName=SLR,
        PolicyDocument=TRUST,
    ),
    refused(
        "A service-linked role has no boundary.",
        "PutRolePermissionsBoundary",
        "UnmodifiableEntity",
        page=LINKED,
        RoleName=SLR,
        PermissionsBoundary="{policy}",
    ),
    refused(
        "A service-linked role is there once.",
        "CreateServiceLinkedRole",
        "InvalidInput",
        "has been taken in this account",
        page=LINKED,
        AWSServiceName="ecs.amazonaws.com",
    ),
    refused(
        "Few services take a suffix.",
        "CreateServiceLinkedRole",
        "InvalidInput",
        "Custom suffix is not allowed",
        page=LINKED,
        AWSServiceName="rds.amazonaws.com",
        CustomSuffix="x",
    ),
    refused(
        "Only service-linked roles are deleted as such.", "DeleteServiceLinkedRole", "NoSuchEntity", RoleName="app"
    ),
    refused(
        "A service's own policy is not for other roles.",
        "AttachRolePolicy",
        "PolicyNotAttachable",
        RoleName="app",
        PolicyArn=ECS,
    ),
]

PASSWORD = [
    refused(
        "A password has eight characters at least.",
        "CreateLoginProfile",
        "PasswordPolicyViolation",
        "minimum length of 8",
        page=PASSWORDS,
        UserName="kim",
        Password="Aa1!",
    ),
    refused(
        "A password has three kinds of characters.",
        "CreateLoginProfile",
        "PasswordPolicyViolation",
        page=PASSWORDS,
        UserName="kim",
        Password="abcdefgh",
    ),
    refused(
        "A password policy asks for six characters at least.",
        "UpdateAccountPasswordPolicy",
        "ValidationError",
        page=PASSWORDS,
        MinimumPasswordLength=5,
    ),
    refused(
        "A password policy remembers 24 passwords at most.",
        "UpdateAccountPasswordPolicy",
        "ValidationError",
        page=PASSWORDS,
        PasswordReusePrevention=25,
    ),
    refused(
        "Only a user has a password to change.", "ChangePassword", "InvalidUserType", OldPassword="a", NewPassword="b"
    ),
]

RULES = [*CONFLICTS, *LIMITS, *LINKED_ROLES, *PASSWORD]


def register(_plane: Plane, _apis: Apis) -> None:
    """The plane has IAM."""


prepare = filled
