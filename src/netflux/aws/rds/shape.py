"""DB instances and engine versions in the shapes of the RDS API: pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from netflux.aws.rds import configuration
from netflux.aws.rds.configuration import Parameters
from netflux.aws.rds.decide import owes_password, status
from netflux.aws.rds.installation import Installation
from netflux.aws.rds.instance import Actual
from netflux.resources.rds import Instance

HOSTED_ZONE = "Z2R2ITUGPM61AM"
"""HostedZoneId of RDS endpoints in us-east-1."""


def db_instance(
    instance: Instance, actual: Actual, subnet_group: Mapping[str, Any], address: str, parameters: Parameters
) -> dict[str, Any]:
    """The DBInstance shape.

    Args:
        subnet_group: the DBSubnetGroup shape.
        address: name of the endpoint, shown only once a client has logged in there.
        parameters: its group's.
    """
    major = instance.engine_version.partition(".")[0]
    shown: dict[str, Any] = {
        "DBInstanceIdentifier": instance.identifier,
        "Engine": "postgres",
        "DBInstanceStatus": status(instance, actual),
        "MasterUsername": instance.master,
        "InstanceCreateTime": datetime.fromisoformat(instance.created),
        "DBSecurityGroups": [],
        "VpcSecurityGroups": _groups(instance, actual),
        "DBParameterGroups": [
            {
                "DBParameterGroupName": instance.parameter_group or f"default.postgres{major}",
                "ParameterApplyStatus": configuration.status(instance, actual, parameters),
            }
        ],
        "AvailabilityZone": instance.zone,
        "DBSubnetGroup": dict(subnet_group),
        "PendingModifiedValues": dict(instance.pending),
        "MultiAZ": False,
        "EngineVersion": instance.engine_version,
        "ReadReplicaDBInstanceIdentifiers": [],
        "OptionGroupMemberships": [
            {"OptionGroupName": instance.option_group or f"default:postgres-{major}", "Status": "in-sync"}
        ],
        "DbInstancePort": 0,
        "DbiResourceId": instance.resource_id,
        "DomainMemberships": [],
        "MonitoringInterval": 0,
        "DBInstanceArn": instance.arn,
        "IAMDatabaseAuthenticationEnabled": False,
        "DatabaseInsightsMode": "standard",
        "PerformanceInsightsEnabled": False,
        "AssociatedRoles": [],
        "TagList": [{"Key": key, "Value": value} for key, value in instance.tags.items()],
        "CustomerOwnedIpEnabled": False,
        "NetworkType": "IPV4",
        "ActivityStreamStatus": "stopped",
        "BackupTarget": "region",
        "StorageThroughput": 0,
        "DedicatedLogVolume": False,
        "MultiTenant": False,
        **instance.settings,
    }
    if instance.settings.get("MonitoringInterval"):
        region, account = instance.arn.split(":")[3:5]
        stream = f"log-group:RDSOSMetrics:log-stream:{instance.resource_id}"
        shown["EnhancedMonitoringResourceArn"] = f"arn:aws:logs:{region}:{account}:{stream}"
    if instance.database:
        shown["DBName"] = instance.database
    if instance.prepared:
        shown["Endpoint"] = {"Address": address, "Port": instance.port, "HostedZoneId": HOSTED_ZONE}
    if instance.secret_arn:
        state = ("rotating" if instance.prepared else "creating") if owes_password(instance) else "active"
        shown["MasterUserSecret"] = {"SecretArn": instance.secret_arn, "SecretStatus": state}
        if instance.secret_key:
            shown["MasterUserSecret"]["KmsKeyId"] = instance.secret_key
    return shown


def _groups(instance: Instance, actual: Actual) -> list[dict[str, str]]:
    """Those of its network interface are active."""
    states = {group: "active" if group in actual.groups else "adding" for group in instance.groups}
    states |= {group: "removing" for group in actual.groups if group not in instance.groups}
    return [{"VpcSecurityGroupId": group, "Status": state} for group, state in states.items()]


def engine_version(installation: Installation) -> dict[str, Any]:
    """The DBEngineVersion shape of a PostgreSQL of this machine."""
    return {
        "Engine": "postgres",
        "MajorEngineVersion": installation.major,
        "EngineVersion": installation.version,
        "DBParameterGroupFamily": f"postgres{installation.major}",
        "DBEngineDescription": "PostgreSQL",
        "DBEngineVersionDescription": f"PostgreSQL {installation.version}",
        "ValidUpgradeTarget": [],
        "ExportableLogTypes": ["postgresql", "upgrade"],
        "SupportsLogExportsToCloudwatchLogs": True,
        "SupportsReadReplica": False,
        "SupportedFeatureNames": [],
        "Status": "available",
        "SupportsParallelQuery": False,
        "SupportsGlobalDatabases": False,
        "SupportsBabelfish": False,
        "SupportedCACertificateIdentifiers": ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"],
        "TagList": [],
    }
