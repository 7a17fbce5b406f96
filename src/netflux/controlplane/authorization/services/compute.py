"""ECS, ECR, Application Auto Scaling, Lambda."""

from __future__ import annotations

from netflux.controlplane.authorization.service import Service

_CLUSTER = "cluster/{cluster:name=default}"
_SERVICE = "service/{cluster:name=default}/{service:name}"
_TASKS = "ecs-tasks.amazonaws.com"

ECS = Service(
    "ecs",
    parameters=("{resourceArn}", _SERVICE, _CLUSTER),
    operations={
        "CreateCluster": (),
        "CreateService": ("service/{cluster:name=default}/{serviceName:name}",),
        "DeregisterTaskDefinition": (),
        "DeleteTaskDefinitions": ("task-definition/{taskDefinitions}",),
        "DescribeClusters": ("cluster/{clusters:name=default}",),
        "DescribeServiceDeployments": ("{serviceDeploymentArns}",),
        "DescribeServiceRevisions": ("{serviceRevisionArns}",),
        "DescribeServices": ("service/{cluster:name=default}/{services:name}",),
        "DescribeTaskDefinition": (),
        "DescribeTasks": ("task/{cluster:name=default}/{tasks:name}",),
        "ExecuteCommand": (_CLUSTER, "task/{cluster:name=default}/{task:name}"),
        "ListAccountSettings": (),
        "ListClusters": (),
        "ListServices": (),
        "ListTaskDefinitionFamilies": (),
        "ListTaskDefinitions": (),
        "ListTasks": (),
        "PutAccountSetting": (),
        "PutAccountSettingDefault": (),
        "RegisterTaskDefinition": ("task-definition/{family}:*",),
        "RunTask": ("task-definition/{taskDefinition}",),
        "StopTask": ("task/{cluster:name=default}/{task:name}",),
        "UpdateService": (_SERVICE,),
    },
    passes={
        "CreateService": (("role", "ecs.amazonaws.com"),),
        "RegisterTaskDefinition": (("taskRoleArn", _TASKS), ("executionRoleArn", _TASKS)),
        "RunTask": (("overrides.taskRoleArn", _TASKS), ("overrides.executionRoleArn", _TASKS)),
    },
    keys={"ecs:cluster": "cluster/{cluster:name}", "ecs:task-definition": "task-definition/{taskDefinition}"},
)

ECR = Service(
    "ecr",
    parameters=("repository/{repositoryName}", "repository/{repositoryNames}", "{resourceArn}"),
)

SCALING = Service(
    "application-autoscaling",
    operations={
        "DeleteScalingPolicy": ("scalable-target/*",),
        "DeleteScheduledAction": ("scalable-target/*",),
        "DeregisterScalableTarget": ("scalable-target/*",),
        "PutScalingPolicy": ("scalable-target/*",),
        "PutScheduledAction": ("scalable-target/*",),
        "RegisterScalableTarget": ("scalable-target/*",),
    },
    parameters=("{ResourceARN}",),
)

FUNCTIONS = Service(
    "lambda",
    parameters=("function:{FunctionName:function}", "{Resource}", "event-source-mapping:{UUID}", "layer:{LayerName}"),
    operations={
        "CreateEventSourceMapping": (),
        "GetAccountSettings": (),
        "GetLayerVersion": ("layer:{LayerName:function}:{VersionNumber}",),
        "GetLayerVersionByArn": ("{Arn}",),
        "ListEventSourceMappings": (),
        "ListFunctions": (),
        "ListLayers": (),
    },
    actions={"Invoke": ("InvokeFunction",), "InvokeWithResponseStream": ("InvokeFunction",)},
    passes={
        "CreateFunction": (("Role", "lambda.amazonaws.com"),),
        "UpdateFunctionConfiguration": (("Role", "lambda.amazonaws.com"),),
    },
    also={"CreateFunction": (("Tags", "TagResource", ""),)},
    keys={"lambda:principal": "Principal", "lambda:layer": "Layers"},
)

SERVICES = {"lambda": FUNCTIONS, "ecs": ECS, "ecr": ECR, "application-autoscaling": SCALING}
