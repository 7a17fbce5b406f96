"""DB instances that are made of a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netflux.aws.rds import monitoring, secret, storage
from netflux.aws.rds import request as asked
from netflux.aws.rds.dbinstance import InstanceOperations
from netflux.aws.rds.installation import choose
from netflux.aws.rds.part import TAGS, check_identifier, own
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import capitals
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.rds import AVAILABLE, Instance, Snapshot

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import RestoreDBInstanceFromDBSnapshotMessageTypeDef

_NOT_INHERITED = (
    "DeletionProtection", "PubliclyAccessible", "MonitoringInterval", "MonitoringRoleArn",
    "EnabledCloudwatchLogsExports", "PerformanceInsightsEnabled", "PerformanceInsightsRetentionPeriod",
    "PerformanceInsightsKMSKeyId",
)  # fmt: skip
_ONLY = ("MultiAZ", "Engine", "LicenseModel", "EnableIAMDatabaseAuthentication", "NetworkType", "DedicatedLogVolume")


class RestoreOperations(InstanceOperations):
    """The handler."""

    @operation(
        "DBInstanceIdentifier DBSnapshotIdentifier DBInstanceClass Port AvailabilityZone DBSubnetGroupName MultiAZ "
        "PubliclyAccessible AutoMinorVersionUpgrade LicenseModel Engine Iops StorageThroughput OptionGroupName "
        "Tags(Key Value) StorageType VpcSecurityGroupIds CopyTagsToSnapshot EnableIAMDatabaseAuthentication "
        "EnableCloudwatchLogsExports DBParameterGroupName DeletionProtection EnableCustomerOwnedIp NetworkType "
        "BackupTarget AllocatedStorage BackupRetentionPeriod PreferredBackupWindow DedicatedLogVolume "
        "CACertificateIdentifier EngineLifecycleSupport TagSpecifications(ResourceType Tags(Key Value)) "
        "ManageMasterUserPassword MasterUserSecretKmsKeyId",
        refused={
            **asked.refused(asked.NOT_AT_RESTORE),
            "DBName": "Leave it out: AWS does not take it for PostgreSQL, whose databases are in the snapshot.",
        },
        only={
            **{name: asked.ONLY[name] for name in (*_ONLY, "EnableCustomerOwnedIp", "TagSpecifications.ResourceType")},
            "BackupTarget": ("region",),
        },
    )
    async def restore_db_instance_from_db_snapshot(
        self, call: Call, request: RestoreDBInstanceFromDBSnapshotMessageTypeDef
    ) -> dict[str, Any]:
        """With the snapshot's data, roles and passwords, and the default groups where none is named
        ("Restoring to a DB instance", Amazon RDS User Guide).
        """
        check_identifier("DBInstanceIdentifier", request["DBInstanceIdentifier"], 63)
        snapshot = self.snapshot(call, request.get("DBSnapshotIdentifier", ""))
        if snapshot.status != AVAILABLE:
            raise AwsError("InvalidDBSnapshotState", f"The snapshot {snapshot.identifier} is not in available state.")
        settings = _settings(snapshot, request)
        settings |= monitoring.settings(request, {})
        monitoring.check(settings)
        asked.check_common({**settings, **request})
        storage.check(settings)
        asked.check_windows(settings)
        tags = TAGS.read(asked.tags(request), own(call))
        subnets, subnet = self.place(call, request)
        groups = self.security_groups(request.get("VpcSecurityGroupIds") or (), subnets.vpc)
        key = request.get("MasterUserSecretKmsKeyId", "")
        await secret.check_key(self.apis, key)
        identifier, managed = request["DBInstanceIdentifier"].lower(), bool(request.get("ManageMasterUserPassword"))
        version = self._version(snapshot)
        instance = Instance(
            identifier=identifier,
            arn=f"arn:aws:rds:{call.region}:{call.account}:db:{identifier}",
            resource_id=capitals("db-", 26),
            created=self.clock.now().isoformat(),
            engine_version=version,
            master=snapshot.master,
            database=snapshot.database,
            port=request.get("Port", snapshot.port),
            subnet_group=subnets.name,
            subnet=subnet.id,
            zone=subnet.zone,
            groups=groups,
            settings=settings,
            secret=secret.name() if managed else "",
            secret_key=key,
            secret_new=managed,
            tags=tags,
            restored=snapshot.folder,
        )
        self._keep_restored(call, request, instance)
        return self.answer(call, identifier)

    def _keep_restored(self, call: Call, request: Mapping[str, Any], instance: Instance) -> None:
        """The record, while the snapshot is there still."""
        with self.documents.transaction():
            self.snapshot(call, request["DBSnapshotIdentifier"])
            self.keep(self.with_parameters(call, request, instance))

    def _version(self, snapshot: Snapshot) -> str:
        """Files of a major version are read by that one only."""
        major = snapshot.engine_version.partition(".")[0]
        found = choose(snapshot.engine_version, self.installations) or choose(major, self.installations)
        if found is None:
            raise AwsError(
                "InvalidParameterCombination",
                f"Cannot find version {snapshot.engine_version} for postgres: the snapshot {snapshot.identifier} needs "
                f"PostgreSQL {major}, which this machine no longer has. Install it again.",
            )
        return found.version


def _settings(snapshot: Snapshot, request: Mapping[str, Any]) -> dict[str, Any]:
    """The request's, then the snapshot's, then RDS's defaults."""
    inherited = {name: value for name, value in snapshot.settings.items() if name not in _NOT_INHERITED}
    given = {name: request[name] for name in asked.RECORDED if name in request}
    if given.get("StorageType", inherited["StorageType"]) != inherited["StorageType"]:
        inherited = {name: value for name, value in inherited.items() if name not in ("Iops", "StorageThroughput")}
    defaults = {name: value for name, value in asked.RECORDED.items() if value is not None}
    return {**defaults, **inherited, **given}
