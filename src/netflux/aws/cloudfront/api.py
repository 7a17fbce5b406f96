"""CloudFront's API: distributions, invalidations, tags; policies and access controls are in kinds.py."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux import names
from netflux.aws.cloudfront import bounds, defaults, kinds, members, validate
from netflux.aws.cloudfront.deployments import Deployments
from netflux.aws.cloudfront.desired import log_bucket
from netflux.aws.cloudfront.functions.operations import FunctionOperations
from netflux.aws.cloudfront.identities import IdentityOperations
from netflux.aws.cloudfront.pages import page
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.acm import CERTIFICATE
from netflux.resources.cloudfront import (
    DISTRIBUTION,
    FUNCTION,
    INVALIDATION,
    ORIGIN_ACCESS_IDENTITY,
    USED,
    Distribution,
    Function,
    Invalidation,
)
from netflux.resources.s3 import ENFORCED, buckets

_MOST_FILES, _MOST_WILDCARDS = 3_000, 15  # in progress; "Quotas on invalidations", CloudFront Developer Guide
_LONGEST_PATH = 4_000


class CloudFrontApi(FunctionOperations, IdentityOperations):
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
    ) = kinds.operations(kinds.ORIGIN_ACCESS_CONTROL)
    (
        create_cache_policy,
        get_cache_policy,
        get_cache_policy_config,
        update_cache_policy,
        delete_cache_policy,
        list_cache_policies,
    ) = kinds.operations(kinds.CACHE_POLICY)
    (
        create_origin_request_policy,
        get_origin_request_policy,
        get_origin_request_policy_config,
        update_origin_request_policy,
        delete_origin_request_policy,
        list_origin_request_policies,
    ) = kinds.operations(kinds.ORIGIN_REQUEST_POLICY)
    (
        create_response_headers_policy,
        get_response_headers_policy,
        get_response_headers_policy_config,
        update_response_headers_policy,
        delete_response_headers_policy,
        list_response_headers_policies,
    ) = kinds.operations(kinds.RESPONSE_HEADERS_POLICY)

    def __init__(self, documents: Documents, deployments: Deployments, clock: Clock) -> None:
        self.documents = documents
        self.distributions = documents.table(DISTRIBUTION)
        self._invalidations = documents.table(INVALIDATION)
        for kind in kinds.BY_NAME.values():
            documents.table(kind.schema)
        documents.table(FUNCTION)
        documents.table(ORIGIN_ACCESS_IDENTITY)
        self.clock = clock
        self._deployments = deployments

    @operation(parts={"DistributionConfig": members.DISTRIBUTION})
    def create_distribution(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """InProgress until the edge was seen to serve it."""
        return self._create(call, request["DistributionConfig"], {})

    @operation(
        "DistributionConfigWithTags(Tags(Items(Key Value)))",
        parts={"DistributionConfigWithTags.DistributionConfig": members.DISTRIBUTION},
    )
    def create_distribution_with_tags(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The same, with tags."""
        given = request["DistributionConfigWithTags"]
        return self._create(call, given["DistributionConfig"], _tags(given["Tags"]))

    @operation("Id")
    def get_distribution(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """With its status."""
        found = self._find(request["Id"])
        return {"Distribution": self._shown(found), "ETag": found.etag}

    @operation("Id")
    def get_distribution_config(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The configuration and the ETag that an update needs."""
        found = self._find(request["Id"])
        return {"DistributionConfig": defaults.filled(found.config), "ETag": found.etag}

    @operation("Id IfMatch", parts={"DistributionConfig": members.DISTRIBUTION})
    def update_distribution(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces the whole configuration."""
        found, config = self._find(request["Id"]), request["DistributionConfig"]
        kinds.check_version(request, found)
        if config["CallerReference"] != found.config["CallerReference"]:
            raise AwsError("IllegalUpdate", "The caller reference of a distribution can't be changed.")
        self._check(config, found.id)
        changed = replace(found, config=config, etag=kinds.new_id(), modified=self.clock.now())
        self.distributions.put(changed)
        return {"Distribution": self._shown(changed), "ETag": changed.etag}

    @operation("Id IfMatch")
    def delete_distribution(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Only one that is disabled, and was seen to be."""
        found = self._find(request["Id"])
        kinds.check_version(request, found)
        if found.config["Enabled"] or not self._deployments.is_deployed(found.id, found.etag):
            raise AwsError(
                "DistributionNotDisabled",
                f"The distribution {found.id} must be disabled, and Deployed as such, before it is deleted.",
                409,
            )
        for key in self._invalidations.keys("distribution", found.id):
            self._invalidations.delete(key)
        self.distributions.delete(found.id)
        return {}

    @operation("Marker MaxItems")
    def list_distributions(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All of them, or a page."""
        items = [self._summary(found) for found in self.distributions]
        return {"DistributionList": page(items, request)}

    @operation("DistributionId InvalidationBatch(Paths(Quantity Items) CallerReference)")
    def create_invalidation(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """InProgress until the edge has dropped the paths."""
        distribution, batch = self._find(request["DistributionId"]), request["InvalidationBatch"]
        bounds.check_quantities(batch)
        known = self.invalidations(distribution.id)
        for other in known:
            if other.batch["CallerReference"] == batch["CallerReference"]:
                if other.batch != batch:
                    raise AwsError("InvalidationBatchAlreadyExists", "The caller reference was used for other paths.")
                return {"Invalidation": _invalidation(other), "Location": other.id}
        running = [path for other in known if not other.completed for path in other.batch["Paths"]["Items"]]
        _check_paths(batch["Paths"].get("Items") or [], running)
        made = Invalidation("I" + kinds.new_id()[1:], distribution.id, self.clock.now(), batch)
        self._invalidations.put(made)
        return {"Invalidation": _invalidation(made), "Location": made.id}

    @operation("DistributionId Id")
    def get_invalidation(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """With its status."""
        self._find(request["DistributionId"])
        found = self._invalidations.get(f"{request['DistributionId']}/{request['Id']}")
        if found is None:
            raise AwsError("NoSuchInvalidation", f"The invalidation {request['Id']} does not exist.", 404)
        return {"Invalidation": _invalidation(found)}

    @operation("DistributionId Marker MaxItems")
    def list_invalidations(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The newest first."""
        found = self._find(request["DistributionId"])
        items = [_invalidation(one) for one in reversed(self.invalidations(found.id))]
        for item in items:
            del item["InvalidationBatch"]
        return {"InvalidationList": page(items, request)}

    @operation("Resource Tags(Items(Key Value))")
    def tag_resource(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Adds tags, or changes their values."""
        found = self._by_arn(request["Resource"])
        self._tag(found, {**found.tags, **_tags(request["Tags"])})
        return {}

    @operation("Resource TagKeys(Items)")
    def untag_resource(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Removes tags."""
        found, gone = self._by_arn(request["Resource"]), set(request["TagKeys"].get("Items") or [])
        self._tag(found, {key: value for key, value in found.tags.items() if key not in gone})
        return {}

    @operation("Resource")
    def list_tags_for_resource(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A distribution's tags, or a function's."""
        tags = self._by_arn(request["Resource"]).tags
        return {"Tags": {"Items": [{"Key": key, "Value": value} for key, value in tags.items()]}}

    def invalidations(self, distribution_id: str) -> list[Invalidation]:
        """A distribution's invalidations, the oldest first."""
        return self._invalidations.where("distribution", distribution_id)

    def complete(self, invalidation: Invalidation) -> None:
        """The edge has dropped its paths."""
        self._invalidations.put(replace(invalidation, completed=True))

    def lookup(self, kind: str, identifier: str) -> Mapping[str, Any]:
        """Configuration of a policy or access control, name and code of a function; AwsError when there is none."""
        if kind == "Function":
            found = self.live(identifier)
            return {"name": found.name, "code": found.live.code if found.live else ""}
        return kinds.find(self.documents, kinds.BY_NAME[kind], identifier).config

    def _create(self, call: Call, config: dict[str, Any], tags: dict[str, str]) -> dict[str, Any]:
        for other in self.distributions.where("reference", config["CallerReference"]):
            if other.config == config:
                return {"Distribution": self._shown(other), "ETag": other.etag, "Location": other.id}
            raise AwsError("DistributionAlreadyExists", "The caller reference was used for another distribution.", 409)
        self._check(config)
        identifier = kinds.new_id()
        arn = f"arn:aws:cloudfront::{call.account}:distribution/{identifier}"
        made = Distribution(identifier, arn, kinds.new_id(), self.clock.now(), config, tags)
        self.distributions.put(made)
        return {"Distribution": self._shown(made), "ETag": made.etag, "Location": identifier}

    def _check(self, config: Mapping[str, Any], own: str = "") -> None:
        validate.distribution(config)
        certificate = self.documents.table(CERTIFICATE).get(
            (config.get("ViewerCertificate") or {}).get("ACMCertificateArn") or ""
        )
        issued = certificate is not None and bool(certificate.certificate)
        validate.certificate(config, certificate.hosts if certificate is not None and issued else None)
        for name in (config.get("Aliases") or {}).get("Items") or []:
            if {*self.distributions.keys("alias", name.lower())} - {own}:
                told = (
                    f"One or more of the CNAMEs you provided are already associated with a different resource: {name}"
                )
                raise AwsError("CNAMEAlreadyExists", told, 409)
        self._check_logging(config.get("Logging") or {})
        for origin in config["Origins"]["Items"]:
            if origin.get("OriginAccessControlId"):
                self.lookup("OriginAccessControl", origin["OriginAccessControlId"])
            if place := (origin.get("S3OriginConfig") or {}).get("OriginAccessIdentity"):
                self.named(place)
        rules = (config.get("CacheBehaviors") or {}).get("Items") or []
        for rule in [config["DefaultCacheBehavior"], *rules]:
            for policy in USED:
                if rule.get(f"{policy}Id"):
                    self.lookup(policy, rule[f"{policy}Id"])
            for association in (rule.get("FunctionAssociations") or {}).get("Items") or []:
                self.live(association["FunctionARN"])

    def _check_logging(self, logging: Mapping[str, Any]) -> None:
        """Standard logs go to buckets that take access control lists ("Configure standard logging (legacy)")."""
        if not logging.get("Enabled"):
            return
        bucket = buckets(self.documents).get(log_bucket(logging))
        if bucket is None:
            told = f"The parameter Logging Bucket does not refer to a valid S3 bucket: {logging.get('Bucket', '')}"
            raise AwsError("InvalidArgument", told)
        if bucket.ownership == ENFORCED:
            told = (
                f"The S3 bucket that you specified for CloudFront logs does not enable ACL access: {logging['Bucket']}"
            )
            raise AwsError("InvalidArgument", told)

    def _find(self, identifier: str) -> Distribution:
        found = self.distributions.get(identifier)
        if found is None:
            raise AwsError("NoSuchDistribution", f"The specified distribution does not exist: {identifier}.", 404)
        return found

    def _by_arn(self, arn: str) -> Distribution | Function:
        name = arn.rpartition("/")[2]
        for found in (self.distributions.get(name), self.documents.table(FUNCTION).get(name)):
            if found is not None and found.arn == arn:
                return found
        raise AwsError("NoSuchResource", f"There is no distribution or function {arn}.", 404)

    def _tag(self, found: Distribution | Function, tags: dict[str, str]) -> None:
        if isinstance(found, Function):
            self.documents.table(FUNCTION).put(replace(found, tags=tags))
        else:
            self.distributions.put(replace(found, tags=tags))

    def _shown(self, found: Distribution) -> dict[str, Any]:
        running = [one for one in self.invalidations(found.id) if not one.completed]
        return {
            **self._identity(found),
            "InProgressInvalidationBatches": len(running),
            "ActiveTrustedSigners": {"Enabled": False, "Quantity": 0},
            "ActiveTrustedKeyGroups": {"Enabled": False, "Quantity": 0},
            "DistributionConfig": defaults.filled(found.config),
        }

    def _summary(self, found: Distribution) -> dict[str, Any]:
        config = defaults.filled(found.config)
        for name in ("CallerReference", "DefaultRootObject", "Logging", "ContinuousDeploymentPolicyId"):
            config.pop(name, None)
        return {**self._identity(found), "ETag": found.etag, **config}

    def _identity(self, found: Distribution) -> dict[str, Any]:
        return {
            "Id": found.id,
            "ARN": found.arn,
            "Status": "Deployed" if self._deployments.is_deployed(found.id, found.etag) else "InProgress",
            "LastModifiedTime": found.modified,
            "DomainName": names.distribution(found.id),
        }


def _tags(given: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value") or "" for tag in given.get("Items") or []}


def _invalidation(found: Invalidation) -> dict[str, Any]:
    return {
        "Id": found.id,
        "Status": "Completed" if found.completed else "InProgress",
        "CreateTime": found.created,
        "InvalidationBatch": copy.deepcopy(found.batch),
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
