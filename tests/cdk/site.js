// A static site: a private bucket that only the distribution reads, its files, a page for what is not there.
const path = require("node:path");
const cdk = require("aws-cdk-lib");
const cloudfront = require("aws-cdk-lib/aws-cloudfront");
const origins = require("aws-cdk-lib/aws-cloudfront-origins");
const s3 = require("aws-cdk-lib/aws-s3");
const deployment = require("aws-cdk-lib/aws-s3-deployment");

module.exports = (stack) => {
  const bucket = new s3.Bucket(stack, "Files", {
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    encryption: s3.BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    versioned: true,
    removalPolicy: cdk.RemovalPolicy.DESTROY,
    autoDeleteObjects: true,
  });
  const distribution = new cloudfront.Distribution(stack, "Distribution", {
    defaultRootObject: "index.html",
    defaultBehavior: {
      origin: origins.S3BucketOrigin.withOriginAccessControl(bucket, {
        originAccessLevels: [cloudfront.AccessLevel.READ, cloudfront.AccessLevel.LIST],
      }),
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    },
    errorResponses: [{ httpStatus: 404, responseHttpStatus: 404, responsePagePath: "/missing.html" }],
  });
  new deployment.BucketDeployment(stack, "Deployment", {
    sources: [
      deployment.Source.asset(path.join(__dirname, "site")),
      deployment.Source.jsonData("told.json", { bucket: bucket.bucketName }),
    ],
    destinationBucket: bucket,
    distribution,
    distributionPaths: ["/*"],
  });
  new cdk.CfnOutput(stack, "Url", { value: `https://${distribution.distributionDomainName}` });
};
