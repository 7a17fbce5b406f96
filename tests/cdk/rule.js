// A function behind a rule of a load balancer, whose default answer is its own.
const cdk = require("aws-cdk-lib");
const ec2 = require("aws-cdk-lib/aws-ec2");
const elbv2 = require("aws-cdk-lib/aws-elasticloadbalancingv2");
const targets = require("aws-cdk-lib/aws-elasticloadbalancingv2-targets");
const lambda = require("aws-cdk-lib/aws-lambda");
const logs = require("aws-cdk-lib/aws-logs");

module.exports = (stack) => {
  const vpc = new ec2.Vpc(stack, "Vpc", { maxAzs: 2, natGateways: 0 });
  const greet = new lambda.Function(stack, "Greet", {
    runtime: lambda.Runtime.NODEJS_22_X,
    handler: "index.handler",
    code: lambda.Code.fromInline(`exports.handler = async (event) => ({
  statusCode: 200,
  statusDescription: "200 OK",
  isBase64Encoded: false,
  headers: { "Content-Type": "text/plain" },
  body: "hello " + event.path,
});`),
    logRetention: logs.RetentionDays.ONE_WEEK,
  });
  const balancer = new elbv2.ApplicationLoadBalancer(stack, "Balancer", { vpc, internetFacing: true });
  const listener = balancer.addListener("Http", {
    port: 80,
    defaultAction: elbv2.ListenerAction.fixedResponse(404, { contentType: "text/plain", messageBody: "no rule" }),
  });
  listener.addTargets("Greet", {
    priority: 10,
    conditions: [elbv2.ListenerCondition.pathPatterns(["/greet/*"])],
    targets: [new targets.LambdaTarget(greet)],
  });
  new cdk.CfnOutput(stack, "Name", { value: balancer.loadBalancerDnsName });
};
