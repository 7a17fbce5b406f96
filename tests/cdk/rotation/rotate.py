"""Rotates the master user's password: the four steps that Secrets Manager calls, by RDS's own ModifyDBInstance."""

import json

import boto3


def handler(event, context):
    secrets = boto3.client("secretsmanager")
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    if step == "createSecret":
        current = _value(secrets, secret, "AWSCURRENT")
        password = secrets.get_random_password(PasswordLength=30, ExcludePunctuation=True)["RandomPassword"]
        secrets.put_secret_value(
            SecretId=secret,
            ClientRequestToken=token,
            SecretString=json.dumps({**current, "password": password}),
            VersionStages=["AWSPENDING"],
        )
    elif step == "setSecret":
        pending = _value(secrets, secret, "AWSPENDING")
        boto3.client("rds").modify_db_instance(
            DBInstanceIdentifier=pending["dbInstanceIdentifier"],
            MasterUserPassword=pending["password"],
            ApplyImmediately=True,
        )
    elif step == "finishSecret":
        versions = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
        current = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
        secrets.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current
        )


def _value(secrets, secret, stage):
    return json.loads(secrets.get_secret_value(SecretId=secret, VersionStage=stage)["SecretString"])
