"""Operations on objects' access control lists."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from netflux.aws.s3 import accesscontrol, accesslists, members
from netflux.aws.s3.objects import Objects
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.s3 import ENFORCED
from netflux.resources.s3owner import canonical_id


class ObjectLists(Objects):
    """The part of S3's API that concerns access control lists of objects."""

    @operation(f"{members.KEY} VersionId", neutral=members.PAYER)
    async def get_object_acl(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The owner, and what is granted to whom."""
        version, _ = self.readable(request)
        bucket = self.store.bucket(request["Bucket"])
        account = bucket.owner or call.account
        if bucket.ownership == ENFORCED:
            return {"Owner": {"ID": canonical_id(account)}, "Grants": accesscontrol.own(account)}
        owner = version.description.owner or canonical_id(account)
        grants = version.description.acl.get("Grants")
        if grants is None:
            grants = accesscontrol.of_user(owner)
        return {"Owner": {"ID": owner}, "Grants": copy.deepcopy(grants)}

    @operation(f"{members.DOCUMENT} Key VersionId {accesslists.LIST}", neutral=members.PAYER, only=members.ALGORITHMS)
    async def put_object_acl(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces the list."""
        version, _ = self.readable(request)
        bucket = self.store.bucket(request["Bucket"])
        account = bucket.owner or call.account
        owner = version.description.owner or canonical_id(account)
        grants = accesscontrol.written(request, owner, canonical_id(account))
        if grants is None:
            raise AwsError("MissingSecurityHeader", "Your request was missing a required header")
        accesslists.check(bucket, request, grants, account)
        acl = {} if bucket.ownership == ENFORCED or grants == accesscontrol.of_user(owner) else {"Grants": grants}
        self.store.put(replace(version, description=replace(version.description, acl=acl)), event="ObjectAcl:Put")
        return {}
