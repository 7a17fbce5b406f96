"""Members of services, tasks and task definitions that more than one operation carries or refuses."""

from __future__ import annotations

from collections.abc import Mapping

_EMPTY: tuple[object, ...] = ([],)
"""A list that asks for nothing, as describe answers have it, and clients send it back."""

NETWORK = "networkConfiguration(awsvpcConfiguration(subnets securityGroups assignPublicIp))"
STRATEGY = "capacityProviderStrategy(capacityProvider weight base)"
TAGS = "tags(key value)"

FARGATE_ONLY = (
    "There are no container instances: set launchType FARGATE, or a strategy of FARGATE and FARGATE_SPOT, with the "
    "network mode awsvpc."
)
_INSTANCES = "There are no container instances to choose from, as on Fargate: leave it out."
_NO_EBS = "There are no EBS volumes here: use a volume of EFS, or one that lives as long as its task (host: {})."
_NO_EXEC = "No agent runs in tasks that could carry a session: leave it out. What a task prints is in its log stream."

# Services

_PACE = (
    "deploymentConfiguration(deploymentCircuitBreaker(enable rollback resetOnHealthyTask thresholdConfiguration(type "
    "value)) maximumPercent minimumHealthyPercent alarms(alarmNames rollback enable) strategy bakeTimeInMinutes "
    "lifecycleHooks)"
)
_CONNECT = (
    "serviceConnectConfiguration(enabled namespace services(portName discoveryName clientAliases(port dnsName) "
    "ingressPortOverride timeout(idleTimeoutSeconds perRequestTimeoutSeconds)))"
)
SERVICE = (
    f"cluster taskDefinition availabilityZoneRebalancing loadBalancers(targetGroupArn containerName containerPort) "
    f"serviceRegistries(registryArn port containerName containerPort) desiredCount {STRATEGY} platformVersion {_PACE} "
    f"placementConstraints placementStrategy {NETWORK} healthCheckGracePeriodSeconds deploymentController(type) "
    f"enableECSManagedTags propagateTags enableExecuteCommand {_CONNECT} volumeConfigurations vpcLatticeConfigurations "
    "gatewayConnectors"
)
_ONE_PROXY = "Leave it out: the proxy of Service Connect is the region's own HAProxy."
SERVICE_REFUSED: Mapping[str, str] = {
    "loadBalancers.loadBalancerName": "Use targetGroupArn: there are no Classic Load Balancers.",
    "loadBalancers.advancedConfiguration": "Deployments are rolling: leave it out.",
    "deploymentConfiguration.strategy": "Use ROLLING.",
    "deploymentConfiguration.bakeTimeInMinutes": "Deployments are rolling: leave it out.",
    "deploymentConfiguration.lifecycleHooks": "Deployments are rolling: leave it out.",
    "deploymentConfiguration.linearConfiguration": "Use the strategy ROLLING.",
    "deploymentConfiguration.canaryConfiguration": "Use the strategy ROLLING.",
    "deploymentConfiguration.earlySuccessCriteria": "Leave it out: a deployment is complete when all its tasks run.",
    "placementConstraints": _INSTANCES,
    "placementStrategy": _INSTANCES,
    "deploymentController.type": "Services deploy themselves here, without CodeDeploy: use ECS.",
    "enableExecuteCommand": _NO_EXEC,
    "serviceConnectConfiguration.services.clientAliases.testTrafficRules": "Deployments are rolling: leave it out.",
    "serviceConnectConfiguration.services.tls": "Leave it out: Service Connect carries plain text here.",
    "serviceConnectConfiguration.logConfiguration": f"{_ONE_PROXY} It writes no log of its own.",
    "serviceConnectConfiguration.accessLogConfiguration": f"{_ONE_PROXY} It writes no log of its own.",
    "serviceConnectConfiguration.containerConfigurations": _ONE_PROXY,
    "volumeConfigurations": _NO_EBS,
    "vpcLatticeConfigurations": "There is no VPC Lattice: use a load balancer or Service Connect.",
    "gatewayConnectors": "Use a load balancer.",
    "monitoring": "Leave it out: metrics of services are a minute each.",
}
SERVICE_ONLY: Mapping[str, tuple[object, ...]] = {
    "deploymentConfiguration.strategy": ("ROLLING",),
    "deploymentConfiguration.bakeTimeInMinutes": (0,),
    "deploymentConfiguration.lifecycleHooks": _EMPTY,
    "placementConstraints": _EMPTY,
    "placementStrategy": _EMPTY,
    "deploymentController.type": ("ECS",),
    "enableExecuteCommand": (False,),
    "volumeConfigurations": _EMPTY,
    "vpcLatticeConfigurations": _EMPTY,
    "gatewayConnectors": _EMPTY,
}

# Tasks

RUN = (
    f"{STRATEGY} cluster count enableECSManagedTags enableExecuteCommand group "
    f"launchType {NETWORK} overrides(containerOverrides(name command environment(name value) "
    "environmentFiles(value type) cpu memory memoryReservation resourceRequirements) cpu "
    "inferenceAcceleratorOverrides executionRoleArn memory "
    "taskRoleArn ephemeralStorage(sizeInGiB)) placementConstraints placementStrategy platformVersion propagateTags "
    f"startedBy {TAGS} taskDefinition clientToken volumeConfigurations"
)
RUN_REFUSED: Mapping[str, str] = {
    "enableExecuteCommand": _NO_EXEC,
    "overrides.containerOverrides.resourceRequirements": "There are no GPUs: leave it out.",
    "overrides.inferenceAcceleratorOverrides": "There are no accelerators: leave it out.",
    "placementConstraints": _INSTANCES,
    "placementStrategy": _INSTANCES,
    "referenceId": "Leave it out: no answer tells it. Use startedBy, or a tag.",
    "volumeConfigurations": _NO_EBS,
}
RUN_ONLY: Mapping[str, tuple[object, ...]] = {
    "enableExecuteCommand": (False,),
    "overrides.containerOverrides.resourceRequirements": _EMPTY,
    "overrides.inferenceAcceleratorOverrides": _EMPTY,
    "placementConstraints": _EMPTY,
    "placementStrategy": _EMPTY,
    "volumeConfigurations": _EMPTY,
}

# Task definitions

_LINKED = "Containers of a task share one network interface and reach each other at 127.0.0.1: leave it out."
_RESOLVED = "Tasks ask the resolver of their VPC: leave it out."
_CONTAINER_REFUSED: Mapping[str, str] = {
    "links": _LINKED,
    "linuxParameters.devices": "On Fargate there are none: leave it out.",
    "linuxParameters.sharedMemorySize": "On Fargate it is 64 MiB: leave it out, or mount a tmpfs.",
    "linuxParameters.maxSwap": "On Fargate there is none: leave it out.",
    "linuxParameters.swappiness": "On Fargate there is none: leave it out.",
    "credentialSpecs": "There is no Active Directory: leave it out.",
    "firelensConfiguration": "Use the log driver awslogs.",
    "resourceRequirements": "There are no GPUs: leave it out.",
    "dnsServers": _RESOLVED,
    "dnsSearchDomains": _RESOLVED,
    "repositoryCredentials": "Push the image to a repository of ECR.",
    "dockerSecurityOptions": "Leave it out: on Fargate there are none.",
    "hostname": "Leave it out: with the network mode awsvpc the host's name is the address's.",
    "disableNetworking": "Leave it out: the network mode is awsvpc.",
    "interactive": "Leave it out: nobody is at a task's standard input.",
    "pseudoTerminal": "Leave it out: a task has no terminal.",
    "portMappings.containerPortRange": "Map each port by containerPort.",
    "portMappings.protocol": "Use tcp.",
    "logConfiguration.logDriver": "Use awslogs.",
    "logConfiguration.secretOptions": "awslogs has no secret options: leave it out.",
}
_CONTAINER = (
    "name image cpu memory memoryReservation links portMappings(containerPort hostPort protocol name appProtocol) "
    "essential restartPolicy(enabled ignoredExitCodes restartAttemptPeriod) entryPoint command environment(name value) "
    "environmentFiles(value type) mountPoints(sourceVolume containerPath readOnly) "
    "volumesFrom(sourceContainer readOnly) "
    "linuxParameters(capabilities(add drop) initProcessEnabled devices tmpfs(containerPath size mountOptions)) "
    "secrets(name valueFrom) dependsOn(containerName condition) startTimeout "
    "stopTimeout versionConsistency hostname user workingDirectory disableNetworking privileged readonlyRootFilesystem "
    "dnsServers dnsSearchDomains extraHosts(hostname ipAddress) dockerSecurityOptions interactive pseudoTerminal "
    "dockerLabels ulimits(name softLimit hardLimit) logConfiguration(logDriver options secretOptions) "
    "healthCheck(command interval timeout retries startPeriod) systemControls(namespace value) "
    "resourceRequirements credentialSpecs"
)
_VOLUMES = (
    "volumes(name host(sourcePath) dockerVolumeConfiguration(scope autoprovision driver driverOpts labels) "
    "efsVolumeConfiguration(fileSystemId rootDirectory transitEncryption transitEncryptionPort "
    "authorizationConfig(accessPointId iam)) configuredAtLaunch)"
)
_EMPTY_IN_CONTAINERS = (
    "links", "linuxParameters.devices", "credentialSpecs", "resourceRequirements", "dnsServers", "dnsSearchDomains",
    "dockerSecurityOptions", "logConfiguration.secretOptions",
)  # fmt: skip
_NEVER = ("disableNetworking", "interactive", "pseudoTerminal")
DEFINITION = (
    f"family taskRoleArn executionRoleArn networkMode containerDefinitions({_CONTAINER}) {_VOLUMES} "
    f"placementConstraints requiresCompatibilities cpu memory {TAGS} inferenceAccelerators ephemeralStorage(sizeInGiB) "
    "runtimePlatform(cpuArchitecture operatingSystemFamily) enableFaultInjection"
)
DEFINITION_REFUSED: Mapping[str, str] = {
    **{f"containerDefinitions.{name}": instead for name, instead in _CONTAINER_REFUSED.items()},
    "volumes.configuredAtLaunch": _NO_EBS,
    "volumes.s3filesVolumeConfiguration": "There is no S3 Files here: use a volume of EFS, or S3's API.",
    "volumes.fsxWindowsFileServerVolumeConfiguration": "Tasks run on Linux: use a volume of EFS.",
    "placementConstraints": _INSTANCES,
    "pidMode": "Leave it out: each container has process ids of its own.",
    "ipcMode": "Leave it out: on Fargate there is none.",
    "proxyConfiguration": "Use Service Connect: there is no App Mesh.",
    "inferenceAccelerators": "There are no accelerators: leave it out.",
    "enableFaultInjection": "Leave it out: tasks have no fault injection endpoints.",
    "trustedExecutionConfiguration": "Leave it out: there is no enclave.",
    "runtimePlatform.operatingSystemFamily": "Use LINUX.",
}
DEFINITION_ONLY: Mapping[str, tuple[object, ...]] = {
    **{f"containerDefinitions.{name}": _EMPTY for name in _EMPTY_IN_CONTAINERS},
    **{f"containerDefinitions.{name}": (False,) for name in _NEVER},
    "containerDefinitions.hostname": ("",),
    "containerDefinitions.portMappings.protocol": ("tcp",),
    "containerDefinitions.logConfiguration.logDriver": ("awslogs",),
    "volumes.configuredAtLaunch": (False,),
    "placementConstraints": _EMPTY,
    "inferenceAccelerators": _EMPTY,
    "enableFaultInjection": (False,),
    "runtimePlatform.operatingSystemFamily": ("LINUX",),
}
