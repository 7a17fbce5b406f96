// A database whose secret is generated, and rotated by a function of ours.
const path = require("node:path");
const cdk = require("aws-cdk-lib");
const ec2 = require("aws-cdk-lib/aws-ec2");
const iam = require("aws-cdk-lib/aws-iam");
const lambda = require("aws-cdk-lib/aws-lambda");
const rds = require("aws-cdk-lib/aws-rds");

module.exports = (stack) => {
  const vpc = new ec2.Vpc(stack, "Vpc", { maxAzs: 2, natGateways: 1 });
  const database = new rds.DatabaseInstance(stack, "Database", {
    engine: rds.DatabaseInstanceEngine.postgres({
      version: rds.PostgresEngineVersion.of(process.env.POSTGRES_VERSION, process.env.POSTGRES_VERSION.split(".")[0]),
    }),
    instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MICRO),
    credentials: rds.Credentials.fromGeneratedSecret("clerk"),
    databaseName: "shop",
    vpc,
    removalPolicy: cdk.RemovalPolicy.DESTROY,
  });
  const rotate = new lambda.Function(stack, "Rotate", {
    runtime: lambda.Runtime.PYTHON_3_12,
    handler: "rotate.handler",
    code: lambda.Code.fromAsset(path.join(__dirname, "rotation")),
    timeout: cdk.Duration.minutes(1),
  });
  rotate.addToRolePolicy(
    new iam.PolicyStatement({ actions: ["rds:ModifyDBInstance"], resources: [database.instanceArn] }),
  );
  rotate.addToRolePolicy(
    new iam.PolicyStatement({ actions: ["secretsmanager:GetRandomPassword"], resources: ["*"] }),
  );
  database.secret.addRotationSchedule("Rotation", {
    rotationLambda: rotate,
    automaticallyAfter: cdk.Duration.days(30),
    rotateImmediatelyOnUpdate: false,
  });
  new cdk.CfnOutput(stack, "SecretArn", { value: database.secret.secretArn });
};
