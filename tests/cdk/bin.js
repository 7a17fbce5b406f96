// Five applications as CDK's documentation shows them, a stack each.
const cdk = require("aws-cdk-lib");

const app = new cdk.App();
const env = { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION };
for (const name of ["service", "site", "database", "pair", "rule"]) {
  const stack = new cdk.Stack(app, name, { env });
  require(`./${name}`)(stack);
}
