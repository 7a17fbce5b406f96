// Two services: one before a load balancer asks the other by its Service Connect name; scaling and alarms.
const cdk = require("aws-cdk-lib");
const cloudwatch = require("aws-cdk-lib/aws-cloudwatch");
const actions = require("aws-cdk-lib/aws-cloudwatch-actions");
const ec2 = require("aws-cdk-lib/aws-ec2");
const ecr = require("aws-cdk-lib/aws-ecr");
const ecs = require("aws-cdk-lib/aws-ecs");
const elbv2 = require("aws-cdk-lib/aws-elasticloadbalancingv2");
const sns = require("aws-cdk-lib/aws-sns");

module.exports = (stack) => {
  const vpc = new ec2.Vpc(stack, "Vpc", { maxAzs: 2, natGateways: 1 });
  const cluster = new ecs.Cluster(stack, "Cluster", { vpc, defaultCloudMapNamespace: { name: "pair" } });
  const image = ecs.ContainerImage.fromEcrRepository(ecr.Repository.fromRepositoryName(stack, "Repository", "echo"));
  const made = (name, environment) => {
    const task = new ecs.FargateTaskDefinition(stack, `${name}Task`, { cpu: 256, memoryLimitMiB: 512 });
    task.addContainer("web", {
      image,
      environment,
      portMappings: [{ containerPort: 8080, name: "web" }],
      logging: ecs.LogDrivers.awsLogs({ streamPrefix: name }),
    });
    return task;
  };
  const back = new ecs.FargateService(stack, "Back", {
    cluster,
    taskDefinition: made("back", {}),
    minHealthyPercent: 100,
    serviceConnectConfiguration: { services: [{ portMappingName: "web", dnsName: "back", port: 8080 }] },
  });
  const front = new ecs.FargateService(stack, "Front", {
    cluster,
    taskDefinition: made("front", { ASK: "http://back:8080/asked" }),
    minHealthyPercent: 100,
    serviceConnectConfiguration: {},
  });
  front.node.defaultChild.addDependency(back.node.defaultChild);
  back.connections.allowFrom(front, ec2.Port.tcp(8080));

  const balancer = new elbv2.ApplicationLoadBalancer(stack, "Balancer", { vpc, internetFacing: true });
  const targets = balancer.addListener("Http", { port: 80 }).addTargets("Front", {
    port: 8080,
    protocol: elbv2.ApplicationProtocol.HTTP,
    targets: [front],
    healthCheck: { path: "/health" },
    deregistrationDelay: cdk.Duration.seconds(10),
  });
  const scaling = front.autoScaleTaskCount({ minCapacity: 1, maxCapacity: 3 });
  scaling.scaleOnCpuUtilization("Cpu", { targetUtilizationPercent: 60 });
  scaling.scaleOnRequestCount("Requests", { requestsPerTarget: 10000, targetGroup: targets });

  const topic = new sns.Topic(stack, "Alarms");
  new cloudwatch.Alarm(stack, "Errors", {
    metric: targets.metrics.httpCodeTarget(elbv2.HttpCodeTarget.TARGET_5XX_COUNT),
    threshold: 5,
    evaluationPeriods: 1,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  }).addAlarmAction(new actions.SnsAction(topic));
  new cdk.CfnOutput(stack, "Name", { value: balancer.loadBalancerDnsName });
};
