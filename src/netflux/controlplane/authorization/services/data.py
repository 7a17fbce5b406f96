"""Secrets Manager, Parameter Store, KMS, SQS, SNS, DynamoDB, RDS."""

from __future__ import annotations

from netflux.controlplane.authorization.service import Service

SECRETS = Service(
    "secretsmanager",
    parameters=("secret:{SecretId}", "secret:{Name}"),
    operations={
        "BatchGetSecretValue": (),
        "GetRandomPassword": (),
        "ListSecrets": (),
    },
    also={
        "BatchGetSecretValue": (("SecretIdList", "GetSecretValue", "secret:{SecretIdList}"),),
        "CreateSecret": (("Tags", "TagResource", ""),),
    },
    keys={
        "secretsmanager:name": "Name",
        "secretsmanager:secretid": "SecretId",
        "secretsmanager:versionid": "VersionId",
        "secretsmanager:versionstage": "VersionStage",
    },
)

PARAMETERS = Service(
    "ssm",
    parameters=(
        "parameter/{Name:parameter}",
        "parameter/{Names:parameter}",
        "parameter/{Path:parameter}",
        "parameter/{ResourceId:parameter}",
    ),
    unscoped=("Describe",),
    also={"PutParameter": (("Tags", "AddTagsToResource", ""),)},
)

FILE_SYSTEMS = Service(
    "elasticfilesystem",
    parameters=("file-system/{FileSystemId}", "access-point/{AccessPointId}"),
    operations={"CreateFileSystem": (), "CreateAccessPoint": ("file-system/{FileSystemId}",)},
)

KEYS = Service(
    "kms",
    parameters=("key/{KeyId}", "key/{SourceKeyId}", "{AliasName}"),
    operations={
        "CreateAlias": ("{AliasName}", "key/{TargetKeyId}"),
        "UpdateAlias": ("{AliasName}", "key/{TargetKeyId}"),
        "CreateKey": (),
        "GenerateRandom": (),
        "ListAliases": (),
        "ListKeys": (),
        "ReEncrypt": ("key/{DestinationKeyId}",),
    },
    actions={
        "GenerateDataKeyPair": ("GenerateDataKeyPair",),
        "ReEncrypt": ("ReEncryptTo",),
    },
    also={
        "CreateKey": (("Tags", "TagResource", "*"),),
        "ReEncrypt": (("SourceKeyId", "ReEncryptFrom", "key/{SourceKeyId}"),),
    },
)

QUEUES = Service(
    "sqs",
    parameters=("{QueueUrl:last}", "{QueueName}", "{SourceArn}"),
    operations={"ListQueues": ("*",)},
    actions={
        "ChangeMessageVisibilityBatch": ("ChangeMessageVisibility",),
        "DeleteMessageBatch": ("DeleteMessage",),
        "SendMessageBatch": ("SendMessage",),
    },
)

TOPICS = Service(
    "sns",
    parameters=("{TopicArn}", "{TargetArn}", "{ResourceArn}", "{SubscriptionArn}", "{Name}"),
    operations={"ListTopics": (), "ListSubscriptions": ()},
    actions={"PublishBatch": ("Publish",)},
    keys={"sns:endpoint": "Endpoint", "sns:protocol": "Protocol"},
)

_ITEMS = {
    "GetItem": "Get",
    "PutItem": "Put",
    "UpdateItem": "Update",
    "DeleteItem": "Delete",
    "ConditionCheckItem": "ConditionCheck",
}

_STATEMENTS = ("PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete")
"""Statements aren't read before they are carried out, so whoever sends one needs all of them."""

TABLES = Service(
    "dynamodb",
    parameters=("table/{TableName}", "{ResourceArn}", "{TableArn}", "{StreamArn}", "{BackupArn}"),
    operations={
        "BatchGetItem": ("table/{RequestItems.keys}",),
        "BatchWriteItem": ("table/{RequestItems.keys}",),
        "DescribeEndpoints": (),
        "DescribeLimits": (),
        "ListBackups": (),
        "ListTables": (),
        "Query": ("table/{TableName}/index/{IndexName}", "table/{TableName}"),
        "Scan": ("table/{TableName}/index/{IndexName}", "table/{TableName}"),
        "TransactGetItems": ("table/{TransactItems.Get.TableName}",),
    },
    actions={
        "BatchExecuteStatement": _STATEMENTS,
        "ExecuteStatement": _STATEMENTS,
        "ExecuteTransaction": _STATEMENTS,
        "TransactGetItems": ("GetItem",),
        "TransactWriteItems": (),
    },
    also={
        "TransactWriteItems": tuple(
            ("TransactItems", action, f"table/{{TransactItems.{kind}.TableName}}") for action, kind in _ITEMS.items()
        ),
    },
)

_SUBNETS, _PARAMETERS, _OPTIONS = (
    "subgrp:{DBSubnetGroupName:lower}",
    "pg:{DBParameterGroupName:lower}",
    "og:{OptionGroupName:lower}",
)
_INSTANCE, _CLUSTER = "db:{DBInstanceIdentifier:lower}", "cluster:{DBClusterIdentifier:lower}"
_SNAPSHOT = "snapshot:{DBSnapshotIdentifier:lower}"

DATABASES = Service(
    "rds",
    every=True,
    parameters=(_INSTANCE, _CLUSTER, _SNAPSHOT, _SUBNETS, _PARAMETERS, _OPTIONS, "{ResourceName}"),
    operations={
        "DescribeDBClusters": ("cluster:{DBClusterIdentifier:lower=*}",),
        "DescribeDBEngineVersions": (),
        "DescribeDBInstances": ("db:{DBInstanceIdentifier:lower=*}",),
        "DescribeDBParameterGroups": ("pg:{DBParameterGroupName:lower=*}",),
        "DescribeDBSnapshots": ("snapshot:{DBSnapshotIdentifier:lower=*}",),
        "DescribeDBSubnetGroups": ("subgrp:{DBSubnetGroupName:lower=*}",),
        "DescribeOptionGroups": ("og:{OptionGroupName:lower=*}",),
        "DescribeOrderableDBInstanceOptions": (),
    },
    also={
        "CreateDBInstance": (("Tags", "AddTagsToResource", _INSTANCE),),
        "CreateDBSubnetGroup": (("Tags", "AddTagsToResource", _SUBNETS),),
        "CreateDBParameterGroup": (("Tags", "AddTagsToResource", _PARAMETERS),),
    },
    passes={
        "CreateDBInstance": (("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),),
        "ModifyDBInstance": (("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),),
    },
    keys={"rds:databaseengine": "Engine", "rds:databaseclass": "DBInstanceClass"},
)

SERVICES = {
    "efs": FILE_SYSTEMS,
    "secretsmanager": SECRETS,
    "ssm": PARAMETERS,
    "kms": KEYS,
    "sqs": QUEUES,
    "sns": TOPICS,
    "dynamodb": TABLES,
    "rds": DATABASES,
}
