"""DB instances: made, told, changed, stopped, started, rebooted, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux import names
from netflux.aws.rds import monitoring, scram, secret, shape, storage, vpc
from netflux.aws.rds import request as asked
from netflux.aws.rds.decide import status
from netflux.aws.rds.pages import page
from netflux.aws.rds.parametergroup import ParameterGroupOperations
from netflux.aws.rds.part import TAGS, combination, invalid, own
from netflux.aws.rds.snapshot import SnapshotOperations
from netflux.aws.rds.subnetgroup import SubnetGroupOperations
from netflux.aws.rds.subnetgroup import shape as subnet_group_shape
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import capitals
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.rds import DELETED, RUNNING, STOPPED, GroupSubnet, Instance, SubnetGroup

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import (
        CreateDBInstanceMessageTypeDef,
        DeleteDBInstanceMessageTypeDef,
        DescribeDBInstancesMessageTypeDef,
        ModifyDBInstanceMessageTypeDef,
        RebootDBInstanceMessageTypeDef,
        StartDBInstanceMessageTypeDef,
        StopDBInstanceMessageTypeDef,
    )

_RESERVATIONS = "Leave it out: capacity is not reserved here."
_MOST_INSTANCES = 40  # "Quotas and constraints for Amazon RDS", RDS User Guide


class InstanceOperations(ParameterGroupOperations, SubnetGroupOperations, SnapshotOperations):
    """Handlers of DB instances."""

    @operation(
        f"{asked.COMMON} DBName MasterUsername AvailabilityZone Port StorageEncrypted KmsKeyId BackupTarget "
        "EnableCloudwatchLogsExports Tags(Key Value)",
        refused=asked.refused(asked.NOT_AT_CREATION),
        only={**asked.ONLY, "BackupTarget": ("region",)},
    )
    async def create_db_instance(self, call: Call, request: CreateDBInstanceMessageTypeDef) -> dict[str, Any]:
        """It is available when a client has logged in ("CreateDBInstance", Amazon RDS API Reference)."""
        asked.check_create(request)
        version = asked.version_of(request.get("EngineVersion", ""), self.installations)
        tags = TAGS.read(asked.tags(request), own(call))
        subnets, subnet = self.place(call, request)
        groups = self.security_groups(request.get("VpcSecurityGroupIds") or (), subnets.vpc)
        for key in ("MasterUserSecretKmsKeyId", "KmsKeyId"):
            await secret.check_key(self.apis, str(request.get(key, "")))
        identifier, managed = request["DBInstanceIdentifier"].lower(), bool(request.get("ManageMasterUserPassword"))
        settings = {**asked.RECORDED, **asked.recorded(request, asked.RECORDED)}
        settings["StorageType"] = request.get("StorageType", storage.default_type(request))
        settings |= monitoring.settings(request, {})
        monitoring.check(settings)
        await monitoring.check_named(self.apis, request)
        instance = Instance(
            identifier=identifier,
            arn=f"arn:aws:rds:{call.region}:{call.account}:db:{identifier}",
            resource_id=capitals("db-", 26),
            created=self.clock.now().isoformat(),
            engine_version=version,
            master=request.get("MasterUsername", ""),
            database=request.get("DBName", ""),
            port=request.get("Port", 5432),
            subnet_group=subnets.name,
            subnet=subnet.id,
            zone=subnet.zone,
            groups=groups,
            settings={key: value for key, value in settings.items() if value is not None},
            verifier="" if managed else scram.verifier(request.get("MasterUserPassword", "")),
            secret=secret.name() if managed else "",
            secret_key=request.get("MasterUserSecretKmsKeyId", ""),
            secret_new=managed,
            tags=tags,
        )
        self.keep(self.with_parameters(call, request, instance))
        if not managed:
            self.instances.passwords[identifier] = request.get("MasterUserPassword", "")
        return self.answer(call, identifier)

    def keep(self, instance: Instance) -> None:
        """Puts the record of a new one, with the secret that RDS manages for it."""
        with self.documents.transaction():
            if self.instances.get(instance.identifier) is not None:
                raise AwsError("DBInstanceAlreadyExists", f"DB instance {instance.identifier} already exists.")
            if len(self.instances.table) >= _MOST_INSTANCES:
                raise AwsError("InstanceQuotaExceeded", f"The account has {_MOST_INSTANCES} DB instances already.")
            self.subnet_group(instance.subnet_group)
            self.instances.put(instance)
            if instance.secret:
                self._make_secret(instance)

    def place(self, call: Call, request: Mapping[str, Any]) -> tuple[SubnetGroup, GroupSubnet]:
        """The subnet group of a request, and its subnet in the zone that is wanted."""
        name = request.get("DBSubnetGroupName")
        group = self.subnet_group(name) if name else self.default_subnet_group(call)
        zone = request.get("AvailabilityZone", "")
        subnet = next((one for one in group.subnets if zone in ("", one.zone)), None)
        if subnet is None:
            raise AwsError(
                "InvalidVPCNetworkStateFault", f"Subnet group {group.name} has no subnet in availability zone {zone}."
            )
        return group, subnet

    def security_groups(self, given: Any, where: str) -> list[str]:
        """Those of a request, which are in the instance's VPC; the VPC's own where there are none."""
        wanted = [*given] or [vpc.default_security_group(self.documents, where)]
        for group, other in vpc.security_groups(self.documents, wanted).items():
            if other != where:
                raise combination(
                    "The DB instance and EC2 security group are in different VPCs. The DB instance is in "
                    f"{where} and the EC2 security group {group} is in {other}"
                )
        return wanted

    def with_parameters(self, call: Call, request: Mapping[str, Any], instance: Instance) -> Instance:
        """The instance in the groups of parameters and options that a request names: nothing for default ones."""
        options = request.get("OptionGroupName", "")
        if options:
            instance = replace(instance, option_group=self.chosen_options(call, options, instance.engine_version))
        name = request.get("DBParameterGroupName")
        if not name:
            return instance
        group = self.parameter_group(call, name)
        if group.family != instance.family:
            raise combination(
                f"The Parameter Group {group.name} with DBParameterGroupFamily {group.family} can't be used for this "
                f"instance. Please use a Parameter Group with DBParameterGroupFamily {instance.family}"
            )
        return replace(instance, parameter_group=group.name if group.name in self.parameter_groups else "")

    @operation("DBInstanceIdentifier Filters(Name Values) MaxRecords Marker")
    def describe_db_instances(self, call: Call, request: DescribeDBInstancesMessageTypeDef) -> dict[str, Any]:
        """All, or the one of an identifier or ARN."""
        if "DBInstanceIdentifier" in request:
            found: list[Instance] = [self.known(request["DBInstanceIdentifier"])]
        else:
            found = sorted(self.instances.all(), key=lambda instance: instance.identifier)
        for condition in request.get("Filters", []):
            found = [instance for instance in found if _matches(instance, condition)]
        shown, marker = page(found, request, lambda instance: instance.identifier)
        answer: dict[str, Any] = {"DBInstances": [self._shape(call, instance) for instance in shown]}
        return {**answer, "Marker": marker} if marker else answer

    @operation(
        f"{asked.COMMON} ApplyImmediately DBPortNumber RotateMasterUserPassword AllowMajorVersionUpgrade "
        "CloudwatchLogsExportConfiguration(EnableLogTypes DisableLogTypes)",
        refused=asked.refused(asked.NOT_AT_MODIFICATION),
        only={**asked.ONLY, "AllowMajorVersionUpgrade": (False,)},
    )
    async def modify_db_instance(self, call: Call, request: ModifyDBInstanceMessageTypeDef) -> dict[str, Any]:
        """What waits for the maintenance window is told as pending ("ModifyDBInstance", Amazon RDS API Reference)."""
        instance = self._in_state(request, "available")
        asked.check_common(request)
        asked.check_modification(request, instance)
        tags = TAGS.read(asked.tags(request), own(call))
        group = self.subnet_group(instance.subnet_group)
        security = request.get("VpcSecurityGroupIds")
        groups = self.security_groups(security, group.vpc) if security else instance.groups
        await secret.check_key(self.apis, request.get("MasterUserSecretKmsKeyId", ""))
        await monitoring.check_named(self.apis, request)
        with self.documents.transaction():
            instance = self._in_state(request, "available")
            changed = replace(_modified(instance, request), groups=groups, tags=TAGS.merged(instance.tags, tags))
            changed = self.with_parameters(call, request, changed)
            self.instances.put(changed)
            self._modify_credentials(changed, request)
        if "MasterUserPassword" in request:
            self.instances.passwords[instance.identifier] = request["MasterUserPassword"]
        return self.answer(call, instance.identifier)

    @operation("DBInstanceIdentifier SkipFinalSnapshot FinalDBSnapshotIdentifier DeleteAutomatedBackups")
    def delete_db_instance(self, call: Call, request: DeleteDBInstanceMessageTypeDef) -> dict[str, Any]:
        """The final snapshot has the data of its last moment ("DeleteDBInstance", Amazon RDS API Reference)."""
        instance = self.known(request["DBInstanceIdentifier"])
        final = request.get("FinalDBSnapshotIdentifier")
        if request.get("SkipFinalSnapshot") and final:
            raise combination("FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is true.")
        if not request.get("SkipFinalSnapshot") and not final:
            raise combination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
        if instance.settings.get("DeletionProtection"):
            raise combination("Cannot delete protected DB Instance, please disable deletion protection and try again.")
        if instance.run == DELETED:
            raise _wrong_state(instance.identifier, "deleting")
        folder = self._final_snapshot(instance, final) if final else ""
        self.instances.update(instance.identifier, run=DELETED, final=folder)
        if request.get("DeleteAutomatedBackups", True):
            self.delete_automated(instance)
        return self.answer(call, instance.identifier)

    def _final_snapshot(self, instance: Instance, identifier: str) -> str:
        """Its folder."""
        found = status(instance, self.instances.actual(instance.identifier))
        if not instance.prepared or found == "failed":
            raise AwsError(
                "InvalidDBInstanceState",
                f"Instance {instance.identifier} is currently {found} - a final snapshot cannot be taken.",
            )
        return self.begin_snapshot("FinalDBSnapshotIdentifier", identifier, instance).folder

    @operation("DBInstanceIdentifier DBSnapshotIdentifier", refused={"DetachFromDBCapacityReservation": _RESERVATIONS})
    def stop_db_instance(self, call: Call, request: StopDBInstanceMessageTypeDef) -> dict[str, Any]:
        """Its data, endpoint and groups stay; a snapshot is taken before where one is asked for."""
        instance = self._in_state(request, "available")
        if "DBSnapshotIdentifier" in request:
            self.begin_snapshot("DBSnapshotIdentifier", request["DBSnapshotIdentifier"], instance)
        self.instances.update(instance.identifier, run=STOPPED)
        return self.answer(call, instance.identifier)

    @operation("DBInstanceIdentifier", refused={"DBCapacityReservationIdentifier": _RESERVATIONS})
    def start_db_instance(self, call: Call, request: StartDBInstanceMessageTypeDef) -> dict[str, Any]:
        """Of one that is stopped."""
        instance = self._in_state(request, "stopped")
        self.instances.update(instance.identifier, run=RUNNING)
        return self.answer(call, instance.identifier)

    @operation("DBInstanceIdentifier ForceFailover")
    def reboot_db_instance(self, call: Call, request: RebootDBInstanceMessageTypeDef) -> dict[str, Any]:
        """Parameters that wait for it take effect."""
        if request.get("ForceFailover"):
            raise combination("Cannot force failover: the DB instance is not Multi-AZ.")
        instance = self._in_state(request, "available")
        self.instances.update(instance.identifier, reboots=instance.reboots + 1)
        return self.answer(call, instance.identifier)

    def _in_state(self, request: Mapping[str, Any], wanted: str) -> Instance:
        instance = self.known(request["DBInstanceIdentifier"])
        if status(instance, self.instances.actual(instance.identifier)) != wanted:
            raise _wrong_state(instance.identifier, wanted)
        return instance

    def _modify_credentials(self, instance: Instance, request: Mapping[str, Any]) -> None:
        key = instance.identifier
        if "MasterUserPassword" in request:
            self.instances.update(key, verifier=scram.verifier(request["MasterUserPassword"]))
        if request.get("ManageMasterUserPassword") and not instance.secret:
            self.instances.update(
                key, secret=secret.name(), secret_new=True, secret_key=request.get("MasterUserSecretKmsKeyId", "")
            )
            self._make_secret(self.known(key))
        elif request.get("ManageMasterUserPassword") is False and instance.secret:
            secret.remove(self.secrets, instance)
            self.instances.update(key, secret="", secret_arn="", secret_key="", secret_new=False)
        elif request.get("RotateMasterUserPassword") and instance.secret:
            self.instances.update(key, secret_new=True)
            secret.rotate(self.secrets, instance, self.clock.now())

    def _make_secret(self, instance: Instance) -> None:
        arn = secret.ensure(self.secrets, instance, self.clock.now())
        key = instance.secret_key or f"arn:aws:kms:{self.apis.region}:{self.apis.account}:alias/aws/secretsmanager"
        self.instances.update(instance.identifier, secret_arn=arn, secret_key=key)

    def answer(self, call: Call, identifier: str) -> dict[str, Any]:
        """As operations of one DB instance answer."""
        return {"DBInstance": self._shape(call, self.known(identifier))}

    def _shape(self, call: Call, instance: Instance) -> dict[str, Any]:
        group = subnet_group_shape(self.subnet_group(instance.subnet_group))
        address = names.database(instance.identifier, call.account, call.region)
        actual, parameters = self.instances.actual(instance.identifier), self.instances.parameters(instance)
        return shape.db_instance(instance, actual, group, address, parameters)


def _modified(instance: Instance, request: Mapping[str, Any]) -> Instance:
    wanted = {key: request[key] for key in asked.AT_WINDOW if key in request}
    settings = {**instance.settings, **asked.recorded(request, asked.AT_ONCE)}
    settings |= monitoring.settings(request, settings)
    monitoring.check(settings)
    pending = {**instance.pending, **{key: value for key, value in wanted.items() if settings.get(key) != value}}
    port = request.get("DBPortNumber", instance.port)
    reboots = instance.reboots + (1 if port != instance.port else 0)
    if request.get("ApplyImmediately"):
        settings, pending = {**settings, **pending}, {}
    return replace(instance, settings=settings, pending=pending, port=port, reboots=reboots)


def _wrong_state(identifier: str, wanted: str) -> AwsError:
    if wanted == "deleting":
        return AwsError("InvalidDBInstanceState", f"Instance {identifier} is already being deleted.")
    return AwsError("InvalidDBInstanceState", f"Instance {identifier} is not in {wanted} state.")


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
    raise invalid(f"Unrecognized filter name: {name}")
