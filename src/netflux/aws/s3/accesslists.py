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

_LIST = (
    "ACL GrantFullControl GrantRead GrantReadACP GrantWrite GrantWriteACP "
    "AccessControlPolicy(Grants(Grantee(ID Type URI EmailAddress DisplayName) Permission) Owner(ID DisplayName))"
)
_HARMLESS = frozenset({"bucket-owner-full-control"})
"""Lists that buckets without lists take: they say what is so."""


def of_new(bucket: Bucket, request: Mapping[str, Any], account: str, bucket_owner: str) -> tuple[list[Grant], str]:
    """The list of an object that is made, empty for its owner's full control alone, and the owner's account.

    Raises:
        AwsError: AccessControlListNotSupported where the bucket has none, AccessDenied where public ones are blocked.
    """
    grants = accesscontrol.written(request, account, bucket_owner)
    if bucket.ownership == ENFORCED:
        if grants is not None and not _says_nothing(request, grants, bucket_owner):
            raise _without_lists()
        return [], bucket_owner
    if grants is not None:
        _check_public(bucket, grants)
    if bucket.ownership == "BucketOwnerPreferred" and request.get("ACL") == "bucket-owner-full-control":
        return [], bucket_owner
    return grants if grants is not None and not accesscontrol.only_owner(grants, account) else [], account


def _says_nothing(request: Mapping[str, Any], grants: list[Grant], bucket_owner: str) -> bool:
    return request.get("ACL") in _HARMLESS or accesscontrol.only_owner(grants, bucket_owner)


def _without_lists() -> AwsError:
    return AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def _check_public(bucket: Bucket, grants: list[Grant]) -> None:
    if bucket.public_access_block.get("BlockPublicAcls") and accesscontrol.is_public(grants):
        raise AwsError("AccessDenied", "Access Denied", 403)


class AccessLists(Configured):
    """The part of S3's API that concerns access control lists of buckets."""

    @operation(members.BUCKET)
    async def get_bucket_acl(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The owner, and what is granted to whom."""
        bucket = self.store.bucket(request["Bucket"])
        account = self.owner(bucket, call)
        grants = bucket.acl if bucket.acl and bucket.ownership != ENFORCED else accesscontrol.own(account)
        return {"Owner": {"ID": canonical_id(account)}, "Grants": copy.deepcopy(grants)}

    @operation(f"{members.DOCUMENT} {_LIST}", only=members.ALGORITHMS)
    async def put_bucket_acl(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces the list."""
        bucket = self.store.bucket(request["Bucket"])
        self.change(request, acl=self.list_for(bucket, request, self.owner(bucket, call)))
        return {}

    def list_for(self, bucket: Bucket, request: Mapping[str, Any], account: str) -> list[Grant]:
        """The list that a bucket gets; empty for its owner's full control alone.

        Raises:
            AwsError: AccessControlListNotSupported, AccessDenied, MissingSecurityHeader.
        """
        grants = accesscontrol.written(request, account, account)
        if grants is None:
            raise AwsError("MissingSecurityHeader", "Your request was missing a required header")
        if bucket.ownership == ENFORCED:
            if not accesscontrol.only_owner(grants, account):
                raise _without_lists()
            return []
        _check_public(bucket, grants)
        return [] if accesscontrol.only_owner(grants, account) else grants
