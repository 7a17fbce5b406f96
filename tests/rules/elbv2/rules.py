"""Of rules."""

from __future__ import annotations

from tests.aws.elbv2.place import fixed, forward, path_is
from tests.rules.elbv2.requests import (
    ACTIONS,
    CONDITIONS,
    NO_ARN,
    PRIORITIES,
    QUOTAS,
    TRANSFORMS,
    new_rule,
    redirect,
    rewrite,
    values,
    weighted,
)
from tests.rules.rule import Rule

RULES = [
    Rule(
        "A priority is 1 to 50000.",
        "CreateRule",
        new_rule(Priority=50001),
        "ValidationError",
        "CreateRule, API reference",
    ),
    Rule(
        "A priority is one rule's.", "CreateRule", new_rule(Priority=10), "PriorityInUse", "CreateRule, API reference"
    ),
    Rule(
        "A rule's listener is there.",
        "CreateRule",
        new_rule(ListenerArn="{listener}0"),
        "ListenerNotFound",
        "CreateRule, API reference",
    ),
    Rule(
        "A rule has conditions.",
        "CreateRule",
        new_rule() | {"Conditions": []},
        "ValidationError",
        "CreateRule, API reference",
    ),
    Rule(
        "A rule has an action.",
        "CreateRule",
        new_rule() | {"Actions": []},
        "ValidationError",
        "CreateRule, API reference",
    ),
    Rule(
        "A rule has one action that answers.",
        "CreateRule",
        new_rule() | {"Actions": [fixed(), fixed()]},
        "InvalidLoadBalancerAction",
        ACTIONS,
    ),
    Rule(
        "A condition has one of six fields.",
        "CreateRule",
        new_rule({"Field": "cookie", "Values": ["a"]}),
        "ValidationError",
        CONDITIONS,
    ),
    Rule("A condition has values.", "CreateRule", new_rule(values("path-pattern")), "ValidationError", CONDITIONS),
    Rule(
        "A condition has its own field's structure.",
        "CreateRule",
        new_rule(values("path-pattern", "/x") | {"HostHeaderConfig": {"Values": ["a.test"]}}),
        "ValidationError",
        "RuleCondition, API reference",
    ),
    Rule(
        "A rule has at most one path condition.",
        "CreateRule",
        new_rule(path_is("/a"), path_is("/b")),
        "InvalidConfigurationRequest",
        CONDITIONS,
    ),
    Rule(
        "A rule has at most one host condition.",
        "CreateRule",
        new_rule(values("host-header", "a.test"), values("host-header", "b.test")),
        "InvalidConfigurationRequest",
        CONDITIONS,
    ),
    Rule(
        "A rule has at most five condition values.",
        "CreateRule",
        new_rule(path_is(*(f"/{n}" for n in range(6)))),
        "ValidationError",
        QUOTAS,
        "A rule can only have '5' condition values",
    ),
    Rule(
        "A path has at most 128 characters.",
        "CreateRule",
        new_rule(path_is("/" + "x" * 128)),
        "ValidationError",
        CONDITIONS,
    ),
    Rule(
        "A host pattern has a dot and ends with letters.",
        "CreateRule",
        new_rule(values("host-header", "a.b1")),
        "ValidationError",
        CONDITIONS,
    ),
    Rule(
        "A header condition is not for Host.",
        "CreateRule",
        new_rule(values("http-header", "a", HttpHeaderName="Host")),
        "ValidationError",
        CONDITIONS,
    ),
    Rule(
        "A header condition names its header.",
        "CreateRule",
        new_rule(values("http-header", "a")),
        "ValidationError",
        CONDITIONS,
    ),
    Rule(
        "A header's name has at most 40 characters.",
        "CreateRule",
        new_rule(values("http-header", "a", HttpHeaderName="x" * 41)),
        "ValidationError",
        "HttpHeaderConditionConfig, API reference",
        "The 'HttpHeaderName' value is too long; the limit is '40'",
    ),
    Rule(
        "A method has A-Z, hyphens and underscores.",
        "CreateRule",
        new_rule(values("http-request-method", "get")),
        "ValidationError",
        "HttpRequestMethodConditionConfig, API reference",
        "the allowed characters are A-Z, hyphen and underscore",
    ),
    Rule(
        "A method has at most 40 characters.",
        "CreateRule",
        new_rule(values("http-request-method", "X" * 41)),
        "ValidationError",
        "HttpRequestMethodConditionConfig, API reference",
        "too long; the limit is '40'",
    ),
    Rule(
        "A field with a structure of its own has it.",
        "CreateRule",
        new_rule({"Field": "source-ip"}),
        "ValidationError",
        "RuleCondition, API reference",
        "A 'SourceIpConfig' must be specified with 'source-ip'",
    ),
    Rule(
        "A pair of a query string has a value.",
        "CreateRule",
        new_rule({"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a"}]}}),
        "ValidationError",
        "QueryStringKeyValuePair, API reference",
        "A 'Value' must be specified in 'QueryStringKeyValuePair'",
    ),
    Rule(
        "A pair of a query string has at most 128 characters in its value.",
        "CreateRule",
        new_rule({"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": "a" * 129}]}}),
        "ValidationError",
        "QueryStringConditionConfig, API reference",
        "The 'Value' value is too long; the limit is '128'",
    ),
    Rule(
        "A source is a block of addresses.",
        "CreateRule",
        new_rule(values("source-ip", "10.0.0.1/8")),
        "ValidationError",
        CONDITIONS,
    ),
    Rule(
        "A source is not 255.255.255.255/32.",
        "CreateRule",
        new_rule(values("source-ip", "255.255.255.255/32")),
        "ValidationError",
        CONDITIONS,
    ),
    Rule(
        "Regular expressions are valid.",
        "CreateRule",
        new_rule({"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["("]}}),
        "ValidationError",
        CONDITIONS,
    ),
    Rule(
        "A condition has values or regular expressions.",
        "CreateRule",
        new_rule({"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/a$"], "Values": ["/a"]}}),
        "ValidationError",
        "PathPatternConditionConfig, API reference",
    ),
    Rule(
        "A fixed response is 2XX, 4XX or 5XX.", "CreateRule", new_rule(action=fixed("300")), "ValidationError", ACTIONS
    ),
    Rule(
        "A fixed response's body has at most 1024 characters.",
        "CreateRule",
        new_rule(action=fixed("200", "x" * 1025)),
        "ValidationError",
        "FixedResponseActionConfig, API reference",
    ),
    Rule(
        "A fixed response's type is one of five.",
        "CreateRule",
        new_rule(
            action={
                "Type": "fixed-response",
                "FixedResponseConfig": {"StatusCode": "200", "ContentType": "image/png"},
            }
        ),
        "InvalidLoadBalancerAction",
        "FixedResponseActionConfig, API reference",
    ),
    Rule(
        "A redirect changes something.", "CreateRule", new_rule(action=redirect()), "InvalidLoadBalancerAction", ACTIONS
    ),
    Rule(
        "A redirect's path begins with a slash.",
        "CreateRule",
        new_rule(action=redirect(Path="x")),
        "ValidationError",
        "RedirectActionConfig, API reference",
    ),
    Rule(
        "A redirect's port is a number or #{port}.",
        "CreateRule",
        new_rule(action=redirect(Port="x")),
        "ValidationError",
        "RedirectActionConfig, API reference",
    ),
    Rule(
        "HTTPS is not redirected to HTTP by a rule.",
        "CreateRule",
        new_rule(action=redirect(Protocol="HTTP"), ListenerArn="{secure}"),
        "InvalidLoadBalancerAction",
        ACTIONS,
    ),
    Rule(
        "A forward names a target group.",
        "CreateRule",
        new_rule(action={"Type": "forward"}),
        "ValidationError",
        ACTIONS,
    ),
    Rule(
        "A forward has at most five target groups.",
        "CreateRule",
        new_rule(action=weighted(*(f"{{t{n}}}" for n in range(6)))),
        "TooManyTargetGroups",
        QUOTAS,
    ),
    Rule(
        "A forward names a target group once, in whichever form.",
        "CreateRule",
        new_rule(action={**weighted("{t0}"), "TargetGroupArn": "{t1}"}),
        "ValidationError",
        "Action, API reference",
    ),
    Rule(
        "A target group's weight is at most 999.",
        "CreateRule",
        new_rule(
            action={
                "Type": "forward",
                "ForwardConfig": {
                    "TargetGroups": [
                        {"TargetGroupArn": "{t0}", "Weight": 1000},
                        {"TargetGroupArn": "{t1}"},
                    ]
                },
            }
        ),
        "ValidationError",
        ACTIONS,
    ),
    Rule(
        "Stickiness of target groups has a duration.",
        "CreateRule",
        new_rule(action=weighted("{t0}", "{t1}", TargetGroupStickinessConfig={"Enabled": True})),
        "ValidationError",
        ACTIONS,
    ),
    Rule(
        "A rule's target group is there.",
        "CreateRule",
        new_rule(action=forward(f"{NO_ARN}:targetgroup/no/0123456789abcdef")),
        "TargetGroupNotFound",
        "CreateRule, API reference",
    ),
    Rule(
        "A rule's target group is of the load balancer's VPC.",
        "CreateRule",
        new_rule(action=forward("{foreign}")),
        "InvalidConfigurationRequest",
        "CreateRule, API reference",
    ),
    Rule(
        "A rule's target group has no other load balancer.",
        "CreateRule",
        new_rule(action=forward("{taken}")),
        "TargetGroupAssociationLimit",
        QUOTAS,
    ),
    Rule(
        "A rule has at most one transform of a kind.",
        "CreateRule",
        new_rule(Transforms=[rewrite("url-rewrite", ("^/a", "/b")), rewrite("url-rewrite", ("^/c", "/d"))]),
        "ValidationError",
        TRANSFORMS,
    ),
    Rule(
        "A transform has one rewrite.",
        "CreateRule",
        new_rule(Transforms=[rewrite("url-rewrite")]),
        "ValidationError",
        TRANSFORMS,
    ),
    Rule(
        "A transform has its own type's structure.",
        "CreateRule",
        new_rule(
            Transforms=[
                rewrite("url-rewrite", ("^/a", "/b"))
                | {"HostHeaderRewriteConfig": {"Rewrites": [{"Regex": "a", "Replace": "b"}]}}
            ]
        ),
        "ValidationError",
        "RuleTransform, API reference",
    ),
    Rule(
        "A replacement names groups of its expression.",
        "CreateRule",
        new_rule(Transforms=[rewrite("url-rewrite", ("^/a", "/$1"))]),
        "ValidationError",
        TRANSFORMS,
    ),
    Rule(
        "Transforms are set or reset.",
        "ModifyRule",
        {
            "RuleArn": "{rule}",
            "ResetTransforms": True,
            "Transforms": [rewrite("url-rewrite", ("^/a", "/b"))],
        },
        "ValidationError",
        "ModifyRule, API reference",
    ),
    Rule(
        "Something of a rule is modified.",
        "ModifyRule",
        {"RuleArn": "{rule}"},
        "ValidationError",
        "ModifyRule, API reference",
    ),
    Rule(
        "A rule that is modified is there.",
        "ModifyRule",
        {"RuleArn": "{rule}0", "Actions": [fixed()]},
        "RuleNotFound",
        "ModifyRule, API reference",
    ),
    Rule(
        "The default rule has no conditions.",
        "ModifyRule",
        {"RuleArn": "{default_rule}", "Conditions": [path_is("/x")]},
        "OperationNotPermitted",
        "Listener rules for your Application Load Balancer",
    ),
    Rule(
        "The default rule is not deleted.",
        "DeleteRule",
        {"RuleArn": "{default_rule}"},
        "OperationNotPermitted",
        "DeleteRule, API reference",
    ),
    Rule(
        "A rule that is deleted is there.",
        "DeleteRule",
        {"RuleArn": "{rule}0"},
        "RuleNotFound",
        "DeleteRule, API reference",
    ),
    Rule(
        "The default rule's priority stays.",
        "SetRulePriorities",
        {"RulePriorities": [{"RuleArn": "{default_rule}", "Priority": 5}]},
        "OperationNotPermitted",
        PRIORITIES,
    ),
    Rule(
        "A priority that is set is nobody else's; then none is set.",
        "SetRulePriorities",
        {
            "RulePriorities": [
                {"RuleArn": "{rule}", "Priority": 5},
                {"RuleArn": "{next_rule}", "Priority": 5},
            ]
        },
        "ValidationError",
        PRIORITIES,
    ),
    Rule(
        "A priority that is set is free.",
        "SetRulePriorities",
        {"RulePriorities": [{"RuleArn": "{rule}", "Priority": 20}]},
        "PriorityInUse",
        PRIORITIES,
    ),
    Rule(
        "All rules whose priorities are set are there; else none is set.",
        "SetRulePriorities",
        {
            "RulePriorities": [
                {"RuleArn": "{rule}", "Priority": 5},
                {"RuleArn": "{rule}0", "Priority": 6},
            ]
        },
        "RuleNotFound",
        PRIORITIES,
    ),
    Rule(
        "A listener or rules are described, not both.",
        "DescribeRules",
        {"ListenerArn": "{listener}", "RuleArns": ["{rule}"]},
        "ValidationError",
        "DescribeRules, API reference",
    ),
]
