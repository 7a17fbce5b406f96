"""Operations on policies: who may use a repository or the registry, and which images expire."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from netflux.aws.ecr import expiry
from netflux.aws.ecr.records import EcrRecords, invalid, page, unpaged
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.decoding import json as decoding
from netflux.errors import AwsError
from netflux.policy import document
from netflux.resources.ecr import Image, Repository

if TYPE_CHECKING:
    from types_boto3_ecr import type_defs as ecr

Json = dict[str, Any]

_NEVER = datetime.fromtimestamp(0, UTC)
_LOCKOUT = "It is about whoever sets the policy: this cloud's administrator can always set another one."


class Policies:
    """Handlers of the operations on policies.

    Attributes:
        records: of the registry.
        clock: says which images are old.
    """

    records: EcrRecords
    clock: Clock
    _previews: dict[str, str]
    """By repository, the policy that was tried last; a preview is worth a day on AWS, and nothing after a start."""

    @operation("registryId repositoryName policyText", neutral={"force": _LOCKOUT})
    def set_repository_policy(self, call: Call, request: ecr.SetRepositoryPolicyRequestTypeDef) -> Json:
        """Keeps the policy, which can leave its Resource out: it is the repository ("Private repository policies")."""
        found, text = self.records.repository(call, request), request["policyText"]
        _check(text, "repository", found.arn)
        self.records.repositories.put(replace(found, policy=text))
        return {**_about(call, found), "policyText": text}

    @operation("registryId repositoryName")
    def get_repository_policy(self, call: Call, request: ecr.GetRepositoryPolicyRequestTypeDef) -> Json:
        """The policy's text, as it was set."""
        found = self._with_policy(call, self.records.repository(call, request))
        return {**_about(call, found), "policyText": found.policy}

    @operation("registryId repositoryName")
    def delete_repository_policy(self, call: Call, request: ecr.DeleteRepositoryPolicyRequestTypeDef) -> Json:
        """Removes the policy and tells it once more."""
        found = self._with_policy(call, self.records.repository(call, request))
        self.records.repositories.put(replace(found, policy=""))
        return {**_about(call, found), "policyText": found.policy}

    @operation("registryId repositoryName lifecyclePolicyText")
    def put_lifecycle_policy(self, call: Call, request: ecr.PutLifecyclePolicyRequestTypeDef) -> Json:
        """Keeps a policy that can be carried out; the controller does."""
        found, text = self.records.repository(call, request), request["lifecyclePolicyText"]
        expiry.rules(text)
        self.records.repositories.put(replace(found, lifecycle=text))
        return {**_about(call, found), "lifecyclePolicyText": text}

    @operation("registryId repositoryName")
    def get_lifecycle_policy(self, call: Call, request: ecr.GetLifecyclePolicyRequestTypeDef) -> Json:
        """The policy's text, and when it was last carried out."""
        found = self._with_lifecycle(call, self.records.repository(call, request))
        return self._lifecycle(call, found)

    @operation("registryId repositoryName")
    def delete_lifecycle_policy(self, call: Call, request: ecr.DeleteLifecyclePolicyRequestTypeDef) -> Json:
        """From now on nothing expires."""
        found = self._with_lifecycle(call, self.records.repository(call, request))
        answer = self._lifecycle(call, found)
        self.records.repositories.put(replace(found, lifecycle=""))
        self.records.evaluations.delete(found.name)
        return answer

    @operation("registryId repositoryName lifecyclePolicyText")
    def start_lifecycle_policy_preview(
        self, call: Call, request: ecr.StartLifecyclePolicyPreviewRequestTypeDef
    ) -> Json:
        """Tries a policy, or the repository's own: its result is there at once."""
        found = self.records.repository(call, request)
        text = request.get("lifecyclePolicyText") or self._with_lifecycle(call, found).lifecycle
        expiry.rules(text)
        self._previews[found.arn] = text
        return {**_about(call, found), "lifecyclePolicyText": text, "status": "COMPLETE"}

    @operation("registryId repositoryName imageIds(imageDigest imageTag) nextToken maxResults filter(tagStatus)")
    def get_lifecycle_policy_preview(self, call: Call, request: ecr.GetLifecyclePolicyPreviewRequestTypeDef) -> Json:
        """What the policy that was tried would expire now."""
        found = self.records.repository(call, request)
        text = self._previews.get(found.arn)
        if text is None:
            raise AwsError(
                "LifecyclePolicyPreviewNotFoundException",
                f"Lifecycle policy preview does not exist for the repository with name '{found.name}' in the registry "
                f"with id '{call.account}'",
            )
        gone = expiry.expired(expiry.rules(text), self.records.of(found.name), self.clock.now(), self.clock.speed)
        status = (request.get("filter") or {}).get("tagStatus", "ANY")
        gone = [(rule, image) for rule, image in gone if status == "ANY" or (status == "TAGGED") == bool(image.tags)]
        token: Json = {}
        results = [_result(rule, image) for rule, image in gone]
        if unpaged(request, "imageIds"):
            wanted = {getattr(self.records.find(found.name, one), "digest", "") for one in request["imageIds"]}
            results = [one for one in results if one["imageDigest"] in wanted]
        else:
            results, token = page(results, request)
        return {
            **_about(call, found),
            "lifecyclePolicyText": text,
            "status": "COMPLETE",
            "previewResults": results,
            "summary": {"expiringImageTotalCount": len(gone)},
            **token,
        }

    @operation("policyText")
    def put_registry_policy(self, call: Call, request: ecr.PutRegistryPolicyRequestTypeDef) -> Json:
        """Keeps the policy ("Private registry permissions in Amazon ECR")."""
        text = request["policyText"]
        _check(text, "registry", f"arn:aws:ecr:{call.region}:{call.account}:repository/*")
        self.records.keep(replace(self.records.registry, policy=text))
        return {"registryId": call.account, "policyText": text}

    @operation()
    def get_registry_policy(self, call: Call, _request: Json) -> Json:
        """The policy's text."""
        return {"registryId": call.account, "policyText": self._registry_policy(call)}

    @operation()
    def delete_registry_policy(self, call: Call, _request: Json) -> Json:
        """Removes the policy and tells it once more."""
        text = self._registry_policy(call)
        self.records.keep(replace(self.records.registry, policy=""))
        return {"registryId": call.account, "policyText": text}

    def _registry_policy(self, call: Call) -> str:
        text = self.records.registry.policy
        if not text:
            raise AwsError(
                "RegistryPolicyNotFoundException",
                f"Registry policy does not exist in the registry with id '{call.account}'",
            )
        return text

    def _with_policy(self, call: Call, found: Repository) -> Repository:
        if not found.policy:
            raise _absent(call, found, "Repository policy", "RepositoryPolicyNotFoundException")
        return found

    def _with_lifecycle(self, call: Call, found: Repository) -> Repository:
        if not found.lifecycle:
            raise _absent(call, found, "Lifecycle policy", "LifecyclePolicyNotFoundException")
        return found

    def _lifecycle(self, call: Call, found: Repository) -> Json:
        """A policy that was never carried out was so at the epoch, in ECR's words."""
        evaluated = self.records.evaluations.get(found.name)
        at = evaluated.at if evaluated is not None else _NEVER
        return {**_about(call, found), "lifecyclePolicyText": found.lifecycle, "lastEvaluatedAt": at}


def _about(call: Call, found: Repository) -> Json:
    return {"registryId": call.account, "repositoryName": found.name}


def _absent(call: Call, found: Repository, what: str, code: str) -> AwsError:
    return AwsError(
        code,
        f"{what} does not exist for the repository with name '{found.name}' in the registry with id '{call.account}'",
    )


def _result(rule: expiry.Rule, image: Image) -> Json:
    return {
        **({"imageTags": [*image.tags]} if image.tags else {}),
        "imageDigest": image.digest,
        "imagePushedAt": image.pushed_at,
        "action": {"type": "EXPIRE"},
        "appliedRulePriority": rule.priority,
    }


def _check(text: str, whose: str, resource: str) -> None:
    """Raises AwsError for a text that is no policy. A statement without a Resource is about what the policy is on."""
    refusal = invalid("PolicyText", f"Invalid {whose} policy provided")
    try:
        body = decoding.value(text)
        if whose == "repository":
            statements = body.get("Statement")
            for one in statements if isinstance(statements, list) else [statements]:
                if "Resource" not in one and "NotResource" not in one:
                    one["Resource"] = resource
        policy = document.parse(json.dumps(body), needs_principal=True)
    except (ValueError, AttributeError, TypeError, document.PolicyError) as error:
        raise refusal from error
    if not all(
        action == "*" or action.lower().startswith("ecr:") for one in policy.statements for action in one.actions
    ):
        raise refusal
