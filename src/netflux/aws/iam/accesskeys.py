"""Users' access keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.iam import errors, quotas
from netflux.aws.iam.tables import Tables, paged
from netflux.controlplane.authentication.keys import UserKey, key_id, secret_key
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.documents import Documents
from netflux.resources.iam.credentials import ACCESS_KEY, AccessKey
from netflux.resources.iam.identity import USER, User

if TYPE_CHECKING:
    from types_boto3_iam import type_defs as types


class AccessKeys:
    """Operations on access keys."""

    tables: Tables

    @operation("UserName")
    def create_access_key(self, call: Call, request: types.CreateAccessKeyRequestTypeDef) -> dict[str, Any]:
        """The only answer that has the secret ("CreateAccessKey", IAM API Reference)."""
        user = self.tables.user(call, request)
        if len(self.tables.access_keys.keys("user", user.id)) >= quotas.ACCESS_KEYS:
            raise errors.exceeded("AccessKeysPerUser", quotas.ACCESS_KEYS)
        key = AccessKey(key_id("AKIA"), secret_key(), user.id, active=True, created=self.tables.now())
        self.tables.access_keys.put(key)
        return {"AccessKey": {**_shown(key, user), "SecretAccessKey": key.secret}}

    @operation("UserName AccessKeyId Status", only={"Status": ("Active", "Inactive")})
    def update_access_key(self, call: Call, request: types.UpdateAccessKeyRequestTypeDef) -> dict[str, Any]:
        """Requests signed with an inactive key are refused."""
        key = self._key(call, request)
        self.tables.access_keys.put(replace(key, active=request["Status"] == "Active"))
        return {}

    @operation("UserName AccessKeyId")
    def delete_access_key(self, call: Call, request: types.DeleteAccessKeyRequestTypeDef) -> dict[str, Any]:
        """It is good for nothing from now on."""
        self.tables.access_keys.delete(self._key(call, request).id)
        return {}

    @operation("UserName Marker MaxItems")
    def list_access_keys(self, call: Call, request: types.ListAccessKeysRequestTypeDef) -> dict[str, Any]:
        """Without their secrets."""
        user = self.tables.user(call, request)
        found = [_shown(key, user) for key in self.tables.access_keys.where("user", user.id)]
        return paged("AccessKeyMetadata", found, request)

    def _key(self, call: Call, request: Any) -> AccessKey:
        user = self.tables.user(call, request)
        key = self.tables.access_keys.get(request["AccessKeyId"])
        if key is None or key.user != user.id:
            raise errors.missing(f"The Access Key with id {request['AccessKeyId']} cannot be found.")
        return key


def _shown(key: AccessKey, user: User) -> dict[str, Any]:
    status = "Active" if key.active else "Inactive"
    return {"UserName": user.name, "AccessKeyId": key.id, "Status": status, "CreateDate": key.created}


class UserKeys:
    """What signatures are verified with.

    Args:
        documents: where the keys are.
    """

    def __init__(self, documents: Documents) -> None:
        self._keys = documents.table(ACCESS_KEY)
        self._users = documents.table(USER)

    def user_key(self, access_key: str) -> UserKey | None:
        """The key; None when no user has it."""
        key = self._keys.get(access_key)
        user = self._users.get(key.user) if key is not None else None
        return UserKey(key.secret, key.active, user.arn, user.id) if key is not None and user is not None else None
