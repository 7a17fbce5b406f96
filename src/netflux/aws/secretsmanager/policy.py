"""Resource policies of secrets: kept, told, checked."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netflux.aws.secretsmanager.part import Part
from netflux.aws.secretsmanager.shape import names
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.policy.document import Policy, PolicyError, parse
from netflux.policy.public import is_public

if TYPE_CHECKING:
    from types_boto3_secretsmanager.type_defs import (
        DeleteResourcePolicyRequestTypeDef,
        GetResourcePolicyRequestTypeDef,
        PutResourcePolicyRequestTypeDef,
        ValidateResourcePolicyRequestTypeDef,
    )

_ONE = {"PolicyName": "Leave it out: a secret has one policy here."}


class PolicyOperations(Part):
    """Handlers of resource policies."""

    @operation("SecretId ResourcePolicy BlockPublicPolicy", refused=_ONE)
    def put_resource_policy(self, call: Call, request: PutResourcePolicyRequestTypeDef) -> dict[str, Any]:
        """A policy for everyone is refused where that is asked for."""
        secret, text = self.usable(request), request["ResourcePolicy"]
        if is_public(_parsed(text)) and request.get("BlockPublicPolicy"):
            raise AwsError(
                "PublicPolicyException",
                "The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access "
                f"to the secret {secret.name}. Name the principals that may read it.",
            )
        self.touch(secret, policy=text)
        return names(secret)

    @operation("SecretId", refused=_ONE)
    def get_resource_policy(self, call: Call, request: GetResourcePolicyRequestTypeDef) -> dict[str, Any]:
        """Without a policy the answer has none."""
        secret = self.secret(request)
        return names(secret) | ({"ResourcePolicy": secret.policy} if secret.policy else {})

    @operation("SecretId", refused=_ONE)
    def delete_resource_policy(self, call: Call, request: DeleteResourcePolicyRequestTypeDef) -> dict[str, Any]:
        """A secret without a policy is no error."""
        return names(self.touch(self.usable(request), policy=""))

    @operation("SecretId ResourcePolicy")
    def validate_resource_policy(self, call: Call, request: ValidateResourcePolicyRequestTypeDef) -> dict[str, Any]:
        """Tells what PutResourcePolicy would refuse when public policies are blocked."""
        if "SecretId" in request:
            self.secret(request)
        if not is_public(_parsed(request["ResourcePolicy"])):
            return {"PolicyValidationPassed": True, "ValidationErrors": []}
        found = {"CheckName": "PublicPolicyCheck", "ErrorMessage": "The resource policy grants access to everyone."}
        return {"PolicyValidationPassed": False, "ValidationErrors": [found]}


def _parsed(text: str) -> Policy:
    try:
        return parse(text, needs_principal=True)
    except PolicyError as error:
        raise AwsError("MalformedPolicyDocumentException", f"This resource policy is not one: {error}.") from error
