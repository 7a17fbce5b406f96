"""Access control lists: what is written becomes grants, and grants permit actions ["Access control list (ACL)
overview", Amazon S3 User Guide]. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netflux.aws.s3.refusals import Refused
from netflux.errors import AwsError
from netflux.policy.evaluate import Principal
from netflux.resources.s3owner import canonical_id

Grant = dict[str, Any]
"""As the API has it: Grantee and Permission."""

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
AWS_EXEC = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"
"""The canonical user behind the canned list `aws-exec-read`: Amazon EC2."""
_GROUPS = frozenset({ALL_USERS, AUTHENTICATED, LOG_DELIVERY})
_CANONICAL = re.compile("[0-9a-f]{64}")
_MOST = 100  # grants; "Access control list (ACL) overview"
_HEADERS = {
    "GrantFullControl": "FULL_CONTROL",
    "GrantRead": "READ",
    "GrantWrite": "WRITE",
    "GrantReadACP": "READ_ACP",
    "GrantWriteACP": "WRITE_ACP",
}
MEMBERS = ("ACL", "AccessControlPolicy", *_HEADERS)
"""Members of requests that state a list."""
_WORD = re.compile(r'\s*(id|uri|emailAddress)\s*=\s*"?([^",]*)"?\s*')

# "Mapping of ACL permissions and access policy permissions", the same page.
_BUCKET = {
    "READ": ("ListBucket", "ListBucketVersions", "ListBucketMultipartUploads"),
    "WRITE": ("PutObject", "DeleteObject", "DeleteObjectVersion", "AbortMultipartUpload"),
    "READ_ACP": ("GetBucketAcl",),
    "WRITE_ACP": ("PutBucketAcl",),
}
_OBJECT = {
    "READ": ("GetObject", "GetObjectVersion"),
    "READ_ACP": ("GetObjectAcl", "GetObjectVersionAcl"),
    "WRITE_ACP": ("PutObjectAcl", "PutObjectVersionAcl"),
}


def own(account: str) -> list[Grant]:
    """The list of whatever nobody gave another one: its owner's full control."""
    return [_grant(_user(canonical_id(account)), "FULL_CONTROL")]


def of_user(identity: str) -> list[Grant]:
    """The same for an owner by canonical id."""
    return [_grant(_user(identity), "FULL_CONTROL")]


def canned(name: str, owner: str, bucket_owner: str) -> list[Grant]:
    """The grants that a canned list stands for.

    Args:
        owner: canonical id.
        bucket_owner: canonical id of the owner of the object's bucket.
    """
    more: Mapping[str, Sequence[Grant]] = {
        "public-read": [_grant(_group(ALL_USERS), "READ")],
        "public-read-write": [_grant(_group(ALL_USERS), "READ"), _grant(_group(ALL_USERS), "WRITE")],
        "authenticated-read": [_grant(_group(AUTHENTICATED), "READ")],
        "aws-exec-read": [_grant(_user(AWS_EXEC), "READ")],
        "bucket-owner-read": [_grant(_user(bucket_owner), "READ")],
        "bucket-owner-full-control": [_grant(_user(bucket_owner), "FULL_CONTROL")],
    }
    grants = of_user(owner)
    return grants + [grant for grant in more.get(name, ()) if grant not in grants]


def log_delivery(owner: str) -> dict[str, str]:
    """The canned list `log-delivery-write`, which botocore's model has not, by its grants.

    Args:
        owner: canonical id.
    """
    group = f'uri="{LOG_DELIVERY}"'
    return {"GrantFullControl": f'id="{owner}"', "GrantWrite": group, "GrantReadACP": group}


def written(request: Mapping[str, Any], owner: str, bucket_owner: str) -> list[Grant] | None:
    """The list that a request states, in any of three ways; None where it states none.

    Args:
        owner: canonical id, of the object or the bucket.
        bucket_owner: canonical id of the bucket's owner.

    Raises:
        AwsError: it states two, or a grantee that is none.
    """
    headers = [name for name in _HEADERS if request.get(name) is not None]
    document = request.get("AccessControlPolicy")
    if request.get("ACL") is not None and headers:
        raise AwsError("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed")
    if document and (headers or request.get("ACL") is not None):
        raise AwsError("UnexpectedContent", "This request does not support content")
    if request.get("ACL") is not None:
        return canned(request["ACL"], owner, bucket_owner)
    if headers:
        return [_grant(grantee, _HEADERS[name]) for name in headers for grantee in _named(request[name], name)]
    if document is None:
        return None
    return _documented(document, owner)


def _documented(document: Mapping[str, Any], owner: str) -> list[Grant]:
    stated = (document.get("Owner") or {}).get("ID")
    if not stated:
        raise AwsError("MalformedACLError", _MALFORMED)
    if stated != owner:
        raise AwsError("AccessDenied", "Access Denied", 403)
    grants = document.get("Grants") or []
    if len(grants) > _MOST:
        raise AwsError("MalformedACLError", f"A list has {_MOST} grants at most, not {len(grants)}.")
    found = []
    for grant in grants:
        if not grant.get("Permission") or not grant.get("Grantee"):
            raise AwsError("MalformedACLError", _MALFORMED)
        found.append(_grant(_checked(grant["Grantee"]), grant["Permission"]))
    return found


_MALFORMED = "The XML you provided was not well-formed or did not validate against our published schema"


def _checked(grantee: Mapping[str, Any]) -> dict[str, Any]:
    match grantee.get("Type"):
        case "CanonicalUser" if grantee.get("ID"):
            return _user(_known("id", grantee["ID"]))
        case "Group" if grantee.get("URI"):
            return _group(_known("uri", grantee["URI"]))
        case "AmazonCustomerByEmail" if grantee.get("EmailAddress"):
            return _group(_known("emailAddress", grantee["EmailAddress"]))
    raise AwsError("MalformedACLError", _MALFORMED)


def _named(header: str, member: str) -> Iterable[dict[str, Any]]:
    for part in header.split(","):
        found = _WORD.fullmatch(part)
        if found is None:
            raise Refused(
                "InvalidArgument", f"Argument format not recognized: {part[:100]}", ArgumentName=member,
                ArgumentValue=header[:200],
            )  # fmt: skip
        kind, value = found.groups()
        yield _user(_known(kind, value)) if kind == "id" else _group(_known(kind, value))


def _known(kind: str, value: str) -> str:
    if kind == "emailAddress":
        raise Refused(
            "UnresolvableGrantByEmailAddress", "The e-mail address you provided does not match any account on record.",
            EmailAddress=value[:200],
        )  # fmt: skip
    if kind == "uri" and value not in _GROUPS:
        raise Refused("InvalidArgument", "Invalid group uri", ArgumentName="uri", ArgumentValue=value[:200])
    if kind == "id" and not _CANONICAL.fullmatch(value):
        raise Refused("InvalidArgument", "Invalid id", ArgumentName="CanonicalUser/ID", ArgumentValue=value[:200])
    return value


def _user(identity: str) -> dict[str, Any]:
    return {"ID": identity, "Type": "CanonicalUser"}


def _group(uri: str) -> dict[str, Any]:
    return {"URI": uri, "Type": "Group"}


def _grant(grantee: dict[str, Any], permission: str) -> Grant:
    return {"Grantee": grantee, "Permission": permission}


def is_public(grants: Sequence[Grant]) -> bool:
    """Whether they are for everybody, or for everybody with an account ["The meaning of public", the guide]."""
    return any(grant["Grantee"].get("URI") in (ALL_USERS, AUTHENTICATED) for grant in grants)


def only_owner(grants: Sequence[Grant], account: str) -> bool:
    """Whether they say what is so without them: the bucket owner's full control."""
    return grants == own(account)


def permits(grants: Sequence[Grant], principal: Principal, action: str, *, of_object: bool) -> bool:
    """Whether a list lets somebody do something.

    Args:
        action: with its service, e.g. `s3:GetObject`.
        of_object: whether the list is an object's; a bucket's permits other actions.
    """
    table = _OBJECT if of_object else _BUCKET
    name = action.removeprefix("s3:")
    allowing = {"FULL_CONTROL", *(permission for permission, actions in table.items() if name in actions)}
    if not any(name in actions for actions in table.values()):
        return False
    return any(grant["Permission"] in allowing and _is(grant["Grantee"], principal) for grant in grants)


def _is(grantee: Mapping[str, Any], principal: Principal) -> bool:
    if grantee.get("URI") == ALL_USERS:
        return True
    if principal.kind == "Service":
        return grantee.get("URI") == LOG_DELIVERY and principal.name == "logging.s3.amazonaws.com"
    if principal.kind != "AWS":
        return False
    if grantee.get("URI") == AUTHENTICATED:
        return True
    return principal.is_root and grantee.get("ID") == canonical_id(principal.account)  # users have what policies say
