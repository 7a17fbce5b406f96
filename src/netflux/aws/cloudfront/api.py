"""CloudFront's API: distributions, invalidations, tags; policies and access controls are in kinds.py."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from netflux import names
from netflux.aws.cloudfront import bounds, defaults, kinds, members, validate
from netflux.aws.cloudfront.deployments import Deployments
from netflux.aws.cloudfront.pages import page
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.documents import Document, Documents
from netflux.controlplane.records.kinds import Kind, kind
from netflux.errors import AwsError

DISTRIBUTION = "cloudfront/distribution"
INVALIDATION = "cloudfront/invalidation"
_MOST_FILES, _MOST_WILDCARDS = 3_000, 15  # in progress; "Quotas on invalidations", CloudFront Developer Guide
_LONGEST_PATH = 4_000


def _readable(document: Mapping[str, Any]) -> None:
    config = document["config"]
    for origin in config["Origins"]["Items"]:
        origin["Id"], origin["DomainName"]
    config["CallerReference"], config["DefaultCacheBehavior"]["TargetOriginId"]
    datetime.fromisoformat(document["modified"])


_STORED = {"id": (str,), "etag": (str,), "modified": (str,), "config": (dict,)}
_KINDS = (
    Kind(
        DISTRIBUTION, {**_STORED, "arn": (str,), "tags": (list,)}, read=_readable,
        remedy="Put a copy of netflux.db back, or make the distribution anew.",
    ),
    kind(INVALIDATION, "It is a record of the past only.", id=str, distribution=str),
    *(
        Kind(one.documents, _STORED, remedy="Put a copy of netflux.db back, or make it anew.")
        for one in kinds.BY_NAME.values()
    ),
)  # fmt: skip


def _users(api: CloudFrontApi, identifier: str) -> Iterator[str]:
    for distribution_id, document in api.documents.list(DISTRIBUTION):
        if json.dumps(identifier) in json.dumps(document["config"]):
            yield distribution_id


class CloudFrontApi:
    """All operations; one that is not here is refused by its name.

    Args:
        documents: the region's.
        deployments: what was seen to be served.
        clock: the region's.
    """

    service = "cloudfront"
    whole = True

    (
        create_origin_access_control,
        get_origin_access_control,
        get_origin_access_control_config,
        update_origin_access_control,
        delete_origin_access_control,
        list_origin_access_controls,
    ) = kinds.operations(kinds.ORIGIN_ACCESS_CONTROL, _users)
    (
        create_cache_policy,
        get_cache_policy,
        get_cache_policy_config,
        update_cache_policy,
        delete_cache_policy,
        list_cache_policies,
    ) = kinds.operations(kinds.CACHE_POLICY, _users)
    (
        create_origin_request_policy,
        get_origin_request_policy,
        get_origin_request_policy_config,
        update_origin_request_policy,
        delete_origin_request_policy,
        list_origin_request_policies,
    ) = kinds.operations(kinds.ORIGIN_REQUEST_POLICY, _users)
    (
        create_response_headers_policy,
        get_response_headers_policy,
        get_response_headers_policy_config,
        update_response_headers_policy,
        delete_response_headers_policy,
        list_response_headers_policies,
    ) = kinds.operations(kinds.RESPONSE_HEADERS_POLICY, _users)

    def __init__(self, documents: Documents, deployments: Deployments, clock: Clock) -> None:
        documents.declare(*_KINDS)
        self.documents = documents
        self.clock = clock
        self._deployments = deployments

    @operation(parts={"DistributionConfig": members.DISTRIBUTION})
    async def create_distribution(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """InProgress until the edge was seen to serve it."""
        return self._create(call, request["DistributionConfig"], [])

    @operation(
        "DistributionConfigWithTags(Tags(Items(Key Value)))",
        parts={"DistributionConfigWithTags.DistributionConfig": members.DISTRIBUTION},
    )
    async def create_distribution_with_tags(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The same, with tags."""
        given = request["DistributionConfigWithTags"]
        return self._create(call, given["DistributionConfig"], given["Tags"].get("Items") or [])

    @operation("Id")
    async def get_distribution(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """With its status."""
        document = self._find(request["Id"])
        return {"Distribution": self._shown(document), "ETag": document["etag"]}

    @operation("Id")
    async def get_distribution_config(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The configuration and the ETag that an update needs."""
        document = self._find(request["Id"])
        return {"DistributionConfig": defaults.filled(document["config"]), "ETag": document["etag"]}

    @operation("Id IfMatch", parts={"DistributionConfig": members.DISTRIBUTION})
    async def update_distribution(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces the whole configuration."""
        document, config = self._find(request["Id"]), request["DistributionConfig"]
        kinds.check_version(request, document)
        if config["CallerReference"] != document["config"]["CallerReference"]:
            raise AwsError("IllegalUpdate", "The caller reference of a distribution can't be changed.")
        self._check(config)
        changed = {**document, "config": config, "etag": kinds.new_id(), "modified": self.clock.now().isoformat()}
        self.documents.put(DISTRIBUTION, request["Id"], changed)
        return {"Distribution": self._shown(changed), "ETag": changed["etag"]}

    @operation("Id IfMatch")
    async def delete_distribution(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Only one that is disabled, and was seen to be."""
        document = self._find(request["Id"])
        kinds.check_version(request, document)
        if document["config"]["Enabled"] or not self._deployments.is_deployed(document["id"], document["etag"]):
            raise AwsError(
                "DistributionNotDisabled",
                f"The distribution {request['Id']} must be disabled, and Deployed as such, before it is deleted.",
                409,
            )
        with self.documents.transaction():
            self.documents.delete(DISTRIBUTION, request["Id"])
            for key, _ in self.invalidations(request["Id"]):
                self.documents.delete(INVALIDATION, key)
        return {}

    @operation("Marker MaxItems")
    async def list_distributions(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All of them, or a page."""
        items = [self._summary(document) for _, document in self.documents.list(DISTRIBUTION)]
        return {"DistributionList": page(items, request)}

    @operation("DistributionId InvalidationBatch(Paths(Quantity Items) CallerReference)")
    async def create_invalidation(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """InProgress until the edge has dropped the paths."""
        distribution_id, batch = request["DistributionId"], request["InvalidationBatch"]
        self._find(distribution_id)
        bounds.check_quantities(batch)
        known = self.invalidations(distribution_id)
        for _, other in known:
            if other["batch"]["CallerReference"] == batch["CallerReference"]:
                if other["batch"] != batch:
                    raise AwsError("InvalidationBatchAlreadyExists", "The caller reference was used for other paths.")
                return {"Invalidation": _invalidation(other), "Location": other["id"]}
        running = [path for _, other in known if not other["completed"] for path in other["batch"]["Paths"]["Items"]]
        _check_paths(batch["Paths"].get("Items") or [], running)
        document = {
            "id": "I" + kinds.new_id()[1:],
            "distribution": distribution_id,
            "created": self.clock.now().isoformat(),
            "batch": batch,
            "completed": False,
        }
        self.documents.put(INVALIDATION, f"{distribution_id}/{document['id']}", document)
        return {"Invalidation": _invalidation(document), "Location": document["id"]}

    @operation("DistributionId Id")
    async def get_invalidation(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """With its status."""
        self._find(request["DistributionId"])
        document = self.documents.get(INVALIDATION, f"{request['DistributionId']}/{request['Id']}")
        if document is None:
            raise AwsError("NoSuchInvalidation", f"The invalidation {request['Id']} does not exist.", 404)
        return {"Invalidation": _invalidation(document)}

    @operation("DistributionId Marker MaxItems")
    async def list_invalidations(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The newest first."""
        self._find(request["DistributionId"])
        items = [_invalidation(document) for _, document in reversed(self.invalidations(request["DistributionId"]))]
        for item in items:
            del item["InvalidationBatch"]
        return {"InvalidationList": page(items, request)}

    @operation("Resource Tags(Items(Key Value))")
    async def tag_resource(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Adds tags, or changes their values."""
        document = self._by_arn(request["Resource"])
        given = {tag["Key"]: tag for tag in request["Tags"].get("Items") or []}
        kept = [tag for tag in document["tags"] if tag["Key"] not in given]
        self.documents.put(DISTRIBUTION, document["id"], {**document, "tags": [*kept, *given.values()]})
        return {}

    @operation("Resource TagKeys(Items)")
    async def untag_resource(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Removes tags."""
        document = self._by_arn(request["Resource"])
        gone = set(request["TagKeys"].get("Items") or [])
        kept = [tag for tag in document["tags"] if tag["Key"] not in gone]
        self.documents.put(DISTRIBUTION, document["id"], {**document, "tags": kept})
        return {}

    @operation("Resource")
    async def list_tags_for_resource(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A distribution's tags."""
        return {"Tags": {"Items": self._by_arn(request["Resource"])["tags"]}}

    def invalidations(self, distribution_id: str) -> list[tuple[str, Document]]:
        """A distribution's invalidations, with the keys of their documents."""
        return [row for row in self.documents.list(INVALIDATION) if row[1]["distribution"] == distribution_id]

    def lookup(self, kind: str, identifier: str) -> Mapping[str, Any]:
        """Configuration of a policy or access control; AwsError NoSuch… when there is none."""
        config: Mapping[str, Any] = kinds.find(self.documents, kinds.BY_NAME[kind], identifier)["config"]
        return config

    def _create(self, call: Call, config: dict[str, Any], tags: list[dict[str, str]]) -> dict[str, Any]:
        for _, other in self.documents.list(DISTRIBUTION):
            if other["config"]["CallerReference"] == config["CallerReference"]:
                if other["config"] == config:
                    return {"Distribution": self._shown(other), "ETag": other["etag"], "Location": other["id"]}
                raise AwsError(
                    "DistributionAlreadyExists", "The caller reference was used for another distribution.", 409
                )
        self._check(config)
        identifier = kinds.new_id()
        document = {
            "id": identifier,
            "arn": f"arn:aws:cloudfront::{call.account}:distribution/{identifier}",
            "config": config,
            "etag": kinds.new_id(),
            "modified": self.clock.now().isoformat(),
            "tags": tags,
        }
        self.documents.put(DISTRIBUTION, identifier, document)
        return {"Distribution": self._shown(document), "ETag": document["etag"], "Location": identifier}

    def _check(self, config: Mapping[str, Any]) -> None:
        validate.distribution(config)
        for origin in config["Origins"]["Items"]:
            if origin.get("OriginAccessControlId"):
                self.lookup("OriginAccessControl", origin["OriginAccessControlId"])
        rules = (config.get("CacheBehaviors") or {}).get("Items") or []
        for rule in [config["DefaultCacheBehavior"], *rules]:
            for policy in ("CachePolicy", "OriginRequestPolicy", "ResponseHeadersPolicy"):
                if rule.get(f"{policy}Id"):
                    self.lookup(policy, rule[f"{policy}Id"])

    def _find(self, identifier: str) -> Document:
        found = self.documents.get(DISTRIBUTION, identifier)
        if found is None:
            raise AwsError("NoSuchDistribution", f"The specified distribution does not exist: {identifier}.", 404)
        return found

    def _by_arn(self, arn: str) -> Document:
        found = self.documents.get(DISTRIBUTION, arn.rpartition("/")[2])
        if found is None or found["arn"] != arn:
            raise AwsError("NoSuchResource", f"There is no distribution {arn}.", 404)
        return found

    def _shown(self, document: Document) -> dict[str, Any]:
        running = [item for _, item in self.invalidations(document["id"]) if not item["completed"]]
        return {
            **self._identity(document),
            "InProgressInvalidationBatches": len(running),
            "ActiveTrustedSigners": {"Enabled": False, "Quantity": 0},
            "ActiveTrustedKeyGroups": {"Enabled": False, "Quantity": 0},
            "DistributionConfig": defaults.filled(document["config"]),
        }

    def _summary(self, document: Document) -> dict[str, Any]:
        config = defaults.filled(document["config"])
        for name in ("CallerReference", "DefaultRootObject", "Logging", "ContinuousDeploymentPolicyId"):
            config.pop(name, None)
        return {**self._identity(document), "ETag": document["etag"], **config}

    def _identity(self, document: Document) -> dict[str, Any]:
        deployed = self._deployments.is_deployed(document["id"], document["etag"])
        return {
            "Id": document["id"],
            "ARN": document["arn"],
            "Status": "Deployed" if deployed else "InProgress",
            "LastModifiedTime": datetime.fromisoformat(document["modified"]),
            "DomainName": names.distribution(document["id"]),
        }


def _invalidation(document: Document) -> dict[str, Any]:
    return {
        "Id": document["id"],
        "Status": "Completed" if document["completed"] else "InProgress",
        "CreateTime": datetime.fromisoformat(document["created"]),
        "InvalidationBatch": document["batch"],
    }


def _check_paths(paths: list[str], running: list[str]) -> None:
    if not paths:
        raise AwsError("InvalidArgument", "An invalidation needs at least one path.")
    for path in paths:
        if not path.startswith("/") or len(path) > _LONGEST_PATH or "*" in path[:-1]:
            raise AwsError("InvalidArgument", f"Your request contains one or more invalid invalidation paths: {path}")
    together = [*paths, *running]
    wildcards = sum(path.endswith("*") for path in together)
    if len(together) - wildcards > _MOST_FILES or wildcards > _MOST_WILDCARDS:
        raise AwsError("TooManyInvalidationsInProgress", "Too many invalidations are in progress.")
