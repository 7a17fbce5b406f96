"""Operations on access control lists, and what a request that makes something says of its list."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from netflux.aws.s3 import accesscontrol, members
from netflux.aws.s3.accesscontrol import Grant
from netflux.aws.s3.configuration import Configured
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.s3 import ENFORCED, Bucket
from netflux.resources.s3owner import canonical_id

LIST = (
    "ACL GrantFullControl GrantRead GrantReadACP GrantWrite GrantWriteACP "
    "AccessControlPolicy(Grants(Grantee(ID Type URI EmailAddress DisplayName) Permission) Owner(ID DisplayName))"
)
_HARMLESS = "bucket-owner-full-control"


def of_new(bucket: Bucket, request: Mapping[str, Any], account: str) -> tuple[list[Grant] | None, str]:
    """The list of an object that is made, None for its owner's full control alone, and the owner's canonical id.

    Args:
        account: of who makes it.

    Raises:
        AwsError: AccessControlListNotSupported where the bucket has none, AccessDenied where public ones are blocked.
    """
    theirs, owner = canonical_id(bucket.owner or account), canonical_id(account)
    grants = accesscontrol.written(request, owner, theirs)
    if grants is not None:
        check(bucket, request, grants, bucket.owner or account)
    if bucket.ownership == ENFORCED:
        return None, theirs
    if bucket.ownership == "BucketOwnerPreferred" and request.get("ACL") == _HARMLESS:
        return None, theirs
    return None if grants == accesscontrol.of_user(owner) else grants, owner


def check(bucket: Bucket, request: Mapping[str, Any], grants: list[Grant], account: str) -> None:
    """Raises AccessControlListNotSupported, or AccessDenied where public lists are blocked.

    Args:
        account: the bucket's owner's.
    """
    says_nothing = request.get("ACL") in (_HARMLESS, "private") or accesscontrol.only_owner(grants, account)
    if bucket.ownership == ENFORCED and not says_nothing:
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")
    if bucket.public_access_block.get("BlockPublicAcls") and accesscontrol.is_public(grants):
        raise AwsError("AccessDenied", "Access Denied", 403)


class AccessLists(Configured):
    """The part of S3's API that concerns access control lists of buckets."""

    @operation(members.BUCKET)
    async def get_bucket_acl(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The owner, and what is granted to whom."""
        bucket = self.store.bucket(request["Bucket"])
        account = self.owner(bucket, call)
        none = bucket.acl is None or bucket.ownership == ENFORCED
        grants = accesscontrol.own(account) if none else bucket.acl
        return {"Owner": {"ID": canonical_id(account)}, "Grants": copy.deepcopy(grants)}

    @operation(f"{members.DOCUMENT} {LIST}", only=members.ALGORITHMS)
    async def put_bucket_acl(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces the list."""
        bucket = self.store.bucket(request["Bucket"])
        self.change(request, acl=self.list_for(bucket, request, self.owner(bucket, call)))
        return {}

    def list_for(self, bucket: Bucket, request: Mapping[str, Any], account: str) -> list[Grant] | None:
        """The list that a bucket gets; None for its owner's full control alone.

        Raises:
            AwsError: AccessControlListNotSupported, AccessDenied, MissingSecurityHeader.
        """
        grants = accesscontrol.written(request, canonical_id(account), canonical_id(account))
        if grants is None:
            raise AwsError("MissingSecurityHeader", "Your request was missing a required header")
        check(bucket, request, grants, account)
        return None if accesscontrol.only_owner(grants, account) else grants
