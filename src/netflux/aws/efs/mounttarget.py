"""The operations on mount targets; the controller gives them their interfaces."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netflux.aws.efs.part import MARKER, Json, Part, Shape, bad, page
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.subnet import Subnet
from netflux.resources.ec2.tables import Tables
from netflux.resources.efs.filesystem import DELETING, FileSystem, MountTarget

_CHOSEN = "Leave it out: the subnet chooses the address."
_MOST_GROUPS = 5
"""API reference, CreateMountTarget."""


class MountTargetOperations(Part):
    """Handlers."""

    @operation(
        "FileSystemId SubnetId SecurityGroups IpAddressType",
        refused={"IpAddress": _CHOSEN, "Ipv6Address": _CHOSEN},
        only={"IpAddressType": ("IPV4_ONLY",)},
    )
    def create_mount_target(self, call: Call, request: Json) -> Shape:
        """One in a zone, all in one VPC ["Managing mount targets", Amazon EFS User Guide]."""
        system, ec2 = self.system(request), Tables(self.documents)
        subnet = ec2.subnets.get(request["SubnetId"])
        if subnet is None:
            raise AwsError("SubnetNotFound", f"The subnet ID '{request['SubnetId']}' does not exist")
        self._check_place(system, subnet)
        groups = tuple(
            request.get("SecurityGroups") or [next(iter(ec2.groups.where("name", f"{subnet.vpc_id}/default"))).id]
        )
        self._check_groups(ec2, groups, subnet.vpc_id)
        made = MountTarget(identifiers.hexadecimal("fsmt"), system.id, subnet.id, subnet.vpc_id, subnet.zone, groups)
        self.kept.targets.put(made)
        self.parts.poke(made.id)
        return self._shown_target(made)

    def _check_place(self, system: FileSystem, subnet: Subnet) -> None:
        if system.zone and system.zone != subnet.zone:
            raise AwsError(
                "AvailabilityZonesMismatch",
                f"The file system {system.id} is in {system.zone}, and the subnet {subnet.id} in {subnet.zone}.",
            )
        for other in self.kept.targets.where("file-system", system.id):
            if other.zone == subnet.zone and other.vpc == subnet.vpc_id:
                raise AwsError("MountTargetConflict", "mount target already exists in this AZ", 409)
            if other.vpc != subnet.vpc_id:
                raise AwsError(
                    "MountTargetConflict", "requested subnet for new mount target is not in the same VPC as existing "
                    "mount targets", 409,
                )  # fmt: skip

    def _check_groups(self, ec2: Tables, groups: Sequence[str], vpc: str) -> None:
        if len(groups) > _MOST_GROUPS:
            raise AwsError("SecurityGroupLimitExceeded", f"A mount target has at most {_MOST_GROUPS} security groups.")
        for one in groups:
            found = ec2.groups.get(one)
            if found is None or found.vpc_id != vpc:
                raise AwsError("SecurityGroupNotFound", f"The security group '{one}' does not exist in VPC '{vpc}'.")

    @operation("MaxItems Marker FileSystemId MountTargetId AccessPointId")
    def describe_mount_targets(self, call: Call, request: Json) -> Shape:
        """Of a file system, by a file system's access point, or one."""
        given = [name for name in ("FileSystemId", "MountTargetId", "AccessPointId") if request.get(name)]
        if len(given) != 1:
            raise bad("Give one of FileSystemId, MountTargetId and AccessPointId.")
        if request.get("MountTargetId"):
            found = [self.target(request)]
        elif request.get("AccessPointId"):
            system = self.point(request["AccessPointId"]).file_system
            found = [*self.kept.targets.where("file-system", system)]
        else:
            found = [*self.kept.targets.where("file-system", self.system(request).id)]
        shown, more = page(found, request, MARKER)
        return {"MountTargets": [self._shown_target(one) for one in shown], **more}

    @operation("MountTargetId")
    def delete_mount_target(self, call: Call, request: Json) -> Shape:
        """The controller takes its interface away. Tasks keep what they have mounted until they end."""
        found = self.target(request)
        self.kept.targets.put(replace(found, state=DELETING))
        self.parts.poke(found.id)
        return {}

    @operation("MountTargetId")
    def describe_mount_target_security_groups(self, call: Call, request: Json) -> Shape:
        """Ids."""
        return {"SecurityGroups": [*self.target(request).groups]}

    @operation("MountTargetId SecurityGroups")
    def modify_mount_target_security_groups(self, call: Call, request: Json) -> Shape:
        """Replaces them all."""
        found, ec2 = self.target(request), Tables(self.documents)
        groups = tuple(
            request.get("SecurityGroups") or [next(iter(ec2.groups.where("name", f"{found.vpc}/default"))).id]
        )
        self._check_groups(ec2, groups, found.vpc)
        self.kept.targets.put(replace(found, groups=groups))
        self.parts.poke(found.id)
        return {}

    def _shown_target(self, target: MountTarget) -> Shape:
        optional = {"IpAddress": target.address, "NetworkInterfaceId": target.interface}
        return {
            "OwnerId": self.parts.account,
            "MountTargetId": target.id,
            "FileSystemId": target.file_system,
            "SubnetId": target.subnet,
            "LifeCycleState": target.state,
            "AvailabilityZoneName": target.zone,
            "VpcId": target.vpc,
            **{name: value for name, value in optional.items() if value},
        }
