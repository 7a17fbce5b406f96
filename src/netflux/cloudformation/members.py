"""Members that many of CloudFormation's requests share, as the operations' declarations name them. Pure."""

from __future__ import annotations

TEMPLATE = "TemplateBody TemplateURL"
STACK = (
    f"StackName {TEMPLATE} Parameters(ParameterKey ParameterValue UsePreviousValue) Capabilities RoleARN "
    "Tags(Key Value)"
)
"""Of a request that says what a stack is to be."""
HOW = (
    "RollbackConfiguration(RollbackTriggers(Arn Type) MonitoringTimeInMinutes) ResourceTypes "
    "DeploymentConfig(Mode DisableRollback) DisableValidation"
)
"""Of a request that says how a stack is brought there."""

_ANSWERED = "It is a member of answers."
NOT_MORE = {
    "DisableValidation": "Templates are always looked at before anything is made.",
    "Parameters.ResolvedValue": _ANSWERED,
}
ONE_PAGE = {"NextToken": "One answer has all: no answer gives a token."}

ONLY = {"DisableValidation": (False,)}
ONLY_SLOWLY = {
    "DeploymentConfig.Mode": "What is deleted is waited for until it is gone: use the mode STANDARD.",
    "DeploymentConfig.DisableRollback": "A deletion is not rolled back: leave it out.",
}
"""Of deletions and rollbacks."""
ONLY_STANDARD = {"DeploymentConfig.Mode": ("STANDARD",), "DeploymentConfig.DisableRollback": (False,)}
