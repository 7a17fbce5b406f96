// The drawer that shows the API's whole answer for one thing, and stays true while it is open.
import { h, tree } from "./elements.js";

const drawer = document.getElementById("details");
let shown = null;

// What can be opened: the part of the status, and what its things are known by.
const KINDS = {
  vpc: ["vpcs", "VpcId", "VPC"],
  subnet: ["subnets", "SubnetId", "Subnet"],
  group: ["security_groups", "GroupId", "Security group"],
  nat: ["nat_gateways", "NatGatewayId", "NAT gateway"],
  gateway: ["internet_gateways", "InternetGatewayId", "Internet gateway"],
  routes: ["route_tables", "RouteTableId", "Route table"],
  interface: ["interfaces", "NetworkInterfaceId", "Network interface"],
  balancer: ["load_balancers", "LoadBalancerArn", "Load balancer"],
  listener: ["listeners", "ListenerArn", "Listener"],
  targets: ["target_groups", "TargetGroupArn", "Target group"],
  service: ["services", "serviceArn", "ECS service"],
  task: ["tasks", "taskArn", "ECS task"],
  cluster: ["clusters", "clusterArn", "ECS cluster"],
  database: ["databases", "DBInstanceIdentifier", "DB instance"],
  distribution: ["distributions", "Id", "Distribution"],
  bucket: ["buckets", "Name", "Bucket"],
  repository: ["repositories", "repositoryArn", "Repository"],
  namespace: ["namespaces", "Arn", "Namespace"],
  secret: ["secrets", "ARN", "Secret"],
  stack: ["stacks", "StackId", "Stack"],
};

export function opens(kind, id, status) {
  return {
    type: "button",
    "data-opens": `${kind} ${id}`,
    onclick: () => {
      shown = { kind, id };
      refresh(status());
      if (!drawer.open) drawer.show();
    },
  };
}

export function refresh(status) {
  if (!shown || !status) return;
  const [part, key, title] = KINDS[shown.kind];
  const found = (status[part] ?? []).find((thing) => thing[key] === shown.id);
  const more = shown.kind === "targets" ? { "DescribeTargetHealth": status.target_health?.[shown.id] ?? [] } : {};
  const images = shown.kind === "repository" && found ? { "DescribeImages": status.images?.[found.repositoryName] ?? [] } : {};
  const top = drawer.scrollTop;
  drawer.replaceChildren(
    h("header", {}, h("h2", {}, title), h("button", { type: "button", class: "close", "aria-label": "Close", onclick: close }, "✕")),
    h("p", { class: "id" }, shown.id),
    found ? tree({ ...more, ...images, ...found }) : h("p", { class: "gone" }, "It is gone."),
  );
  drawer.scrollTop = top;
}

function close() {
  shown = null;
  drawer.close();
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && drawer.open) close();
});
