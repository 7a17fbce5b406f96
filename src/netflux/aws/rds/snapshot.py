"""DB snapshots: taken of DB instances, copied, told, deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.rds import secret
from netflux.aws.rds.decide import status
from netflux.aws.rds.optiongroup import OptionGroupOperations
from netflux.aws.rds.pages import page
from netflux.aws.rds.part import TAGS, check_identifier, invalid, own
from netflux.aws.rds.request import tags as asked_tags
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import arn
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.rds import AUTOMATED, AVAILABLE, CREATING, DELETING, FAILED, MANUAL, Instance, Snapshot

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import (
        CopyDBSnapshotMessageTypeDef,
        CreateDBSnapshotMessageTypeDef,
        DeleteDBSnapshotMessageTypeDef,
        DescribeDBSnapshotAttributesMessageTypeDef,
        DescribeDBSnapshotsMessageTypeDef,
    )

_MOST_MANUAL = 100  # "Quotas and constraints for Amazon RDS", RDS User Guide
_OTHERS = ("shared", "public", "awsbackup")
_NOBODY = "Accounts share nothing here."
_FILTERS: Mapping[str, Callable[[Snapshot], tuple[str, ...]]] = {
    "db-instance-id": lambda snapshot: (snapshot.instance,),
    "db-snapshot-id": lambda snapshot: (snapshot.identifier, snapshot.arn),
    "dbi-resource-id": lambda snapshot: (snapshot.resource_id,),
    "snapshot-type": lambda snapshot: (snapshot.kind,),
    "engine": lambda _: ("postgres",),
}


class SnapshotOperations(OptionGroupOperations):
    """Handlers of DB snapshots."""

    @operation("DBSnapshotIdentifier DBInstanceIdentifier Tags(Key Value)")
    def create_db_snapshot(self, call: Call, request: CreateDBSnapshotMessageTypeDef) -> dict[str, Any]:
        """Of an instance that is available ("CreateDBSnapshot", Amazon RDS API Reference)."""
        instance = self.known(request["DBInstanceIdentifier"])
        tags = TAGS.read(request.get("Tags"), own(call))
        if status(instance, self.instances.actual(instance.identifier)) != "available":
            raise AwsError(
                "InvalidDBInstanceState",
                f"Cannot create a snapshot because the database instance {instance.identifier} is not currently in "
                "the available state.",
            )
        snapshot = self.begin_snapshot("DBSnapshotIdentifier", request["DBSnapshotIdentifier"], instance, tags)
        return {"DBSnapshot": shape(snapshot)}

    def begin_snapshot(
        self, member: str, identifier: str, instance: Instance, tags: Mapping[str, str] | None = None
    ) -> Snapshot:
        """The record of one that is to be taken; the instance's tags are its own where CopyTagsToSnapshot says so."""
        name = self._new_snapshot(member, identifier)
        copied = instance.tags if instance.settings.get("CopyTagsToSnapshot") else {}
        tags = TAGS.merged(dict(copied), dict(tags or {}))
        return self.instances.begin_snapshot(instance, name, MANUAL, self.clock.now(), tags)

    def _new_snapshot(self, member: str, identifier: str) -> str:
        name = identifier.lower()
        check_identifier(member, name, 255)
        if self.instances.snapshot(name) is not None:
            raise AwsError(
                "DBSnapshotAlreadyExists",
                f"Cannot create the snapshot because a snapshot with the identifier {name} already exists.",
            )
        if len(self.instances.snapshots.where("kind", MANUAL)) >= _MOST_MANUAL:
            raise AwsError("SnapshotQuotaExceeded", f"The account has {_MOST_MANUAL} manual DB snapshots already.")
        return name

    @operation(
        "DBInstanceIdentifier DBSnapshotIdentifier SnapshotType Filters(Name Values) MaxRecords Marker DbiResourceId",
        neutral={"IncludeShared": _NOBODY, "IncludePublic": _NOBODY},
    )
    def describe_db_snapshots(self, call: Call, request: DescribeDBSnapshotsMessageTypeDef) -> dict[str, Any]:
        """All of the account's, or those that a request asks for."""
        if "DBSnapshotIdentifier" in request:
            found = [self.snapshot(call, request["DBSnapshotIdentifier"])]
        else:
            kept = [one for one in self.instances.snapshots if one.status != DELETING]
            found = sorted(kept, key=lambda snapshot: snapshot.identifier)
        kind = request.get("SnapshotType")
        if kind is not None and kind not in (MANUAL, AUTOMATED, *_OTHERS):
            raise invalid(f"Invalid snapshot type: {kind}. Valid values are automated, manual, shared, public.")
        wanted = {
            "db-instance-id": [request["DBInstanceIdentifier"].lower()] if "DBInstanceIdentifier" in request else None,
            "dbi-resource-id": [request["DbiResourceId"]] if "DbiResourceId" in request else None,
            "snapshot-type": [kind] if kind else None,
        }
        conditions = [(name, values) for name, values in wanted.items() if values is not None]
        for name, values in [*conditions, *((each["Name"], each["Values"]) for each in request.get("Filters", []))]:
            if name not in _FILTERS:
                raise invalid(f"Unrecognized filter name: {name}")
            found = [snapshot for snapshot in found if {*values} & {*_FILTERS[name](snapshot)}]
        shown, marker = page(found, request, lambda snapshot: snapshot.identifier)
        return {"DBSnapshots": [shape(one) for one in shown], **({"Marker": marker} if marker else {})}

    @operation("DBSnapshotIdentifier")
    def describe_db_snapshot_attributes(
        self, call: Call, request: DescribeDBSnapshotAttributesMessageTypeDef
    ) -> dict[str, Any]:
        """Who may restore it: nobody besides the account."""
        snapshot = self.snapshot(call, request["DBSnapshotIdentifier"])
        attributes = [{"AttributeName": "restore", "AttributeValues": []}]
        told = {"DBSnapshotIdentifier": snapshot.identifier, "DBSnapshotAttributes": attributes}
        return {"DBSnapshotAttributesResult": told}

    @operation("DBSnapshotIdentifier")
    def delete_db_snapshot(self, call: Call, request: DeleteDBSnapshotMessageTypeDef) -> dict[str, Any]:
        """Of one that is whole, or never will be ("DeleteDBSnapshot", Amazon RDS API Reference)."""
        snapshot = self.snapshot(call, request["DBSnapshotIdentifier"])
        if snapshot.kind == AUTOMATED:
            raise _state(
                f"The snapshot {snapshot.identifier} is an automated one. RDS deletes it itself after "
                "BackupRetentionPeriod days, or with its DB instance."
            )
        if snapshot.status not in (AVAILABLE, FAILED):
            raise _state(f"Cannot delete the snapshot {snapshot.identifier} because it is {snapshot.status}.")
        if self.instances.snapshots.has("copied", snapshot.arn):
            raise _state(f"Cannot delete the snapshot {snapshot.identifier} because it is being copied.")
        for restored in self.instances.table.where("restoring", snapshot.folder):
            raise self.instances.snapshots.schema.refusal(snapshot, restored.identifier)
        self.instances.snapshots.put(replace(snapshot, status=DELETING))
        return {"DBSnapshot": {**shape(snapshot), "Status": "deleted"}}

    def delete_automated(self, instance: Instance) -> None:
        """RDS's own snapshots of an instance, as its deletion does ("DeleteAutomatedBackups")."""
        for snapshot in self.instances.snapshots.where("resource", instance.resource_id):
            if snapshot.kind == AUTOMATED and not self.instances.table.has("restoring", snapshot.folder):
                self.instances.snapshots.put(replace(snapshot, status=DELETING))

    @operation(
        "SourceDBSnapshotIdentifier TargetDBSnapshotIdentifier KmsKeyId Tags(Key Value) CopyTags OptionGroupName "
        "SnapshotTarget TagSpecifications(ResourceType Tags(Key Value))",
        neutral={
            "PreSignedUrl": "It lets another region read the snapshot; this one has it.",
            "CopyOptionGroup": "PostgreSQL has no option groups but the default ones, which are everywhere.",
        },
        refused=dict.fromkeys(
            ("TargetCustomAvailabilityZone", "SnapshotAvailabilityZone"), "Leave it out: there are no Local Zones here."
        ),
        only={"SnapshotTarget": ("region",), "TagSpecifications.ResourceType": ("snapshot", "db-snapshot")},
    )
    async def copy_db_snapshot(self, call: Call, request: CopyDBSnapshotMessageTypeDef) -> dict[str, Any]:
        """An automated snapshot's copy is a manual one ("Copying a DB snapshot", Amazon RDS User Guide)."""
        await secret.check_key(self.apis, request.get("KmsKeyId", ""))
        tags = TAGS.read(asked_tags(request), own(call))
        with self.documents.transaction():
            source = self.snapshot(call, request["SourceDBSnapshotIdentifier"])
            if source.status != AVAILABLE:
                raise _state(f"The source snapshot {source.identifier} is not in available state.")
            self.chosen_options(call, request.get("OptionGroupName", ""), source.engine_version)
            name = self._new_snapshot("TargetDBSnapshotIdentifier", request["TargetDBSnapshotIdentifier"])
            settings = dict(source.settings)
            if request.get("KmsKeyId"):
                settings |= {"StorageEncrypted": True, "KmsKeyId": request["KmsKeyId"]}
            made = replace(
                source,
                identifier=name,
                arn=arn("rds", f"snapshot:{name}", call.account, call.region),
                folder=identifiers.hexadecimal("snap"),
                kind=MANUAL,
                created=self.clock.now(),
                asked=source.created,
                status=CREATING,
                source=source.arn,
                size=0,
                settings=settings,
                tags=TAGS.merged(dict(source.tags) if request.get("CopyTags") else {}, tags),
            )
            self.instances.snapshots.put(made)
        return {"DBSnapshot": shape(made)}

    def snapshot(self, call: Call, identifier: str) -> Snapshot:
        """By identifier or ARN of this account; DBSnapshotNotFound when there is none."""
        name = identifier.removeprefix(arn("rds", "snapshot:", call.account, call.region)).lower()
        found = self.instances.snapshot(name)
        if found is None:
            raise AwsError("DBSnapshotNotFound", f"DBSnapshot {identifier} not found.", 404)
        return found


def _state(message: str) -> AwsError:
    return AwsError("InvalidDBSnapshotState", message)


def shape(snapshot: Snapshot) -> dict[str, Any]:
    """The DBSnapshot shape."""
    settings = snapshot.settings
    told: dict[str, Any] = {
        "DBSnapshotIdentifier": snapshot.identifier,
        "DBInstanceIdentifier": snapshot.instance,
        "Engine": "postgres",
        "Status": snapshot.status,
        "Port": snapshot.port,
        "AvailabilityZone": snapshot.zone,
        "VpcId": snapshot.vpc,
        "InstanceCreateTime": snapshot.instance_created,
        "MasterUsername": snapshot.master,
        "EngineVersion": snapshot.engine_version,
        "SnapshotType": snapshot.kind,
        "OptionGroupName": f"default:postgres-{snapshot.engine_version.partition('.')[0]}",
        "PercentProgress": 100 if snapshot.status == AVAILABLE else 0,
        "Encrypted": bool(settings.get("StorageEncrypted")),
        "DBSnapshotArn": snapshot.arn,
        "IAMDatabaseAuthenticationEnabled": False,
        "ProcessorFeatures": [],
        "DbiResourceId": snapshot.resource_id,
        "TagList": [{"Key": key, "Value": value} for key, value in snapshot.tags.items()],
        "SnapshotTarget": "region",
        "MultiTenant": False,
        "DedicatedLogVolume": False,
        "BackupRetentionPeriod": settings["BackupRetentionPeriod"],
        "PreferredBackupWindow": settings["PreferredBackupWindow"],
    }
    names = ("AllocatedStorage", "StorageType", "LicenseModel", "Iops", "StorageThroughput", "KmsKeyId")
    told |= {name: settings[name] for name in names if name in settings}
    if snapshot.status != CREATING:
        told |= {"SnapshotCreateTime": snapshot.created, "OriginalSnapshotCreateTime": snapshot.created}
    if snapshot.source:
        told |= {"SourceDBSnapshotIdentifier": snapshot.source, "OriginalSnapshotCreateTime": snapshot.asked}
    if snapshot.size:
        told["FullSnapshotSizeInBytes"] = snapshot.size
    return told
