"""Members that many of CloudFormation's requests share, as the operations' declarations name them. Pure."""

from __future__ import annotations

TEMPLATE = "TemplateBody TemplateURL"
STACK = (
    f"StackName {TEMPLATE} Parameters(ParameterKey ParameterValue UsePreviousValue) Capabilities RoleARN "
    "Tags(Key Value)"
)
"""Of a request that says what a stack is to be."""
NOTHING_MORE = "RollbackConfiguration ResourceTypes DeploymentConfig(Mode DisableRollback) DisableValidation"
"""Those of which only what asks for nothing is carried."""

_POLICY = "Stack policies are not enforced here: leave it out."
_ANSWERED = "It is a member of answers."
NO_POLICY = dict.fromkeys(("StackPolicyBody", "StackPolicyURL"), _POLICY)
NO_POLICY_DURING = dict.fromkeys(("StackPolicyDuringUpdateBody", "StackPolicyDuringUpdateURL"), _POLICY)
NOT_MORE = {
    "RollbackConfiguration": "No alarms roll a stack back here: leave it out.",
    "ResourceTypes": "Say by the role's policies what may be made.",
    "DeploymentConfig.Mode": "Stacks are made in the mode STANDARD.",
    "DeploymentConfig.DisableRollback": "Use the request's own DisableRollback.",
    "DisableValidation": "Templates are always looked at before anything is made.",
    "Parameters.ResolvedValue": _ANSWERED,
}
KEPT_ON_CREATE = {"RetainExceptOnCreate": "What a rollback deletes is what the deletion policies say: leave it out."}
ONE_PAGE = {"NextToken": "One answer has all: no answer gives a token."}

ONLY = {
    "RollbackConfiguration": ({},),
    "ResourceTypes": ([],),
    "DeploymentConfig.Mode": ("STANDARD",),
    "DeploymentConfig.DisableRollback": (False,),
    "DisableValidation": (False,),
}
ONLY_KEPT = {"RetainExceptOnCreate": (False,)}
