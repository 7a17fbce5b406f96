"""A region for the engine: moto for most services, and for ECS and CloudFront handlers that keep what they are sent."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from netflux.aws.acm.api import AcmApi
from netflux.aws.dynamodb.api import DynamoDbApi
from netflux.aws.elbv2.api import ElbApi
from netflux.aws.elbv2.balancer.desired import Desired
from netflux.aws.elbv2.listener.certificates import Acm
from netflux.aws.elbv2.operations import Parts
from netflux.aws.elbv2.target.registrations import Targets
from netflux.aws.elbv2.vpc import Vpcs
from netflux.aws.rds.installation import installations
from netflux.aws.rds.instance import Instances
from netflux.aws.rds.tag import TagOperations
from netflux.aws.route53.api import Route53Api
from netflux.aws.secretsmanager.api import SecretsManagerApi
from netflux.aws.ssm.api import SsmApi
from netflux.clock import Clock
from netflux.cloudformation.api import CloudFormationApi
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from tests.controlplane.plane import with_ec2, with_iam, with_kms, with_queues

ACCOUNT = "000000000000"
REGION = "us-east-1"


class KeptEcs:
    """Clusters, task definitions and services as they were sent; a service is steady at once unless told otherwise."""

    service = "ecs"
    whole = True

    def __init__(self) -> None:
        self.clusters: dict[str, Any] = {}
        self.definitions: dict[str, Any] = {}
        self.services: dict[str, Any] = {}
        self.rollout = "COMPLETED"
        self.stubborn = False  # a circuit breaker takes every new task definition back
        self.reason = ""

    async def create_cluster(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        name = request["clusterName"]
        self.clusters[name] = request | {
            "clusterArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{name}",
            "status": "ACTIVE",
        }
        return {"cluster": self.clusters[name]}

    async def describe_clusters(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return {"clusters": [self.clusters[name] for name in request["clusters"] if name in self.clusters]}

    async def delete_cluster(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        if self.services:
            raise AwsError(
                "ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active."
            )
        return {"cluster": self.clusters.pop(request["cluster"])}

    async def register_task_definition(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        revision = 1 + sum(each["family"] == request["family"] for each in self.definitions.values())
        arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{request['family']}:{revision}"
        self.definitions[arn] = request | {"taskDefinitionArn": arn, "status": "ACTIVE"}
        return {"taskDefinition": self.definitions[arn]}

    async def describe_task_definition(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        if request["taskDefinition"] not in self.definitions:
            raise AwsError("ClientException", "Unable to describe task definition.")
        found = self.definitions[request["taskDefinition"]]
        return {"taskDefinition": found, "tags": found.get("tags", [])}

    async def list_task_definitions(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        family = request["familyPrefix"]
        active = [
            arn for arn, each in self.definitions.items() if each["status"] == "ACTIVE" and each["family"] == family
        ]
        return {"taskDefinitionArns": active[::-1]}

    async def deregister_task_definition(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        self.definitions[request["taskDefinition"]]["status"] = "INACTIVE"
        return {"taskDefinition": self.definitions[request["taskDefinition"]]}

    async def create_service(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/{request['cluster']}/{request['serviceName']}"
        self.services[arn] = request | {"serviceArn": arn}
        return {"service": self._shown(arn)}

    async def update_service(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        arn = request["service"]
        if self.stubborn:
            return {"service": self._shown(arn)}
        self.services[arn] |= {key: each for key, each in request.items() if key not in ("service", "cluster")}
        return {"service": self._shown(arn)}

    async def describe_services(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        found = [
            arn
            for arn in self.services
            for wanted in request["services"]
            if arn == wanted or arn.endswith(f"/{wanted}")
        ]
        return {"services": [self._shown(arn) for arn in found]}

    async def delete_service(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return {"service": self.services.pop(request["service"])}

    def _shown(self, arn: str) -> dict[str, Any]:
        kept = self.services[arn]
        desired = kept.get("desiredCount", 1)
        running = desired if self.rollout == "COMPLETED" else 0
        deployment = {
            "status": "PRIMARY",
            "taskDefinition": kept["taskDefinition"],
            "rolloutState": self.rollout,
            "rolloutStateReason": self.reason,
        }
        counts = {"runningCount": running, "pendingCount": 0, "desiredCount": desired}
        return kept | counts | {"status": "ACTIVE", "deployments": [deployment]}


class KeptCloudFront:
    """Distributions and access controls, as they were sent."""

    service = "cloudfront"
    whole = True

    def __init__(self) -> None:
        self.distributions: dict[str, Any] = {}
        self.controls: dict[str, Any] = {}
        self._numbers = itertools.count(1)

    async def create_distribution_with_tags(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        config = request["DistributionConfigWithTags"]["DistributionConfig"]
        identifier = f"E{next(self._numbers):013d}"
        self.distributions[identifier] = {
            "Id": identifier,
            "ARN": f"arn:aws:cloudfront::{ACCOUNT}:distribution/{identifier}",
            "Status": "Deployed",
            "DomainName": f"{identifier.lower()}.cloudfront.localhost",
            "DistributionConfig": config,
        }
        return {"Distribution": self.distributions[identifier], "ETag": "E1"}

    async def list_distributions(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return {"DistributionList": {"Items": [{"Id": identifier} for identifier in self.distributions]}}

    async def get_distribution_config(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return {"DistributionConfig": self.distributions[request["Id"]]["DistributionConfig"], "ETag": "E1"}

    async def get_distribution(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        if request["Id"] not in self.distributions:
            raise AwsError("NoSuchDistribution", "The specified distribution does not exist.", 404)
        return {"Distribution": copy.deepcopy(self.distributions[request["Id"]]), "ETag": "E1"}

    async def update_distribution(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        assert request["IfMatch"] == "E1"
        self.distributions[request["Id"]]["DistributionConfig"] = request["DistributionConfig"]
        return {"Distribution": self.distributions[request["Id"]], "ETag": "E1"}

    async def delete_distribution(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        assert request["IfMatch"] == "E1"
        if self.distributions[request["Id"]]["DistributionConfig"]["Enabled"]:
            raise AwsError(
                "DistributionNotDisabled", "The distribution you are trying to delete has not been disabled.", 409
            )
        del self.distributions[request["Id"]]
        return {}

    async def create_origin_access_control(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        identifier = f"O{next(self._numbers):013d}"
        self.controls[identifier] = {
            "Id": identifier,
            "OriginAccessControlConfig": request["OriginAccessControlConfig"],
        }
        return {"OriginAccessControl": self.controls[identifier], "ETag": "E1"}

    async def get_origin_access_control(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        if request["Id"] not in self.controls:
            raise AwsError("NoSuchOriginAccessControl", "It does not exist.", 404)
        return {"OriginAccessControl": self.controls[request["Id"]], "ETag": "E1"}

    async def list_origin_access_controls(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        items = [{"Id": key, "Name": each["OriginAccessControlConfig"]["Name"]} for key, each in self.controls.items()]
        return {"OriginAccessControlList": {"Quantity": len(items), "Items": items}}

    async def delete_origin_access_control(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        del self.controls[request["Id"]]
        return {}


class KeptRds:
    """Database instances as they were sent, in the status that the test wants; groups and their tags are RDS's own."""

    service = "rds"
    whole = True

    def __init__(self, documents: Documents, apis: Apis) -> None:
        self.documents = documents
        self.groups = TagOperations(Instances(documents), apis, installations(), Clock())
        self.instances: dict[str, Any] = {}
        self.status = "available"

    def __getattr__(self, name: str) -> Any:
        return getattr(self.groups, name)

    async def create_db_instance(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        name = request["DBInstanceIdentifier"]
        if name in self.instances:
            raise AwsError("DBInstanceAlreadyExists", "DB instance already exists")
        self.instances[name] = request | {
            "DBInstanceStatus": self.status,
            "InstanceCreateTime": Clock().now(),
            "DBInstanceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{name}",
            "Endpoint": {"Address": f"{name}.c0.{REGION}.rds.localhost", "Port": 5432, "HostedZoneId": "Z0"},
            "MasterUserSecret": {"SecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!db-{name}-abcdef"},
        }
        return {"DBInstance": self.instances[name]}

    async def restore_db_instance_from_db_snapshot(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return await self.create_db_instance(call, request)

    async def describe_db_instances(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        name = request["DBInstanceIdentifier"]
        if name not in self.instances:
            raise AwsError("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
        return {"DBInstances": [self.instances[name]]}

    async def modify_db_instance(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        self.instances[request["DBInstanceIdentifier"]] |= request
        return {"DBInstance": self.instances[request["DBInstanceIdentifier"]]}

    async def delete_db_instance(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return {"DBInstance": self.instances.pop(request["DBInstanceIdentifier"])}


class Active:
    """What is observed where every load balancer is active as soon as it is made."""

    apart = False

    def __init__(self, desired: Desired, documents: Documents) -> None:
        self.targets = Targets(documents)
        self.traffic = self
        self._desired = desired

    @property
    def active(self) -> set[str]:
        return {one.arn for one in self._desired.balancers}

    async def settle(self, _arn: str) -> None:
        """Nothing runs."""


def with_elb(apis: Apis, documents: Documents) -> None:
    """ELBv2 on the documents, answering from now on; nothing runs."""
    desired = Desired(documents, REGION)
    observed: Any = Active(desired, documents)
    parts = Parts(desired, documents, Vpcs(documents), Acm(documents), observed, Clock(), ACCOUNT)
    apis.register(ElbApi(parts))


class Cloud:
    """The region's parts that the engine touches. `calls` has every call in order; `broken` makes calls fail."""

    def __init__(self, folder: Path) -> None:
        self.documents = Documents(folder / "netflux.db")
        self.moto = Moto(self.documents, ACCOUNT, REGION)
        # moto plays the region's own services as well, but for those whose statuses the engine waits for
        self.apis = Apis(ACCOUNT, REGION, self.moto, lambda _call: None, lend=lambda _service, _operation: None)
        with_ec2(self.apis, self.documents)
        with_elb(self.apis, self.documents)
        self.apis.register(SecretsManagerApi(self.documents, Clock(), self.apis))
        self.ecs = KeptEcs()
        self.cloudfront = KeptCloudFront()
        self.rds = KeptRds(self.documents, self.apis)
        self.apis.register(self.ecs)
        self.apis.register(self.rds)
        self.apis.register(self.cloudfront)
        self.apis.register(AcmApi(self.documents, Clock(), (REGION, ACCOUNT)))
        keys = with_iam(self.apis, self.documents, ACCOUNT)
        self.apis.register(SsmApi(self.documents, Clock(), self.apis, keys))
        self.apis.register(DynamoDbApi(self.moto))
        self.kms = with_kms(self.apis, self.documents, keys)
        self.queues, self.topics = with_queues(self.apis, self.documents, keys)
        self.apis.register(Route53Api(self.documents, Clock(), self.apis, (REGION, ACCOUNT)))
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.broken: Callable[[str, dict[str, Any]], Exception | None] = lambda _operation, _params: None
        self.after: Callable[[str, dict[str, Any]], Exception | None] = lambda _operation, _params: None
        self._whole = self.apis.call
        self.apis.call = self._call  # type: ignore[method-assign]
        self.engine = self._engine()

    def _engine(self) -> CloudFormationApi:
        engine = CloudFormationApi(self.apis, self.documents, Clock(), lint=False)
        self.apis.register(engine)
        return engine

    async def _call(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        if service != "cloudformation":
            self.calls.append((service, operation, copy.deepcopy(dict(params))))
            problem = self.broken(operation, dict(params))
            if problem is not None:
                raise problem
        answer = await self._whole(service, operation, params)
        lost = self.after(operation, dict(params)) if service != "cloudformation" else None
        if lost is not None:
            raise lost
        return answer

    def made(self, operation: str) -> list[dict[str, Any]]:
        """The parameters of every call of an operation."""
        return [params for _, name, params in self.calls if name == operation]

    async def restart(self) -> None:
        """A new engine over the same documents, as after a SIGKILL."""
        for task in list(self.engine._running.values()):
            task.cancel()
            await asyncio.wait([task])
        self.engine = self._engine()
        await self.engine.resume()

    async def cf(self, operation: str, **params: Any) -> dict[str, Any]:
        """Calls CloudFormation."""
        return await self.apis.call("cloudformation", operation, params)

    async def create(self, template: str, **params: Any) -> dict[str, Any]:
        """Creates the stack `s` and returns it once nothing is done to it any more."""
        given = {"StackName": "s", "TemplateBody": template, "Capabilities": ["CAPABILITY_NAMED_IAM"]} | params
        await self.cf("CreateStack", **given)
        return await self.settled(given["StackName"])

    async def update(self, template: str, **params: Any) -> dict[str, Any]:
        """Updates the stack `s` likewise."""
        await self.cf(
            "UpdateStack", StackName="s", TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"], **params
        )
        return await self.settled("s")

    async def settled(self, name: str) -> dict[str, Any]:
        """The stack once nothing is done to it any more."""
        found = (await self.cf("DescribeStacks", StackName=name))["Stacks"][0]
        await asyncio.wait_for(self.engine.settled(found["StackId"]), 60)
        return (await self.cf("DescribeStacks", StackName=found["StackId"]))["Stacks"][0]

    async def resources(self, name: str = "s") -> dict[str, dict[str, Any]]:
        """The stack's resources by logical id."""
        answer = await self.cf("ListStackResources", StackName=name)
        return {each["LogicalResourceId"]: each for each in answer["StackResourceSummaries"]}

    async def events(self, name: str = "s") -> list[str]:
        """`Logical STATUS`, oldest first."""
        answer = await self.cf("DescribeStackEvents", StackName=name)
        return [f"{e['LogicalResourceId']} {e['ResourceStatus']}" for e in reversed(answer["StackEvents"])]

    async def reasons(self, name: str = "s") -> list[str]:
        """Why resources failed, oldest first."""
        answer = await self.cf("DescribeStackEvents", StackName=name)
        return [
            f"{e['LogicalResourceId']}: {e['ResourceStatusReason']}"
            for e in reversed(answer["StackEvents"])
            if e["ResourceStatus"].endswith("FAILED")
        ]


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Cloud]:
    """A region with its moto loaded and emptied."""
    import moto.core.base_backend  # noqa: F401
    from moto.moto_api._internal import moto_api_backend

    made = Cloud(folder)
    moto_api_backend.reset()
    try:
        yield made
    finally:
        await made.engine.stop()
        made.moto.stop()
        made.documents.close()
