"""What RDS refuses."""

from __future__ import annotations

from typing import Any

from netflux.aws.rds.api import RdsApi
from netflux.aws.rds.installation import installations
from netflux.aws.rds.instance import Instances
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.resources.rds import AUTOMATED, AVAILABLE, MANUAL
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "rds"

_API = "Amazon RDS API Reference"
_CREATE, _MODIFY, _DELETE = f"CreateDBInstance, {_API}", f"ModifyDBInstance, {_API}", f"DeleteDBInstance, {_API}"
_SUBNETS, _CHANGE_SUBNETS = f"CreateDBSubnetGroup, {_API}", f"ModifyDBSubnetGroup, {_API}"
_GROUP, _PARAMETERS, _RESET = (
    f"CreateDBParameterGroup, {_API}", f"ModifyDBParameterGroup, {_API}", f"ResetDBParameterGroup, {_API}",
)  # fmt: skip
_SNAPSHOT, _COPY, _RESTORE = (
    f"CreateDBSnapshot, {_API}", f"CopyDBSnapshot, {_API}", f"RestoreDBInstanceFromDBSnapshot, {_API}",
)  # fmt: skip
_OPTIONS, _EVENTS = f"CreateOptionGroup, {_API}", f"CreateEventSubscription, {_API}"
_STORAGE = "Amazon RDS DB instance storage, Amazon RDS User Guide"
_TAGS = "Tagging Amazon RDS resources, Amazon RDS User Guide"
_VALUE, _COMBINATION = "InvalidParameterValue", "InvalidParameterCombination"


def _subnets(**params: Any) -> dict[str, Any]:
    return {"DBSubnetGroupName": "new", "DBSubnetGroupDescription": "d", "SubnetIds": ["{a}", "{b}"], **params}


def _change(*subnets: str, name: str = "used") -> dict[str, Any]:
    return {"DBSubnetGroupName": name, "SubnetIds": [*subnets]}


def _group(**params: Any) -> dict[str, Any]:
    return {"DBParameterGroupName": "new", "DBParameterGroupFamily": "{family}", "Description": "d", **params}


def _set(name: str, value: str, method: str = "pending-reboot", group: str = "mine") -> dict[str, Any]:
    parameter = {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}
    return {"DBParameterGroupName": group, "Parameters": [parameter]}


def _new(**params: Any) -> dict[str, Any]:
    wanted = {
        "DBInstanceIdentifier": "new", "DBInstanceClass": "db.t4g.micro", "Engine": "postgres",
        "AllocatedStorage": 20, "MasterUsername": "boss", "MasterUserPassword": "correct-horse",
        "DBSubnetGroupName": "used", "VpcSecurityGroupIds": ["{group}"], **params,
    }  # fmt: skip
    return {name: value for name, value in wanted.items() if value is not None}


def _options(**params: Any) -> dict[str, Any]:
    return {"OptionGroupName": "new", "EngineName": "postgres", "MajorEngineVersion": "{major}",
            "OptionGroupDescription": "d", **params}  # fmt: skip


def _subscribed(**params: Any) -> dict[str, Any]:
    return {"SubscriptionName": "new", "SnsTopicArn": "{topic}", **params}


def _restored(snapshot: str = "kept", **params: Any) -> dict[str, Any]:
    return {"DBInstanceIdentifier": "s", "DBSnapshotIdentifier": snapshot, "DBSubnetGroupName": "used", **params}


def _db(**params: Any) -> dict[str, Any]:
    return {"DBInstanceIdentifier": "db", **params}


RULES = [
    Rule("A subnet group is in two availability zones at least.", "CreateDBSubnetGroup",
         _subnets(SubnetIds=["{a}"]), "DBSubnetGroupDoesNotCoverEnoughAZs", _SUBNETS),
    Rule("Two subnets in one availability zone are not enough.", "CreateDBSubnetGroup",
         _subnets(SubnetIds=["{a}", "{a2}"]), "DBSubnetGroupDoesNotCoverEnoughAZs", _SUBNETS),
    Rule("The subnets of a group are in one VPC.", "CreateDBSubnetGroup", _subnets(SubnetIds=["{a}", "{other}"]),
         "InvalidSubnet", _SUBNETS, "different VPCs"),
    Rule("The subnets of a group are there.", "CreateDBSubnetGroup",
         _subnets(SubnetIds=["{a}", "subnet-00000000000000000"]), _VALUE, _SUBNETS, "are invalid"),
    Rule("A group has subnets.", "CreateDBSubnetGroup", _subnets(SubnetIds=[]), _VALUE, _SUBNETS),
    Rule("A subnet group has 20 subnets at most.", "CreateDBSubnetGroup",
         _subnets(SubnetIds=[f"subnet-{number:017x}" for number in range(21)]), "DBSubnetQuotaExceededFault",
         "Quotas and constraints for Amazon RDS, Amazon RDS User Guide"),
    Rule("A subnet group's name is one group's.", "CreateDBSubnetGroup", _subnets(DBSubnetGroupName="Used"),
         "DBSubnetGroupAlreadyExists", _SUBNETS),
    Rule("'default' is RDS's own name.", "CreateDBSubnetGroup", _subnets(DBSubnetGroupName="Default"), _VALUE,
         _SUBNETS),
    Rule("A subnet group's name has no slash.", "CreateDBSubnetGroup", _subnets(DBSubnetGroupName="a/b"), _VALUE,
         _SUBNETS),
    Rule("A subnet group's name has 255 characters at most.", "CreateDBSubnetGroup",
         _subnets(DBSubnetGroupName="a" * 256), _VALUE, _SUBNETS),
    Rule("A subnet group has a description.", "CreateDBSubnetGroup", _subnets(DBSubnetGroupDescription=" "), _VALUE,
         _SUBNETS),
    Rule("A tag's key stands once in a request.", "CreateDBSubnetGroup",
         _subnets(Tags=[{"Key": "k", "Value": "a"}, {"Key": "k", "Value": "b"}]), _VALUE, _TAGS),
    Rule("A subnet group that is told is there.", "DescribeDBSubnetGroups", {"DBSubnetGroupName": "nobody"},
         "DBSubnetGroupNotFoundFault", f"DescribeDBSubnetGroups, {_API}"),
    Rule("A page has 20 records at least.", "DescribeDBSubnetGroups", {"MaxRecords": 19}, _VALUE,
         f"DescribeDBSubnetGroups, {_API}"),
    Rule("A page's marker is one that an answer gave.", "DescribeDBSubnetGroups", {"Marker": "?"}, _VALUE,
         f"DescribeDBSubnetGroups, {_API}"),
    Rule("A subnet group that is changed is there.", "ModifyDBSubnetGroup", _change("{a}", "{b}", name="nobody"),
         "DBSubnetGroupNotFoundFault", _CHANGE_SUBNETS),
    Rule("A subnet group stays in two availability zones.", "ModifyDBSubnetGroup", _change("{a}", "{a2}"),
         "DBSubnetGroupDoesNotCoverEnoughAZs", _CHANGE_SUBNETS),
    Rule("A subnet group stays in its VPC.", "ModifyDBSubnetGroup", _change("{other}", "{other2}"), _VALUE,
         _CHANGE_SUBNETS, "not in the same Vpc"),
    Rule("A subnet stays in the group while a DB instance is in it.", "ModifyDBSubnetGroup",
         _change("{unused}", "{unused2}"), _VALUE, _CHANGE_SUBNETS, "currently in use"),
    Rule("A subnet group stays while a DB instance is in it.", "DeleteDBSubnetGroup", {"DBSubnetGroupName": "used"},
         "InvalidDBSubnetGroupStateFault", f"DeleteDBSubnetGroup, {_API}", "still using it"),
    Rule("A subnet group that is deleted is there.", "DeleteDBSubnetGroup", {"DBSubnetGroupName": "nobody"},
         "DBSubnetGroupNotFoundFault", f"DeleteDBSubnetGroup, {_API}"),
    Rule("A parameter group is of a family that there is.", "CreateDBParameterGroup",
         _group(DBParameterGroupFamily="postgres10.7"), _VALUE, _GROUP, "not a valid parameter group family"),
    Rule("A parameter group's name is one group's.", "CreateDBParameterGroup", _group(DBParameterGroupName="MINE"),
         "DBParameterGroupAlreadyExists", _GROUP),
    Rule("A parameter group's name begins with a letter.", "CreateDBParameterGroup",
         _group(DBParameterGroupName="1mine"), _VALUE, _GROUP, "identifier"),
    Rule("A parameter group's name has no two hyphens in a row.", "CreateDBParameterGroup",
         _group(DBParameterGroupName="mi--ne"), _VALUE, _GROUP),
    Rule("A parameter group's name has no hyphen at its end.", "CreateDBParameterGroup",
         _group(DBParameterGroupName="mine-"), _VALUE, _GROUP),
    Rule("A parameter group's name has no underscore.", "CreateDBParameterGroup",
         _group(DBParameterGroupName="mi_ne"), _VALUE, _GROUP),
    Rule("A default parameter group's name is RDS's own.", "CreateDBParameterGroup",
         _group(DBParameterGroupName="default.mine"), _VALUE, _GROUP),
    Rule("A default parameter group is there already.", "CreateDBParameterGroup",
         _group(DBParameterGroupName="default.{family}"), "DBParameterGroupAlreadyExists", _GROUP),
    Rule("A parameter group has a description.", "CreateDBParameterGroup", _group(Description=""), _VALUE, _GROUP),
    Rule("A parameter that is set is PostgreSQL's.", "ModifyDBParameterGroup", _set("character_set_server", "utf8"),
         _VALUE, _PARAMETERS, "Could not find parameter with name: character_set_server"),
    Rule("A whole number is one.", "ModifyDBParameterGroup", _set("max_connections", "many"), _VALUE, _PARAMETERS,
         "allowed values are: 1-262143"),
    Rule("A number is in the parameter's own unit, without one.", "ModifyDBParameterGroup", _set("work_mem", "4MB"),
         _VALUE, _PARAMETERS, "allowed values are: 64-2147483647"),
    Rule("A number is in its range.", "ModifyDBParameterGroup", _set("work_mem", "12"), _VALUE, _PARAMETERS,
         "outside the valid range"),
    Rule("A number with a fraction is one.", "ModifyDBParameterGroup", _set("random_page_cost", "cheap"), _VALUE,
         _PARAMETERS),
    Rule("A switch is 0 or 1.", "ModifyDBParameterGroup", _set("autovacuum", "sometimes"), _VALUE, _PARAMETERS,
         "allowed values are: 0,1"),
    Rule("A choice is one of its values.", "ModifyDBParameterGroup", _set("log_statement", "some"), _VALUE,
         _PARAMETERS, "none,ddl,mod,all"),
    Rule("A time zone is one.", "ModifyDBParameterGroup", _set("timezone", "Europe/Nowhere"), _VALUE, _PARAMETERS,
         "PostgreSQL: invalid value"),
    Rule("A library that is loaded is there.", "ModifyDBParameterGroup",
         _set("shared_preload_libraries", "pg_nothing"), _VALUE, _PARAMETERS, "pg_nothing"),
    Rule("Where the server listens is RDS's own.", "ModifyDBParameterGroup", _set("listen_addresses", "*"), _VALUE,
         _PARAMETERS, "cannot be modified"),
    Rule("A static parameter waits for a reboot.", "ModifyDBParameterGroup",
         _set("max_connections", "200", "immediate"), _COMBINATION, _PARAMETERS, "immediate apply method for static"),
    Rule("A change is immediate or waits for a reboot.", "ModifyDBParameterGroup", _set("work_mem", "64", "soon"),
         _VALUE, _PARAMETERS),
    Rule("A change says what the value is.", "ModifyDBParameterGroup",
         {"DBParameterGroupName": "mine",
          "Parameters": [{"ParameterName": "work_mem", "ApplyMethod": "immediate"}]}, _VALUE, _PARAMETERS),
    Rule("A request changes 20 parameters at most.", "ModifyDBParameterGroup",
         {"DBParameterGroupName": "mine",
          "Parameters": [{"ParameterName": f"p{n}", "ParameterValue": "1", "ApplyMethod": "pending-reboot"}
                         for n in range(21)]}, _VALUE, _PARAMETERS, "20"),
    Rule("A request changes a parameter once.", "ModifyDBParameterGroup",
         {"DBParameterGroupName": "mine", "Parameters": _set("work_mem", "64")["Parameters"] * 2}, _VALUE, _PARAMETERS,
         "twice"),
    Rule("A default parameter group is not changed.", "ModifyDBParameterGroup",
         _set("work_mem", "64", group="default.{family}"), _VALUE, _PARAMETERS, "default parameter group"),
    Rule("A parameter group that is changed is there.", "ModifyDBParameterGroup",
         _set("work_mem", "64", group="nobody"), "DBParameterGroupNotFound", _PARAMETERS),
    Rule("All parameters are reset, or those that are named.", "ResetDBParameterGroup",
         {"DBParameterGroupName": "mine", "ResetAllParameters": True,
          "Parameters": [{"ParameterName": "work_mem", "ApplyMethod": "immediate"}]}, _COMBINATION, _RESET),
    Rule("A reset says of what.", "ResetDBParameterGroup", {"DBParameterGroupName": "mine"}, _VALUE, _RESET),
    Rule("A parameter that is reset is PostgreSQL's.", "ResetDBParameterGroup",
         {"DBParameterGroupName": "mine", "Parameters": [{"ParameterName": "x", "ApplyMethod": "immediate"}]}, _VALUE,
         _RESET),
    Rule("A default parameter group is not reset.", "ResetDBParameterGroup",
         {"DBParameterGroupName": "default.{family}", "ResetAllParameters": True}, _VALUE, _RESET),
    Rule("A parameter group that is copied is there.", "CopyDBParameterGroup",
         {"SourceDBParameterGroupIdentifier": "nobody", "TargetDBParameterGroupIdentifier": "copy",
          "TargetDBParameterGroupDescription": "d"}, "DBParameterGroupNotFound", f"CopyDBParameterGroup, {_API}"),
    Rule("A copy's name is one group's.", "CopyDBParameterGroup",
         {"SourceDBParameterGroupIdentifier": "default.{family}", "TargetDBParameterGroupIdentifier": "mine",
          "TargetDBParameterGroupDescription": "d"}, "DBParameterGroupAlreadyExists", f"CopyDBParameterGroup, {_API}"),
    Rule("A parameter group stays while a DB instance is in it.", "DeleteDBParameterGroup",
         {"DBParameterGroupName": "mine"}, "InvalidDBParameterGroupState", f"DeleteDBParameterGroup, {_API}"),
    Rule("A default parameter group stays.", "DeleteDBParameterGroup", {"DBParameterGroupName": "default.{family}"},
         "InvalidDBParameterGroupState", f"DeleteDBParameterGroup, {_API}"),
    Rule("A parameter group that is told is there.", "DescribeDBParameterGroups", {"DBParameterGroupName": "nobody"},
         "DBParameterGroupNotFound", f"DescribeDBParameterGroups, {_API}"),
    Rule("Parameters are told of a group that is there.", "DescribeDBParameters", {"DBParameterGroupName": "nobody"},
         "DBParameterGroupNotFound", f"DescribeDBParameters, {_API}"),
    Rule("Parameters come from the user, the system or the engine.", "DescribeDBParameters",
         {"DBParameterGroupName": "mine", "Source": "nobody"}, _VALUE, f"DescribeDBParameters, {_API}"),
    Rule("An engine's defaults are told of a family that there is.", "DescribeEngineDefaultParameters",
         {"DBParameterGroupFamily": "oracle"}, _VALUE, f"DescribeEngineDefaultParameters, {_API}"),
    Rule("A DB instance's security groups are in its VPC.", "CreateDBInstance",
         _new(VpcSecurityGroupIds=["{strange}"]), _COMBINATION, _CREATE, "different VPCs"),
    Rule("A DB instance's security groups are there.", "CreateDBInstance",
         _new(VpcSecurityGroupIds=["sg-00000000000000000"]), _VALUE, _CREATE),
    Rule("General purpose storage has 20 GiB at least.", "CreateDBInstance",
         _new(AllocatedStorage=5, StorageType="gp2"), _VALUE, _STORAGE, "Invalid storage size"),
    Rule("Storage has 20 GiB at least where its type is not given.", "CreateDBInstance", _new(AllocatedStorage=5),
         _VALUE, _STORAGE, "Invalid storage size"),
    Rule("Storage has 65536 GiB at most.", "CreateDBInstance", _new(AllocatedStorage=65537), _VALUE, _STORAGE),
    Rule("Provisioned IOPS storage has 100 GiB at least.", "CreateDBInstance",
         _new(StorageType="io1", Iops=1000, AllocatedStorage=50), _VALUE, _STORAGE),
    Rule("Provisioned IOPS storage says how many.", "CreateDBInstance",
         _new(StorageType="io1", AllocatedStorage=100), _COMBINATION, _STORAGE),
    Rule("A type of storage is one of RDS's.", "CreateDBInstance", _new(StorageType="floppy"), _VALUE, _CREATE),
    Rule("gp2 has no IOPS of one's own.", "CreateDBInstance", _new(StorageType="gp2", Iops=3000), _COMBINATION,
         _STORAGE),
    Rule("gp3 has IOPS of one's own from 400 GiB on.", "CreateDBInstance", _new(StorageType="gp3", Iops=12000),
         _COMBINATION, _STORAGE),
    Rule("Storage grows to more than there is.", "CreateDBInstance", _new(MaxAllocatedStorage=20), _COMBINATION,
         _CREATE),
    Rule("A name is one DB instance's.", "CreateDBInstance", _new(DBInstanceIdentifier="DB"),
         "DBInstanceAlreadyExists", _CREATE),
    Rule("A name begins with a letter.", "CreateDBInstance", _new(DBInstanceIdentifier="1db"), _VALUE, _CREATE),
    Rule("A name has 63 characters at most.", "CreateDBInstance", _new(DBInstanceIdentifier="a" * 64), _VALUE,
         _CREATE),
    Rule("A DB instance has a master user.", "CreateDBInstance", _new(MasterUsername=None), "MissingParameter",
         _CREATE),
    Rule("A PostgreSQL master user's name has 63 characters at most.", "CreateDBInstance",
         _new(MasterUsername="b" * 64), _VALUE, _CREATE, "1 to 63"),
    Rule("rdsadmin is RDS's own user.", "CreateDBInstance", _new(MasterUsername="rdsadmin"), _VALUE, _CREATE,
         "reserved word"),
    Rule("A password has 8 characters at least.", "CreateDBInstance", _new(MasterUserPassword="short"), _VALUE,
         _CREATE),
    Rule("A password has no slash, at sign, quotation mark or space.", "CreateDBInstance",
         _new(MasterUserPassword="correct/horse"), _VALUE, _CREATE),
    Rule("A password is given or managed.", "CreateDBInstance", _new(ManageMasterUserPassword=True), _COMBINATION,
         _CREATE),
    Rule("A key for the secret goes with a managed password.", "CreateDBInstance",
         _new(MasterUserSecretKmsKeyId="alias/x"), _COMBINATION, _CREATE),
    Rule("The key for the secret is there.", "CreateDBInstance",
         _new(MasterUserPassword=None, ManageMasterUserPassword=True, MasterUserSecretKmsKeyId="alias/nobody"),
         "KMSKeyNotAccessibleFault", _CREATE),
    Rule("A key for the storage goes with encrypted storage.", "CreateDBInstance", _new(KmsKeyId="alias/x"),
         _COMBINATION, _CREATE),
    Rule("The database postgres is there always.", "CreateDBInstance", _new(DBName="postgres"), _VALUE, _CREATE),
    Rule("A database's name begins with a letter.", "CreateDBInstance", _new(DBName="1x"), _VALUE, _CREATE),
    Rule("A port is from 1150 to 65535.", "CreateDBInstance", _new(Port=80), _VALUE, _CREATE),
    Rule("Backups are kept for 35 days at most.", "CreateDBInstance", _new(BackupRetentionPeriod=36), _VALUE, _CREATE),
    Rule("A certificate authority is one of RDS's.", "CreateDBInstance", _new(CACertificateIdentifier="mine"),
         "CertificateNotFound", _CREATE),
    Rule("A class is one.", "CreateDBInstance", _new(DBInstanceClass="t4g.micro"), _VALUE, _CREATE),
    Rule("A version is one that there is.", "CreateDBInstance", _new(EngineVersion="9.6"), _COMBINATION, _CREATE,
         "Cannot find version 9.6 for postgres"),
    Rule("A subnet group that an instance is put into is there.", "CreateDBInstance",
         _new(DBSubnetGroupName="nobody"), "DBSubnetGroupNotFoundFault", _CREATE),
    Rule("The subnet group is in the zone that is asked for.", "CreateDBInstance",
         _new(AvailabilityZone="us-east-1f"), "InvalidVPCNetworkStateFault", _CREATE),
    Rule("A parameter group of an instance is there.", "CreateDBInstance", _new(DBParameterGroupName="nobody"),
         "DBParameterGroupNotFound", _CREATE),
    Rule("An option group of an instance is there.", "CreateDBInstance", _new(OptionGroupName="nobody"),
         "OptionGroupNotFoundFault", _CREATE),
    Rule("A backup window is two times of a day.", "CreateDBInstance", _new(PreferredBackupWindow="night"), _VALUE,
         _CREATE),
    Rule("A backup window has 30 minutes at least.", "CreateDBInstance",
         _new(PreferredBackupWindow="04:00-04:10"), _VALUE, _CREATE),
    Rule("A maintenance window is two times of a week.", "CreateDBInstance",
         _new(PreferredMaintenanceWindow="04:00-05:00"), _VALUE, _CREATE),
    Rule("Backup and maintenance windows don't overlap.", "CreateDBInstance",
         _new(PreferredBackupWindow="04:00-05:00", PreferredMaintenanceWindow="mon:04:30-mon:05:30"), _COMBINATION,
         _CREATE),
    Rule("A tag's key stands once in specified tags too.", "CreateDBInstance",
         _new(TagSpecifications=[{"ResourceType": "db-instance", "Tags": [{"Key": "k"}, {"Key": "k"}]}]), _VALUE,
         _TAGS),
    Rule("An instance that is not available is not changed.", "ModifyDBInstance", _db(AllocatedStorage=30),
         "InvalidDBInstanceState", _MODIFY),
    Rule("An instance that is changed is there.", "ModifyDBInstance", {"DBInstanceIdentifier": "nobody"},
         "DBInstanceNotFound", _MODIFY),
    Rule("An instance that is not available is not stopped.", "StopDBInstance", _db(), "InvalidDBInstanceState",
         f"StopDBInstance, {_API}"),
    Rule("An instance that is not stopped is not started.", "StartDBInstance", _db(), "InvalidDBInstanceState",
         f"StartDBInstance, {_API}"),
    Rule("An instance that is not available is not rebooted.", "RebootDBInstance", _db(), "InvalidDBInstanceState",
         f"RebootDBInstance, {_API}"),
    Rule("An instance in one zone can't fail over.", "RebootDBInstance", _db(ForceFailover=True), _COMBINATION,
         f"RebootDBInstance, {_API}"),
    Rule("A protected instance stays.", "DeleteDBInstance", _db(SkipFinalSnapshot=True), _COMBINATION, _DELETE,
         "deletion protection"),
    Rule("A final snapshot is skipped or has a name.", "DeleteDBInstance", _db(), _COMBINATION, _DELETE),
    Rule("A final snapshot that is skipped has no name.", "DeleteDBInstance",
         _db(SkipFinalSnapshot=True, FinalDBSnapshotIdentifier="s"), _COMBINATION, _DELETE),
    Rule("An instance that is told is there.", "DescribeDBInstances", {"DBInstanceIdentifier": "nobody"},
         "DBInstanceNotFound", f"DescribeDBInstances, {_API}"),
    Rule("A filter is one of the known ones.", "DescribeDBInstances",
         {"Filters": [{"Name": "colour", "Values": ["red"]}]}, _VALUE, f"DescribeDBInstances, {_API}"),
    Rule("A snapshot that is told is there.", "DescribeDBSnapshots", {"DBSnapshotIdentifier": "s"},
         "DBSnapshotNotFound", f"DescribeDBSnapshots, {_API}"),
    Rule("An option group that is told is there.", "DescribeOptionGroups", {"OptionGroupName": "nobody"},
         "OptionGroupNotFoundFault", f"DescribeOptionGroups, {_API}"),
    Rule("Events of a source say of which kind it is.", "DescribeEvents", {"SourceIdentifier": "db"}, _COMBINATION,
         f"DescribeEvents, {_API}"),
    Rule("What is tagged has an ARN of RDS's.", "AddTagsToResource",
         {"ResourceName": "db", "Tags": [{"Key": "k", "Value": "v"}]}, _VALUE, _TAGS, "Invalid resource name"),
    Rule("What is tagged is there.", "AddTagsToResource",
         {"ResourceName": "arn:aws:rds:us-east-1:{account}:db:nobody", "Tags": [{"Key": "k", "Value": "v"}]},
         "DBInstanceNotFound", _TAGS),
    Rule("A subnet group whose tags are told is there.", "ListTagsForResource",
         {"ResourceName": "arn:aws:rds:us-east-1:{account}:subgrp:nobody"}, "DBSubnetGroupNotFoundFault", _TAGS),
    Rule("An option group's name has letters, digits and hyphens.", "CreateOptionGroup",
         _options(OptionGroupName="a_b"), _VALUE, _OPTIONS, "not a valid identifier"),
    Rule("An option group has a description.", "CreateOptionGroup", _options(OptionGroupDescription=" "), _VALUE,
         _OPTIONS),
    Rule("An option group is of a version that is there.", "CreateOptionGroup", _options(MajorEngineVersion="9.6"),
         _COMBINATION, _OPTIONS),
    Rule("An option group's name is its own.", "CreateOptionGroup", _options(OptionGroupName="options"),
         "OptionGroupAlreadyExistsFault", _OPTIONS),
    Rule("Option groups are of PostgreSQL here.", "CreateOptionGroup", _options(EngineName="mysql"),
         "UnsupportedOperation", _OPTIONS),
    Rule("PostgreSQL has no options.", "ModifyOptionGroup",
         {"OptionGroupName": "options", "OptionsToInclude": [{"OptionName": "MEMCACHED"}]}, "UnsupportedOperation",
         f"ModifyOptionGroup, {_API}"),
    Rule("A default option group stays.", "DeleteOptionGroup", {"OptionGroupName": "default:{options}"},
         "InvalidOptionGroupStateFault", f"DeleteOptionGroup, {_API}"),
    Rule("An option group with an instance in it stays.", "DeleteOptionGroup", {"OptionGroupName": "options"},
         "InvalidOptionGroupStateFault", f"DeleteOptionGroup, {_API}"),
    Rule("A subscription's topic is there.", "CreateEventSubscription", _subscribed(SnsTopicArn="{topic}x"),
         "SNSTopicArnNotFound", _EVENTS),
    Rule("A subscription's name is its own.", "CreateEventSubscription", _subscribed(SubscriptionName="told"),
         "SubscriptionAlreadyExist", _EVENTS),
    Rule("A subscription's sources say of which type they are.", "CreateEventSubscription",
         _subscribed(SourceIds=["db"]), _COMBINATION, _EVENTS),
    Rule("A subscription's sources are there.", "CreateEventSubscription",
         _subscribed(SourceType="db-instance", SourceIds=["nobody"]), "SourceNotFound", _EVENTS),
    Rule("A subscription's type is a known one.", "CreateEventSubscription", _subscribed(SourceType="colour"), _VALUE,
         _EVENTS),
    Rule("A subscription's categories are of its type.", "CreateEventSubscription",
         _subscribed(SourceType="db-instance", EventCategories=["colour"]), "SubscriptionCategoryNotFound", _EVENTS),
    Rule("A subscription that is changed is there.", "ModifyEventSubscription", {"SubscriptionName": "nobody"},
         "SubscriptionNotFound", f"ModifyEventSubscription, {_API}"),
    Rule("A source that is taken out is in it.", "RemoveSourceIdentifierFromSubscription",
         {"SubscriptionName": "told", "SourceIdentifier": "db"}, "SourceNotFound",
         f"RemoveSourceIdentifierFromSubscription, {_API}"),
    Rule("Enhanced Monitoring has one of seven intervals.", "CreateDBInstance", _new(MonitoringInterval=7), _VALUE,
         _CREATE, "MonitoringInterval"),
    Rule("Enhanced Monitoring has a role.", "CreateDBInstance", _new(MonitoringInterval=60), _COMBINATION, _CREATE,
         "MonitoringRoleARN"),
    Rule("The role of Enhanced Monitoring is there.", "CreateDBInstance",
         _new(MonitoringInterval=60, MonitoringRoleArn="arn:aws:iam::{account}:role/nobody"), _VALUE, _CREATE,
         "ENHANCED_MONITORING"),
    Rule("A log that is exported is PostgreSQL's.", "CreateDBInstance", _new(EnableCloudwatchLogsExports=["audit"]),
         _COMBINATION, _CREATE, "log types"),
    Rule("Performance Insights keep months, a week or two years.", "CreateDBInstance",
         _new(EnablePerformanceInsights=True, PerformanceInsightsRetentionPeriod=8), _VALUE, _CREATE),
    Rule("What Performance Insights keep is said where they are on.", "CreateDBInstance",
         _new(PerformanceInsightsRetentionPeriod=7), _COMBINATION, _CREATE),
    Rule("Clusters are not run here.", "CreateDBCluster", {"DBClusterIdentifier": "c", "Engine": "aurora-postgresql"},
         "UnsupportedOperation", f"CreateDBCluster, {_API}"),
    Rule("A snapshot is of an instance that is there.", "CreateDBSnapshot",
         {"DBSnapshotIdentifier": "s", "DBInstanceIdentifier": "nobody"}, "DBInstanceNotFound", _SNAPSHOT),
    Rule("A snapshot is of an instance that is available.", "CreateDBSnapshot",
         {"DBSnapshotIdentifier": "s", "DBInstanceIdentifier": "db"}, "InvalidDBInstanceState", _SNAPSHOT),
    Rule("A final snapshot is of an instance that has been available.", "DeleteDBInstance",
         {"DBInstanceIdentifier": "open", "FinalDBSnapshotIdentifier": "s"}, "InvalidDBInstanceState", _DELETE,
         "a final snapshot cannot be taken"),
    Rule("A snapshot's name has letters, digits and single hyphens.", "CopyDBSnapshot",
         {"SourceDBSnapshotIdentifier": "kept", "TargetDBSnapshotIdentifier": "a_b"}, _VALUE, _COPY,
         "not a valid identifier"),
    Rule("A snapshot's name is its own.", "CopyDBSnapshot",
         {"SourceDBSnapshotIdentifier": "kept", "TargetDBSnapshotIdentifier": "begun"}, "DBSnapshotAlreadyExists",
         _COPY),
    Rule("A snapshot that is copied is there.", "CopyDBSnapshot",
         {"SourceDBSnapshotIdentifier": "nobody", "TargetDBSnapshotIdentifier": "s"}, "DBSnapshotNotFound", _COPY),
    Rule("A snapshot that is copied is whole.", "CopyDBSnapshot",
         {"SourceDBSnapshotIdentifier": "begun", "TargetDBSnapshotIdentifier": "s"}, "InvalidDBSnapshotState", _COPY),
    Rule("A snapshot that is deleted is there.", "DeleteDBSnapshot", {"DBSnapshotIdentifier": "nobody"},
         "DBSnapshotNotFound", f"DeleteDBSnapshot, {_API}"),
    Rule("A snapshot that is being taken is not deleted.", "DeleteDBSnapshot", {"DBSnapshotIdentifier": "begun"},
         "InvalidDBSnapshotState", f"DeleteDBSnapshot, {_API}"),
    Rule("RDS deletes its own snapshots.", "DeleteDBSnapshot", {"DBSnapshotIdentifier": "rds:db-2026-11-29-06-00"},
         "InvalidDBSnapshotState", f"DeleteDBSnapshot, {_API}"),
    Rule("A snapshot's type is a known one.", "DescribeDBSnapshots", {"SnapshotType": "colour"}, _VALUE,
         f"DescribeDBSnapshots, {_API}"),
    Rule("A restored instance's snapshot is there.", "RestoreDBInstanceFromDBSnapshot", _restored(snapshot="nobody"),
         "DBSnapshotNotFound", _RESTORE),
    Rule("A restored instance's snapshot is whole.", "RestoreDBInstanceFromDBSnapshot", _restored(snapshot="begun"),
         "InvalidDBSnapshotState", _RESTORE),
    Rule("A restored instance's storage is not smaller.", "RestoreDBInstanceFromDBSnapshot",
         _restored(AllocatedStorage=5), _VALUE, _RESTORE, "storage size"),
    Rule("A restored instance's name is its own.", "RestoreDBInstanceFromDBSnapshot",
         _restored(DBInstanceIdentifier="db"), "DBInstanceAlreadyExists", _RESTORE),
    Rule("A restored instance has PostgreSQL's databases already.", "RestoreDBInstanceFromDBSnapshot",
         _restored(DBName="films"), "UnsupportedOperation", _RESTORE),
    Rule("A point in time is not restored here.", "RestoreDBInstanceToPointInTime",
         {"SourceDBInstanceIdentifier": "db", "TargetDBInstanceIdentifier": "s", "UseLatestRestorableTime": True},
         "UnsupportedOperation", f"RestoreDBInstanceToPointInTime, {_API}"),
    Rule("Standby instances are not run here.", "CreateDBInstance", _new(MultiAZ=True), "UnsupportedOperation",
         _CREATE),
]  # fmt: skip
if len(installations()) > 1:
    RULES.append(
        Rule(
            "A parameter group is of the instance's family.",
            "CreateDBInstance",
            _new(DBParameterGroupName="default.{older}"),
            _COMBINATION,
            _CREATE,
            "can't be used for this instance",
        )
    )


_registered: dict[Apis, Instances] = {}


def register(plane: Plane, apis: Apis) -> None:
    _registered.clear()
    _registered[apis] = instances = Instances(plane.documents)
    apis.register(RdsApi(instances, apis, installations(), Clock()))


async def prepare(apis: Apis) -> dict[str, str]:
    async def ec2(operation: str, **params: Any) -> dict[str, Any]:
        return await apis.call("ec2", operation, params)

    async def vpc(block: str) -> str:
        return str((await ec2("CreateVpc", CidrBlock=f"{block}.0.0/16"))["Vpc"]["VpcId"])

    async def subnet(where: str, block: str, zone: str) -> str:
        zoned = {"VpcId": where, "CidrBlock": f"{block}.0/24", "AvailabilityZone": f"us-east-1{zone}"}
        return str((await ec2("CreateSubnet", **zoned))["Subnet"]["SubnetId"])

    async def group(where: str) -> str:
        return str((await ec2("CreateSecurityGroup", GroupName="db", Description="db", VpcId=where))["GroupId"])

    mine, others = await vpc("10.0"), await vpc("10.1")
    names = {
        "a": await subnet(mine, "10.0.1", "a"),
        "a2": await subnet(mine, "10.0.2", "a"),
        "b": await subnet(mine, "10.0.3", "b"),
        "unused": await subnet(mine, "10.0.4", "c"),
        "unused2": await subnet(mine, "10.0.5", "d"),
        "other": await subnet(others, "10.1.1", "a"),
        "other2": await subnet(others, "10.1.2", "b"),
        "group": await group(mine),
        "strange": await group(others),
        "family": f"postgres{installations()[0].major}",
        "older": f"postgres{installations()[-1].major}",
        "account": apis.account,
    }

    async def rds(operation: str, **params: Any) -> None:
        await apis.call(SERVICE, operation, params)

    used = {"DBSubnetGroupName": "used", "DBSubnetGroupDescription": "d", "SubnetIds": [names["a"], names["b"]]}
    await rds("CreateDBSubnetGroup", **used)
    topic = (await apis.call("sns", "CreateTopic", {"Name": "told"}))["TopicArn"]
    major = installations()[0].major
    names |= {"topic": topic, "major": major, "options": f"postgres-{major}"}
    await rds("CreateEventSubscription", SubscriptionName="told", SnsTopicArn=topic)
    options = {"OptionGroupName": "options", "EngineName": "postgres", "MajorEngineVersion": major}
    await rds("CreateOptionGroup", **options, OptionGroupDescription="d")
    made = {"DBParameterGroupName": "mine", "DBParameterGroupFamily": names["family"], "Description": "d"}
    await rds("CreateDBParameterGroup", **made)
    groups = {"DBParameterGroupName": "mine", "OptionGroupName": "options"}
    wanted = _new(DBInstanceIdentifier="db", DeletionProtection=True, **groups)
    await rds("CreateDBInstance", **{**wanted, "VpcSecurityGroupIds": [names["group"]]})
    await rds("CreateDBInstance", **_new(DBInstanceIdentifier="open", VpcSecurityGroupIds=[names["group"]]))
    _snapshots(_registered[apis])
    return names


def _snapshots(instances: Instances) -> None:
    """As if controllers had taken some of them."""
    db, now = instances.get("db"), Clock().now()
    assert db is not None
    instances.begin_snapshot(db, "begun", MANUAL, now, {})
    instances.finish_snapshot(instances.begin_snapshot(db, "kept", MANUAL, now, {}), AVAILABLE, now)
    instances.begin_snapshot(db, "rds:db-2026-11-29-06-00", AUTOMATED, now, {})
