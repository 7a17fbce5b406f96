// A load-balanced Fargate service, with the VPC, cluster, groups, roles and logs that the pattern makes by itself.
const ecr = require("aws-cdk-lib/aws-ecr");
const ecs = require("aws-cdk-lib/aws-ecs");
const patterns = require("aws-cdk-lib/aws-ecs-patterns");

module.exports = (stack) => {
  const repository = ecr.Repository.fromRepositoryName(stack, "Repository", "echo");
  new patterns.ApplicationLoadBalancedFargateService(stack, "Service", {
    cpu: 256,
    memoryLimitMiB: 512,
    desiredCount: 2,
    minHealthyPercent: 100,
    circuitBreaker: { rollback: true },
    taskImageOptions: { image: ecs.ContainerImage.fromEcrRepository(repository), containerPort: 8080 },
  });
};
