"""What is kept of a file system besides: policy, lifecycle, backups; and tags."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from dataclasses import replace

from netflux.aws.efs.part import MARKER, TAGS, TOKEN, Json, Part, Shape, bad, page
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.policy.document import PolicyError, parse
from netflux.resources.efs.filesystem import AccessPoint, FileSystem

_MOST_POLICY = 20_000
"""Characters; API reference, PutFileSystemPolicy."""


class PolicyOperations(Part):
    """Handlers."""

    @operation(
        "FileSystemId Policy",
        neutral={"BypassPolicyLockoutSafetyCheck": "The account's own keys may always change the policy."},
    )
    def put_file_system_policy(self, call: Call, request: Json) -> Shape:
        """Asked when a task mounts the file system."""
        system, text = self.system(request), request["Policy"]
        if len(text) > _MOST_POLICY:
            raise AwsError("InvalidPolicyException", f"The policy is longer than {_MOST_POLICY} characters.")
        try:
            parse(text, needs_principal=True, needs_resource=False)
        except PolicyError as error:
            raise AwsError("InvalidPolicyException", f"The policy can't be used: {error}") from error
        self.kept.systems.put(replace(system, policy=text))
        return {"FileSystemId": system.id, "Policy": text}

    @operation("FileSystemId")
    def describe_file_system_policy(self, call: Call, request: Json) -> Shape:
        """PolicyNotFound where there is none."""
        system = self.system(request)
        if not system.policy:
            raise AwsError("PolicyNotFound", f"The file system {system.id} has no policy.", 404)
        return {"FileSystemId": system.id, "Policy": system.policy}

    @operation("FileSystemId")
    def delete_file_system_policy(self, call: Call, request: Json) -> Shape:
        """From now on anybody may mount it who reaches a mount target."""
        self.kept.systems.put(replace(self.system(request), policy=""))
        return {}

    @operation("FileSystemId LifecyclePolicies(TransitionToIA TransitionToPrimaryStorageClass TransitionToArchive)")
    def put_lifecycle_configuration(self, call: Call, request: Json) -> Shape:
        """Kept: which class a file is stored in is a matter of its price."""
        given = tuple(dict(policy) for policy in request["LifecyclePolicies"])
        names = [name for policy in given for name in policy]
        if any(len(policy) != 1 for policy in given) or len(set(names)) < len(names):
            raise bad("Each lifecycle policy has one transition, and no two have the same one.")
        self.kept.systems.put(replace(self.system(request), lifecycle=given))
        return {"LifecyclePolicies": [*given]}

    @operation("FileSystemId")
    def describe_lifecycle_configuration(self, call: Call, request: Json) -> Shape:
        """As it was put."""
        return {"LifecyclePolicies": [*self.system(request).lifecycle]}

    @operation("FileSystemId BackupPolicy(Status)")
    def put_backup_policy(self, call: Call, request: Json) -> Shape:
        """Kept; AWS Backup, which would read it, is not here, and has no recovery points."""
        status = request["BackupPolicy"]["Status"]
        if status not in ("ENABLED", "DISABLED"):
            raise bad("The status of a backup policy is ENABLED or DISABLED.")
        self.kept.systems.put(replace(self.system(request), backup=status))
        return {"BackupPolicy": {"Status": status}}

    @operation("FileSystemId")
    def describe_backup_policy(self, call: Call, request: Json) -> Shape:
        """PolicyNotFound where none was ever put."""
        system = self.system(request)
        if not system.backup:
            raise AwsError("PolicyNotFound", f"The file system {system.id} has no backup policy.", 404)
        return {"BackupPolicy": {"Status": system.backup}}

    @operation("FileSystemId NextToken MaxResults")
    def describe_replication_configurations(self, call: Call, request: Json) -> Shape:
        """None: nothing is replicated here."""
        if request.get("FileSystemId"):
            system = self.system(request).id
            raise AwsError("ReplicationNotFound", f"No replication configuration found for {system}.", 404)
        return {"Replications": []}

    @operation("ResourceId Tags(Key Value)")
    def tag_resource(self, call: Call, request: Json) -> Shape:
        """Of a file system or an access point."""
        found = self._tagged(request)
        added = TAGS.read(request["Tags"], own=call.access_key is None)
        self._put(found, TAGS.merged(found.tags, added))
        return {}

    @operation("ResourceId TagKeys")
    def untag_resource(self, call: Call, request: Json) -> Shape:
        """Keys that are not there are no error."""
        found = self._tagged(request)
        self._put(found, {key: value for key, value in found.tags.items() if key not in request["TagKeys"]})
        return {}

    @operation("ResourceId MaxResults NextToken")
    def list_tags_for_resource(self, call: Call, request: Json) -> Shape:
        """In the order in which they were set."""
        shown, more = page(TAGS.shown(self._tagged(request).tags), request, TOKEN)
        return {"Tags": shown, **more}

    @operation("FileSystemId MaxItems Marker")
    def describe_tags(self, call: Call, request: Json) -> Shape:
        """The older form of ListTagsForResource."""
        shown, more = page(TAGS.shown(self.system(request).tags), request, MARKER)
        return {"Tags": shown, **more}

    def _tagged(self, request: Json) -> FileSystem | AccessPoint:
        written = request["ResourceId"]
        if written.rpartition("/")[2].startswith("fsap-"):
            return self.point(written)
        return self.system({"FileSystemId": written})

    def _put(self, found: FileSystem | AccessPoint, tags: dict[str, str]) -> None:
        if isinstance(found, AccessPoint):
            self.kept.points.put(replace(found, tags=tags))
        else:
            self.kept.systems.put(replace(found, tags=tags))
