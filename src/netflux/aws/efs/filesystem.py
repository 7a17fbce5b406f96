"""The operations on file systems."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netflux import names
from netflux.aws.efs.part import MARKER, TAGS, Json, Part, Shape, bad, page
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources import kms
from netflux.resources.ec2.subnet import SUBNET
from netflux.resources.efs.filesystem import DELETING, FileSystem

_EMPTY = 6144
"""Bytes that an empty file system is said to have ["Metering Amazon EFS file systems", Amazon EFS User Guide]."""


class FileSystemOperations(Part):
    """Handlers."""

    @operation(
        "CreationToken PerformanceMode Encrypted KmsKeyId ThroughputMode ProvisionedThroughputInMibps "
        "AvailabilityZoneName Backup Tags(Key Value)"
    )
    async def create_file_system(self, call: Call, request: Json) -> Shape:
        """An empty folder; it is there at once, and its modes are the disk's own."""
        for known in self.kept.systems.where("token", request["CreationToken"]):
            raise AwsError(
                "FileSystemAlreadyExists",
                f"File system '{known.id}' already exists with creation token '{known.token}'",
                409,
            )
        key = request.get("KmsKeyId", "")
        if key and not request.get("Encrypted"):
            raise bad("KmsKeyId can only be given with Encrypted set to true.")
        why = (
            await kms.unusable(self.parts.apis, key) if key and not key.endswith("alias/aws/elasticfilesystem") else ""
        )
        if why:
            raise bad(f"The KMS key {key} can't be used: {why}.")
        tags = TAGS.read(request.get("Tags"), own=call.access_key is None)
        made = FileSystem(
            identifiers.hexadecimal("fs"), request["CreationToken"], self.parts.clock.now(),
            request.get("PerformanceMode", "generalPurpose"), *_throughput(request),
            encrypted=request.get("Encrypted", False), kms_key=key, zone=self._zone(request),
            backup="ENABLED" if request.get("Backup", "AvailabilityZoneName" in request) else "DISABLED", tags=tags,
        )  # fmt: skip
        with self.documents.transaction():
            self.kept.systems.put(made)
        self.parts.poke(made.id)
        return self._shown_system(made)

    def _zone(self, request: Json) -> str:
        zone = request.get("AvailabilityZoneName", "")
        known = {subnet.zone for subnet in self.documents.table(SUBNET)} | {f"{names.REGION}{one}" for one in "abc"}
        if zone and zone not in known:
            raise bad(f"The Availability Zone {zone} does not exist.")
        if zone and request.get("PerformanceMode") == "maxIO":
            raise bad("A One Zone file system can't have the performance mode maxIO.")
        return str(zone)

    @operation("MaxItems Marker CreationToken FileSystemId")
    def describe_file_systems(self, call: Call, request: Json) -> Shape:
        """All of them, one by its id, or one by its token."""
        found = [one for one in self.kept.systems if one.state != DELETING]
        if request.get("FileSystemId"):
            found = [self.system(request)]
        if request.get("CreationToken"):
            found = [one for one in found if one.token == request["CreationToken"]]
        shown, more = page(found, request, MARKER)
        return {"FileSystems": [self._shown_system(one) for one in shown], **more}

    @operation("FileSystemId ThroughputMode ProvisionedThroughputInMibps")
    def update_file_system(self, call: Call, request: Json) -> Shape:
        """The throughput mode, of which the disk knows nothing."""
        found = self.system(request)
        asked = {"ThroughputMode": found.throughput_mode, **request}
        mode, rate = _throughput(asked)
        changed = replace(found, throughput_mode=mode, throughput=rate or found.throughput * (mode == "provisioned"))
        self.kept.systems.put(changed)
        return self._shown_system(changed)

    @operation(
        "FileSystemId ReplicationOverwriteProtection", only={"ReplicationOverwriteProtection": ("ENABLED", "DISABLED")}
    )
    def update_file_system_protection(self, call: Call, request: Json) -> Shape:
        """Whether replication could write to it; nothing is replicated here."""
        found = self.system(request)
        after = request.get("ReplicationOverwriteProtection", found.overwrite_protection)
        self.kept.systems.put(replace(found, overwrite_protection=after))
        return {"ReplicationOverwriteProtection": after}

    @operation("FileSystemId")
    def delete_file_system(self, call: Call, request: Json) -> Shape:
        """With its access points and all that is in it. Its mount targets have to be gone."""
        found = self.system(request)
        if self.kept.targets.has("file-system", found.id):
            raise AwsError(
                "FileSystemInUse", f"Cannot delete the file system {found.id} while it has mount targets.", 409
            )
        for point in self.kept.points.where("file-system", found.id):
            self.kept.points.delete(point.id)
        self.kept.systems.put(replace(found, state=DELETING))
        self.parts.poke(found.id)
        return {}

    def _shown_system(self, system: FileSystem) -> Shape:
        size = max(self.parts.sizes.get(system.id, 0), _EMPTY)
        optional = {
            "KmsKeyId": system.kms_key or (self._default_key() if system.encrypted else ""),
            "ProvisionedThroughputInMibps": system.throughput,
            "AvailabilityZoneName": system.zone,
            "Name": system.tags.get("Name", ""),
        }
        return {
            "OwnerId": self.parts.account,
            "CreationToken": system.token,
            "FileSystemId": system.id,
            "FileSystemArn": self.arn(f"file-system/{system.id}"),
            "CreationTime": system.created,
            "LifeCycleState": system.state,
            "NumberOfMountTargets": len([*self.kept.targets.where("file-system", system.id)]),
            "SizeInBytes": {"Value": size, "ValueInIA": 0, "ValueInStandard": size, "ValueInArchive": 0},
            "PerformanceMode": system.performance_mode,
            "Encrypted": system.encrypted,
            "ThroughputMode": system.throughput_mode,
            "Tags": TAGS.shown(system.tags),
            "FileSystemProtection": {"ReplicationOverwriteProtection": system.overwrite_protection},
            **{name: value for name, value in optional.items() if value},
        }

    def _default_key(self) -> str:
        return f"arn:aws:kms:{names.REGION}:{self.parts.account}:alias/aws/elasticfilesystem"


def _throughput(request: Any) -> tuple[str, float]:
    """Mode and MiB/s of a request; BadRequest where they don't go together."""
    mode, rate = request.get("ThroughputMode", "bursting"), request.get("ProvisionedThroughputInMibps", 0.0)
    if rate and mode != "provisioned":
        raise bad("ProvisionedThroughputInMibps can only be given with the throughput mode provisioned.")
    if mode == "provisioned" and not rate:
        raise bad("The throughput mode provisioned needs ProvisionedThroughputInMibps.")
    return mode, float(rate)
