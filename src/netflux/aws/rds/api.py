"""The operations of RDS that are ours: DB instances; subnet groups and parameter groups are moto's."""

from __future__ import annotations

import secrets as randomness
import string
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from netflux import names
from netflux.aws.rds import groups, placement, scram, secret, shape
from netflux.aws.rds import request as asked
from netflux.aws.rds.decide import status
from netflux.aws.rds.installation import Installation
from netflux.aws.rds.instance import DELETED, RUNNING, STOPPED, Instance, Instances
from netflux.aws.rds.pages import page
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.errors import AwsError, Unsupported
from netflux.resources.secretsmanager import Secrets

Request = dict[str, Any]

_SNAPSHOTS = "Take a dump with pg_dump instead."


class RdsApi:
    """Handlers of RDS.

    Args:
        instances: shared with the controller.
        apis: for EC2 and Secrets Manager, and for moto's part of RDS.
        installations: the PostgreSQLs of this machine.
        clock: of the region.
    """

    service = "rds"
    whole = False

    def __init__(self, instances: Instances, apis: Apis, installations: Sequence[Installation], clock: Clock) -> None:
        self.documents = instances.documents
        self._instances = instances
        self._secrets = Secrets(instances.documents)
        self._apis = apis
        self._installations = installations
        self._clock = clock

    async def create_db_instance(self, call: Call, request: Request) -> Request:
        asked.check_create(request)
        version = asked.version_of(request.get("EngineVersion", ""), self._installations)
        identifier = request["DBInstanceIdentifier"].lower()
        place = await placement.choose(self._apis, request)
        await secret.check_key(self._apis, request.get("MasterUserSecretKmsKeyId", ""))
        if self._instances.get(identifier) is not None:
            raise AwsError("DBInstanceAlreadyExists", f"DB instance {identifier} already exists.")
        settings = {key: request.get(key, default) for key, default in asked.RECORDED.items()}
        managed = bool(request.get("ManageMasterUserPassword"))
        password = request.get("MasterUserPassword", "")
        instance = Instance(
            identifier=identifier,
            arn=f"arn:aws:rds:{call.region}:{call.account}:db:{identifier}",
            resource_id="db-" + "".join(randomness.choice(string.ascii_uppercase + string.digits) for _ in range(26)),
            created=self._clock.now().isoformat(),
            engine_version=version,
            master=request["MasterUsername"],
            database=request.get("DBName", ""),
            port=request.get("Port", 5432),
            subnet_group=place.group,
            subnet=place.subnet,
            zone=place.zone,
            groups=place.security_groups,
            settings={key: value for key, value in settings.items() if value is not None},
            verifier="" if managed else scram.verifier(password),
            secret=secret.name() if managed else "",
            secret_key=request.get("MasterUserSecretKmsKeyId", ""),
            secret_new=managed,
            tags=_tags(request),
        )
        with self.documents.transaction():
            self._instances.put(instance)
            if managed:
                self._make_secret(instance)
        if not managed:
            self._instances.passwords[identifier] = password
        return await self._answer(call, identifier)

    async def describe_db_instances(self, call: Call, request: Request) -> Request:
        if "DBInstanceIdentifier" in request:
            found: list[Instance] = [self._get(request["DBInstanceIdentifier"])]
        else:
            found = sorted(self._instances.all(), key=lambda instance: instance.identifier)
        for condition in request.get("Filters", []):
            found = [instance for instance in found if _matches(instance, condition)]
        shown, marker = page(found, request, lambda instance: instance.identifier)
        answer: Request = {"DBInstances": [await self._shape(call, instance) for instance in shown]}
        return {**answer, "Marker": marker} if marker else answer

    async def modify_db_instance(self, call: Call, request: Request) -> Request:
        instance = self._in_state(request, "available")
        asked.refuse_unsupported("ModifyDBInstance", request)
        asked.check_common(request)
        asked.check_credentials(request, managed=bool(instance.secret))
        if request.get("DBSubnetGroupName", instance.subnet_group) != instance.subnet_group:
            raise Unsupported("rds:ModifyDBInstance DBSubnetGroupName")
        version = request.get("EngineVersion", instance.engine_version)
        if version not in (instance.engine_version, instance.engine_version.partition(".")[0]):
            raise Unsupported(f"rds:ModifyDBInstance EngineVersion={version!r}")
        if "VpcSecurityGroupIds" in request:
            await placement.check_groups(self._apis, request["VpcSecurityGroupIds"])
        await secret.check_key(self._apis, request.get("MasterUserSecretKmsKeyId", ""))
        with self.documents.transaction():
            changed = self._modified(self._get(instance.identifier), request)
            self._instances.put(changed)
            self._modify_credentials(changed, request)
        return await self._answer(call, instance.identifier)

    async def delete_db_instance(self, call: Call, request: Request) -> Request:
        instance = self._get(request["DBInstanceIdentifier"])
        final = request.get("FinalDBSnapshotIdentifier")
        if request.get("SkipFinalSnapshot") and final:
            raise asked.combination("FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is true.")
        if not request.get("SkipFinalSnapshot"):
            if not final:
                raise asked.combination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
            raise Unsupported("rds:DeleteDBInstance FinalDBSnapshotIdentifier", _SNAPSHOTS)
        if instance.settings.get("DeletionProtection"):
            raise asked.combination(
                "Cannot delete protected DB Instance, please disable deletion protection and try again."
            )
        if instance.run == DELETED:
            raise _wrong_state(instance.identifier, "deleting")
        self._instances.update(instance.identifier, run=DELETED)
        return await self._answer(call, instance.identifier)

    async def stop_db_instance(self, call: Call, request: Request) -> Request:
        if "DBSnapshotIdentifier" in request:
            raise Unsupported("rds:StopDBInstance DBSnapshotIdentifier", _SNAPSHOTS)
        instance = self._in_state(request, "available")
        self._instances.update(instance.identifier, run=STOPPED)
        return await self._answer(call, instance.identifier)

    async def start_db_instance(self, call: Call, request: Request) -> Request:
        instance = self._in_state(request, "stopped")
        self._instances.update(instance.identifier, run=RUNNING)
        return await self._answer(call, instance.identifier)

    async def reboot_db_instance(self, call: Call, request: Request) -> Request:
        if request.get("ForceFailover"):
            raise asked.combination("Cannot force failover: the DB instance is not Multi-AZ.")
        instance = self._in_state(request, "available")
        self._instances.update(instance.identifier, reboots=instance.reboots + 1)
        return await self._answer(call, instance.identifier)

    async def describe_db_engine_versions(self, _call: Call, request: Request) -> Request:
        found = [*self._installations] if request.get("Engine", "postgres") == "postgres" else []
        if wanted := request.get("EngineVersion"):
            found = [one for one in found if wanted in (one.version, one.major)]
        if family := request.get("DBParameterGroupFamily"):
            found = [one for one in found if family == f"postgres{one.major}"]
        if request.get("Filters"):
            raise Unsupported("rds:DescribeDBEngineVersions Filters")
        return {"DBEngineVersions": [shape.engine_version(one) for one in found]}

    async def describe_option_groups(self, call: Call, request: Request) -> Request:
        """The default ones: no other can be made."""
        every = [groups.option_group(call, one) for one in self._installations]
        found = groups.option_groups(every, request)
        shown, marker = page(found, request, lambda one: str(one["OptionGroupName"]))
        return {"OptionGroupsList": shown, **({"Marker": marker} if marker else {})}

    async def describe_db_parameter_groups(self, call: Call, request: Request) -> Request:
        """The default ones, and those that were made."""
        kept = await self._apis.moto.call("rds", "DescribeDBParameterGroups", {})
        every = [groups.parameter_group(call, one) for one in self._installations] + kept["DBParameterGroups"]
        name = request.get("DBParameterGroupName")
        found = [one for one in every if name is None or one["DBParameterGroupName"] == name.lower()]
        if name is not None and not found:
            raise AwsError("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}", 404)
        found.sort(key=lambda one: str(one["DBParameterGroupName"]))
        shown, marker = page(found, request, lambda one: str(one["DBParameterGroupName"]))
        return {"DBParameterGroups": shown, **({"Marker": marker} if marker else {})}

    async def describe_events(self, _call: Call, request: Request) -> Request:
        """Events of DB instances; those of other sources do not exist here."""
        found = [
            event
            for event in self._instances.events()
            if request.get("SourceType", "db-instance") == event["SourceType"]
            and request.get("SourceIdentifier", event["SourceIdentifier"]) == event["SourceIdentifier"]
            and set(request.get("EventCategories") or event["EventCategories"]) & set(event["EventCategories"])
            and event["Date"] >= placement.since(request, self._clock.now())
            and event["Date"] <= request.get("EndTime", event["Date"])
        ]
        shown, marker = page(found, request, lambda event: event["Date"].isoformat() + event["SourceIdentifier"])
        return {"Events": shown, "Marker": marker} if marker else {"Events": shown}

    async def add_tags_to_resource(self, call: Call, request: Request) -> Request:
        instance = self._tagged(request)
        if instance is None:
            return await self._apis.moto.call("rds", call.operation, request)
        self._instances.update(instance.identifier, tags={**instance.tags, **_tags(request)})
        return {}

    async def remove_tags_from_resource(self, call: Call, request: Request) -> Request:
        instance = self._tagged(request)
        if instance is None:
            return await self._apis.moto.call("rds", call.operation, request)
        kept = {key: value for key, value in instance.tags.items() if key not in request["TagKeys"]}
        self._instances.update(instance.identifier, tags=kept)
        return {}

    async def list_tags_for_resource(self, call: Call, request: Request) -> Request:
        instance = self._tagged(request)
        if instance is None:
            return await self._apis.moto.call("rds", call.operation, request)
        return {"TagList": [{"Key": key, "Value": value} for key, value in instance.tags.items()]}

    async def create_db_subnet_group(self, call: Call, request: Request) -> Request:
        await placement.check_zones(self._apis, request["SubnetIds"])
        return await self._apis.moto.call("rds", call.operation, request)

    async def modify_db_subnet_group(self, call: Call, request: Request) -> Request:
        await placement.check_zones(self._apis, request["SubnetIds"])
        return await self._apis.moto.call("rds", call.operation, request)

    async def delete_db_subnet_group(self, call: Call, request: Request) -> Request:
        name = request["DBSubnetGroupName"].lower()
        users = [instance.identifier for instance in self._instances.all() if instance.subnet_group == name]
        if users:
            raise AwsError(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{name}' because at least one database instance: {users[0]} is "
                "still using it.",
            )
        return await self._apis.moto.call("rds", call.operation, request)

    async def create_db_snapshot(self, _call: Call, _request: Request) -> Request:
        raise Unsupported("rds:CreateDBSnapshot", _SNAPSHOTS)

    async def create_db_instance_read_replica(self, _call: Call, _request: Request) -> Request:
        raise Unsupported("rds:CreateDBInstanceReadReplica")

    async def create_db_proxy(self, _call: Call, _request: Request) -> Request:
        raise Unsupported("rds:CreateDBProxy")

    async def create_db_cluster(self, _call: Call, _request: Request) -> Request:
        raise Unsupported("rds:CreateDBCluster")

    async def restore_db_instance_from_db_snapshot(self, _call: Call, _request: Request) -> Request:
        raise Unsupported("rds:RestoreDBInstanceFromDBSnapshot")

    async def restore_db_instance_to_point_in_time(self, _call: Call, _request: Request) -> Request:
        raise Unsupported("rds:RestoreDBInstanceToPointInTime")

    def _get(self, identifier: str) -> Instance:
        """By identifier or ARN."""
        name = identifier.rpartition(":db:")[2].lower()
        instance = self._instances.get(name)
        if instance is None:
            raise AwsError("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
        return instance

    def _in_state(self, request: Mapping[str, Any], wanted: str) -> Instance:
        instance = self._get(request["DBInstanceIdentifier"])
        if status(instance, self._instances.actual(instance.identifier)) != wanted:
            raise _wrong_state(instance.identifier, wanted)
        return instance

    def _tagged(self, request: Mapping[str, Any]) -> Instance | None:
        name = request["ResourceName"]
        return self._get(name) if ":db:" in name else None

    def _modified(self, instance: Instance, request: Mapping[str, Any]) -> Instance:
        wanted = {key: request[key] for key in asked.AT_WINDOW if key in request}
        settings = {**instance.settings, **{key: request[key] for key in asked.AT_ONCE if key in request}}
        pending = {**instance.pending, **{key: value for key, value in wanted.items() if settings.get(key) != value}}
        port = request.get("DBPortNumber", instance.port)
        reboots = instance.reboots + (1 if port != instance.port else 0)
        if request.get("ApplyImmediately"):
            settings, pending = {**settings, **pending}, {}
        groups = request.get("VpcSecurityGroupIds", instance.groups)
        return replace(instance, settings=settings, pending=pending, port=port, reboots=reboots, groups=groups)

    def _modify_credentials(self, instance: Instance, request: Mapping[str, Any]) -> None:
        key = instance.identifier
        if "MasterUserPassword" in request:
            self._instances.passwords[key] = request["MasterUserPassword"]
            self._instances.update(key, verifier=scram.verifier(request["MasterUserPassword"]))
        if request.get("ManageMasterUserPassword") and not instance.secret:
            self._instances.update(
                key, secret=secret.name(), secret_new=True, secret_key=request.get("MasterUserSecretKmsKeyId", "")
            )
            self._make_secret(self._get(key))
        elif request.get("ManageMasterUserPassword") is False and instance.secret:
            secret.remove(self._secrets, instance)
            self._instances.update(key, secret="", secret_arn="", secret_key="", secret_new=False)
        elif request.get("RotateMasterUserPassword") and instance.secret:
            with self.documents.transaction():
                self._instances.update(key, secret_new=True)
                secret.rotate(self._secrets, instance, self._clock.now())

    def _make_secret(self, instance: Instance) -> None:
        arn = secret.ensure(self._secrets, instance, self._clock.now())
        key = instance.secret_key or f"arn:aws:kms:{self._apis.region}:{self._apis.account}:alias/aws/secretsmanager"
        self._instances.update(instance.identifier, secret_arn=arn, secret_key=key)

    async def _answer(self, call: Call, identifier: str) -> Request:
        return {"DBInstance": await self._shape(call, self._get(identifier))}

    async def _shape(self, call: Call, instance: Instance) -> Request:
        group = await placement.subnet_group(self._apis, instance.subnet_group)
        address = names.database(instance.identifier, call.account, call.region)
        return shape.db_instance(instance, self._instances.actual(instance.identifier), group, address)


def _wrong_state(identifier: str, wanted: str) -> AwsError:
    if wanted == "deleting":
        return AwsError("InvalidDBInstanceState", f"Instance {identifier} is already being deleted.")
    return AwsError("InvalidDBInstanceState", f"Instance {identifier} is not in {wanted} state.")


def _tags(request: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags", [])}


def _matches(instance: Instance, condition: Mapping[str, Any]) -> bool:
    name, values = condition["Name"], condition["Values"]
    if name == "db-instance-id":
        return instance.identifier in values or instance.arn in values
    if name == "dbi-resource-id":
        return instance.resource_id in values
    if name == "engine":
        return "postgres" in values
    if name == "db-cluster-id":
        return False
    raise asked.invalid(f"Unrecognized filter name: {name}")
