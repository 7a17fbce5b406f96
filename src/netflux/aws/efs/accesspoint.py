"""The operations on access points."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import re
from typing import Any

from netflux.aws.efs.part import TAGS, TOKEN, Json, Part, Shape, bad, page
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.efs.filesystem import AccessPoint

_MOST = 10_000
"""Of one file system ["Amazon EFS quotas", Amazon EFS User Guide]."""
_LEVELS = 4
"""Of folders in a path whose owner is given; API reference, RootDirectory."""


class AccessPointOperations(Part):
    """Handlers."""

    @operation(
        "ClientToken Tags(Key Value) FileSystemId PosixUser(Uid Gid SecondaryGids) "
        "RootDirectory(Path CreationInfo(OwnerUid OwnerGid Permissions))"
    )
    def create_access_point(self, call: Call, request: Json) -> Shape:
        """The root directory is made when somebody first goes through, as on AWS."""
        system, root = self.system(request), request.get("RootDirectory", {})
        path, creation, user = root.get("Path", "/"), root.get("CreationInfo"), request.get("PosixUser")
        _check(path, created=creation is not None)
        for known in self.kept.points.where("token", request["ClientToken"]):
            raise AwsError(
                "AccessPointAlreadyExists", f"Access point '{known.id}' already exists with this client token.", 409
            )
        if len([*self.kept.points.where("file-system", system.id)]) >= _MOST:
            raise AwsError("AccessPointLimitExceeded", f"A file system has at most {_MOST} access points.", 403)
        made = AccessPoint(
            identifiers.hexadecimal("fsap"), system.id, request["ClientToken"],
            (user["Uid"], user["Gid"]) if user else None, tuple((user or {}).get("SecondaryGids") or ()), path,
            (creation["OwnerUid"], creation["OwnerGid"]) if creation else None,
            creation["Permissions"] if creation else "",
            TAGS.read(request.get("Tags"), own=call.access_key is None),
        )  # fmt: skip
        self.kept.points.put(made)
        return self._shown_point(made)

    @operation("MaxResults NextToken AccessPointId FileSystemId")
    def describe_access_points(self, call: Call, request: Json) -> Shape:
        """All of them, those of a file system, or one."""
        if request.get("AccessPointId") and request.get("FileSystemId"):
            raise bad("Give AccessPointId or FileSystemId, not both.")
        if request.get("AccessPointId"):
            found = [self.point(request["AccessPointId"])]
        elif request.get("FileSystemId"):
            found = [*self.kept.points.where("file-system", self.system(request).id)]
        else:
            found = [*self.kept.points]
        shown, more = page(found, request, TOKEN)
        return {"AccessPoints": [self._shown_point(one) for one in shown], **more}

    @operation("AccessPointId")
    def delete_access_point(self, call: Call, request: Json) -> Shape:
        """Its folder stays."""
        self.kept.points.delete(self.point(request["AccessPointId"]).id)
        return {}

    def _shown_point(self, point: AccessPoint) -> Shape:
        root: dict[str, Any] = {"Path": point.path}
        if point.owner is not None:
            uid, gid = point.owner
            root["CreationInfo"] = {"OwnerUid": uid, "OwnerGid": gid, "Permissions": point.permissions}
        shown: dict[str, Any] = {
            "ClientToken": point.token,
            "Tags": TAGS.shown(point.tags),
            "AccessPointId": point.id,
            "AccessPointArn": self.arn(f"access-point/{point.id}"),
            "FileSystemId": point.file_system,
            "RootDirectory": root,
            "OwnerId": self.parts.account,
            "LifeCycleState": "available",
        }
        if point.user is not None:
            groups = {"SecondaryGids": [*point.secondary_groups]} if point.secondary_groups else {}
            shown["PosixUser"] = {"Uid": point.user[0], "Gid": point.user[1], **groups}
        return shown | ({"Name": point.tags["Name"]} if "Name" in point.tags else {})


def _check(path: str, *, created: bool) -> None:
    if not path.startswith("/") or "\0" in path or re.search(r"(^|/)\.\.?(/|$)", path):
        raise bad(f"The root directory's path '{path}' has to be absolute, without '.' and '..'.")
    if created and len([part for part in path.split("/") if part]) > _LEVELS:
        raise bad(f"The root directory's path '{path}' has more than {_LEVELS} levels of folders to be made.")
