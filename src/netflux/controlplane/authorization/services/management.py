"""IAM, STS, CloudWatch and its logs, CloudFormation."""

from __future__ import annotations

from netflux.controlplane.authorization.service import Service

IDENTITIES = Service(
    "iam",
    regional=False,
    parameters=(
        "user/{UserName:bare}", "role/{RoleName:bare}", "group/{GroupName:bare}", "{PolicyArn}",
        "instance-profile/{InstanceProfileName:bare}", "{OpenIDConnectProviderArn}", "{SAMLProviderArn}",
        "server-certificate/{ServerCertificateName}",
    ),
    operations={
        "AddRoleToInstanceProfile": ("instance-profile/{InstanceProfileName:bare}",),
        "AddUserToGroup": ("group/{GroupName:bare}",),
        "CreatePolicy": ("policy/{PolicyName:bare}",),
        "CreateSAMLProvider": ("saml-provider/{Name}",),
        "CreateServiceLinkedRole": ("role/aws-service-role/{AWSServiceName}/*",),
        "ListGroups": ("group/",),
        "ListRoles": ("role/",),
        "ListUsers": ("user/",),
        "RemoveRoleFromInstanceProfile": ("instance-profile/{InstanceProfileName:bare}",),
        "RemoveUserFromGroup": ("group/{GroupName:bare}",),
        "SimulatePrincipalPolicy": ("{PolicySourceArn}",),
    },
    also={
        "CreatePolicy": (("Tags", "TagPolicy", ""),),
        "CreateRole": (("Tags", "TagRole", ""),),
        "CreateUser": (("Tags", "TagUser", ""),),
    },
    keys={
        "iam:awsservicename": "AWSServiceName",
        "iam:permissionsboundary": "PermissionsBoundary",
        "iam:policyarn": "PolicyArn",
    },
)  # fmt: skip

SESSIONS = Service(
    "sts",
    regional=False,
    parameters=("{RoleArn}",),
    keys={"sts:externalid": "ExternalId", "sts:rolesessionname": "RoleSessionName"},
)

_GROUP = "log-group:{logGroupName:group}:log-stream:"
_STREAM = "log-group:{logGroupName:group}:log-stream:{logStreamName}"

LOGS = Service(
    "logs",
    parameters=(
        _STREAM, _GROUP, "log-group:{logGroupIdentifier:group}:log-stream:", "log-group:{logGroupNames}:log-stream:",
        "{resourceArn}",
    ),
    operations={
        "DescribeLogGroups": ("log-group:{logGroupNamePrefix=}:log-stream:",),
        "FilterLogEvents": (_GROUP, "log-group:{logGroupIdentifier:group}:log-stream:"),
    },
    also={"CreateLogGroup": (("tags", "TagResource", "log-group:{logGroupName}"),)},
)  # fmt: skip

METRICS = Service(
    "cloudwatch",
    parameters=("alarm:{AlarmName}", "alarm:{AlarmNames}", "{ResourceARN}"),
    operations={
        "DescribeAlarms": ("alarm:{AlarmNames=*}",),
        "DescribeAlarmsForMetric": ("alarm:*",),
        "PutCompositeAlarm": ("alarm:{AlarmName}",),
    },
    keys={"cloudwatch:namespace": "Namespace"},
)

STACKS = Service(
    "cloudformation",
    parameters=("stack/{StackName}/*", "stack/{StackId}/*", "{ChangeSetName}"),
    operations={"ListStacks": (), "ValidateTemplate": (), "ListExports": (), "GetTemplateSummary": ()},
    passes=dict.fromkeys(
        ("CreateStack", "UpdateStack", "DeleteStack", "CreateChangeSet"), (("RoleARN", "cloudformation.amazonaws.com"),)
    ),
    keys={"cloudformation:templateurl": "TemplateURL", "cloudformation:rolearn": "RoleARN"},
)

EVENTS = Service(
    "events",
    parameters=("rule/{Rule}", "rule/{Name}", "{ResourceARN}", "event-bus/{EventBusName}"),
    operations={
        "CreateEventBus": ("event-bus/{Name}",),
        "DeleteEventBus": ("event-bus/{Name}",),
        "DescribeEventBus": ("event-bus/{Name}",),
        "UpdateEventBus": ("event-bus/{Name}",),
        "ListRules": (),
        "ListEventBuses": (),
        "TestEventPattern": (),
    },
    passes={"PutRule": (("RoleArn", "events.amazonaws.com"),)},
)

SCHEDULER = Service(
    "scheduler",
    parameters=("schedule/{GroupName}/{Name}", "schedule/default/{Name}", "{ResourceArn}"),
    operations={
        "CreateScheduleGroup": ("schedule-group/{Name}",),
        "DeleteScheduleGroup": ("schedule-group/{Name}",),
        "GetScheduleGroup": ("schedule-group/{Name}",),
        "ListScheduleGroups": (),
        "ListSchedules": (),
    },
)

SERVICES = {
    "events": EVENTS,
    "scheduler": SCHEDULER,
    "iam": IDENTITIES,
    "sts": SESSIONS,
    "logs": LOGS,
    "cloudwatch": METRICS,
    "cloudformation": STACKS,
}
