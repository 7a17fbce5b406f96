// The map itself: the edge on top, then each VPC with a column for each zone and what lies in its subnets.
import { opens } from "./details.js";
import { h, last, name, pill } from "./elements.js";

export function region(status, now) {
  const vpcs = (status.vpcs ?? []).filter((vpc) => !vpc.IsDefault || used(vpc, status));
  const edge = h("div", { class: "edge" }, (status.distributions ?? []).map((one) => distribution(one, now)), (status.buckets ?? []).map((one) => bucket(one, now)));
  const empty = !vpcs.length && !edge.childElementCount;
  return [
    empty ? h("p", { class: "empty" }, "The region is empty. What you create with the AWS CLI, boto3 or a template appears here.") : null,
    edge.childElementCount ? edge : null,
    ...vpcs.map((vpc) => network(vpc, status, now)),
  ].filter(Boolean);
}

function used(vpc, status) {
  return (status.load_balancers ?? []).some((one) => one.VpcId === vpc.VpcId) || (status.interfaces ?? []).some((one) => one.VpcId === vpc.VpcId);
}

function distribution(one, now) {
  const config = one.DistributionConfig;
  const behaviors = [...(config.CacheBehaviors?.Items ?? []), { PathPattern: "Default (*)", ...config.DefaultCacheBehavior }];
  return h(
    "button",
    { class: "card edgecard", "data-node": `distribution ${one.Id}`, ...opens("distribution", one.Id, now) },
    h("span", { class: "kind" }, "CloudFront"),
    h("strong", {}, one.DomainName),
    pill(one.Status),
    h("span", { class: "rows" }, behaviors.map((each) => h("span", {}, h("code", {}, each.PathPattern), ` → ${each.TargetOriginId}`))),
  );
}

function bucket(one, now) {
  return h(
    "button",
    { class: "card", "data-node": `bucket ${one.Name}`, ...opens("bucket", one.Name, now) },
    h("span", { class: "kind" }, "S3"),
    h("strong", {}, one.Name),
  );
}

function network(vpc, status, now) {
  const subnets = (status.subnets ?? []).filter((one) => one.VpcId === vpc.VpcId);
  const zones = [...new Set(subnets.map((one) => one.AvailabilityZone))].sort();
  const groups = (status.security_groups ?? []).filter((one) => one.VpcId === vpc.VpcId);
  const balancers = (status.load_balancers ?? []).filter((one) => one.VpcId === vpc.VpcId);
  return h(
    "section",
    { class: "vpc" },
    h(
      "div",
      { class: "title" },
      h("button", { class: "plain", ...opens("vpc", vpc.VpcId, now) }, h("strong", {}, `VPC ${name(vpc) || vpc.VpcId}`), " ", h("code", {}, vpc.CidrBlock)),
      gateways(vpc, status, now),
    ),
    balancers.map((one) => balancer(one, status, now)),
    h("div", { class: "zones", style: `--zones: ${Math.max(1, zones.length)}; --tiers: ${1 + Math.max(0, ...zones.map((zone) => subnets.filter((one) => one.AvailabilityZone === zone).length))}` }, zones.map((zone) => column(zone, subnets, status, now))),
    groups.length ? h("div", { class: "groups" }, h("h3", {}, "Security groups"), groups.map((one) => group(one, groups, now))) : null,
  );
}

function gateways(vpc, status, now) {
  return (status.internet_gateways ?? [])
    .filter((one) => (one.Attachments ?? []).some((each) => each.VpcId === vpc.VpcId))
    .map((one) => h("button", { class: "chip", ...opens("gateway", one.InternetGatewayId, now) }, `internet gateway ${name(one)}`));
}

function balancer(one, status, now) {
  const listeners = (status.listeners ?? []).filter((each) => each.LoadBalancerArn === one.LoadBalancerArn);
  return h(
    "div",
    { class: "balancer", "data-node": `balancer ${one.LoadBalancerArn}`, "data-name": one.DNSName },
    h(
      "button",
      { class: "plain", ...opens("balancer", one.LoadBalancerArn, now) },
      h("span", { class: "kind" }, `${one.Scheme} ${one.Type} load balancer`),
      h("strong", {}, one.LoadBalancerName),
      pill(one.State?.Code ?? "", one.State?.Reason),
      h("code", { class: "dns" }, one.DNSName),
    ),
    listeners.map((listener) => h(
      "button",
      { class: "listener", ...opens("listener", listener.ListenerArn, now) },
      h("strong", {}, `${listener.Protocol} ${listener.Port}`),
      h("span", { class: "rows" }, listener.Rules.map((rule) => h("span", {}, h("b", {}, rule.Priority), " ", conditions(rule), " → ", rule.Actions.map(action).join(", ")))),
    )),
  );
}

function conditions(rule) {
  if (rule.IsDefault) return "otherwise";
  return rule.Conditions.map((one) => {
    const config = Object.entries(one).find(([key]) => key.endsWith("Config"))?.[1];
    const values = config?.Values ?? one.Values ?? [];
    return `${one.Field === "path-pattern" ? "" : `${one.Field} `}${values.map((each) => (typeof each === "string" ? each : `${each.Key}=${each.Value}`)).join(" or ")}`;
  }).join(" and ");
}

function action(one) {
  if (one.Type === "forward") {
    const groups = one.ForwardConfig?.TargetGroups ?? [{ TargetGroupArn: one.TargetGroupArn }];
    return groups.map((each) => each.TargetGroupArn?.split("/")[1] + (groups.length > 1 ? ` (${each.Weight})` : "")).join(" + ");
  }
  if (one.Type === "fixed-response") return `${one.FixedResponseConfig.StatusCode} ${one.FixedResponseConfig.MessageBody ?? ""}`;
  if (one.Type === "redirect") return `redirect ${one.RedirectConfig.StatusCode}`;
  return one.Type;
}

function column(zone, subnets, status, now) {
  const mine = subnets.filter((one) => one.AvailabilityZone === zone).sort((a, b) => a.CidrBlock.localeCompare(b.CidrBlock, undefined, { numeric: true }));
  return h("div", { class: "zone" }, h("h3", {}, zone), mine.map((one) => subnet(one, status, now)));
}

function subnet(one, status, now) {
  const route = routeTable(one, status);
  const open = (route?.Routes ?? []).some((each) => each.GatewayId?.startsWith("igw-"));
  return h(
    "div",
    { class: `subnet ${open ? "public" : "private"}` },
    h(
      "div",
      { class: "title" },
      h("button", { class: "plain", ...opens("subnet", one.SubnetId, now) }, h("strong", {}, name(one) || one.SubnetId), " ", h("code", {}, one.CidrBlock)),
      route ? h("button", { class: "chip", ...opens("routes", route.RouteTableId, now) }, open ? "public route" : "private route") : null,
    ),
    h("div", { class: "things" }, things(one, status, now)),
  );
}

function routeTable(subnet, status) {
  const tables = (status.route_tables ?? []).filter((one) => one.VpcId === subnet.VpcId);
  const has = (test) => tables.find((one) => (one.Associations ?? []).some(test));
  return has((each) => each.SubnetId === subnet.SubnetId) ?? has((each) => each.Main);
}

export function detail(task, key) {
  return (task.attachments ?? []).flatMap((one) => one.details ?? []).find((one) => one.name === key)?.value ?? "";
}

function things(subnet, status, now) {
  const tasks = (status.tasks ?? []).filter((one) => detail(one, "subnetId") === subnet.SubnetId);
  const nats = (status.nat_gateways ?? []).filter((one) => one.SubnetId === subnet.SubnetId && one.State !== "deleted");
  const databases = (status.databases ?? []).filter((one) => home(one, status) === subnet.SubnetId);
  const shown = new Set([...tasks.map((one) => detail(one, "networkInterfaceId")), ...nats.flatMap((one) => one.NatGatewayAddresses.map((each) => each.NetworkInterfaceId))]);
  const others = (status.interfaces ?? []).filter((one) => one.SubnetId === subnet.SubnetId && !shown.has(one.NetworkInterfaceId) && !one.Description?.startsWith("RDSNetworkInterface"));
  return [
    ...nats.map((one) => thing("nat", one.NatGatewayId, "NAT gateway", name(one), pill(one.State), now)),
    ...others.map((one) => thing("interface", one.NetworkInterfaceId, one.Description || "interface", one.PrivateIpAddress, null, now)),
    ...tasks.map((one) => taskCard(one, status, now)),
    ...databases.map((one) => thing("database", one.DBInstanceIdentifier, `${one.Engine} ${one.EngineVersion ?? ""}`, one.DBInstanceIdentifier, pill(one.DBInstanceStatus), now)),
  ];
}

function home(database, status) {
  const subnets = (database.DBSubnetGroup?.Subnets ?? []).map((one) => one.SubnetIdentifier);
  const interfaces = (status.interfaces ?? []).filter((one) => one.Description?.startsWith("RDSNetworkInterface") && subnets.includes(one.SubnetId));
  const zone = (status.subnets ?? []).find((one) => subnets.includes(one.SubnetId) && one.AvailabilityZone === database.AvailabilityZone);
  return zone?.SubnetId ?? interfaces[0]?.SubnetId ?? subnets[0];
}

function thing(kind, id, title, words, sign, now) {
  return h("button", { class: `thing ${kind}`, "data-node": `${kind} ${id}`, ...opens(kind, id, now) }, h("span", { class: "kind" }, title), h("strong", {}, words || id), sign);
}

function taskCard(task, status, now) {
  const address = detail(task, "privateIPv4Address");
  const health = Object.values(status.target_health ?? {}).flat().filter((one) => one.Target.Id === address);
  return h(
    "button",
    { class: "thing task", "data-node": `task ${address}`, ...opens("task", task.taskArn, now) },
    h("span", { class: "kind" }, (task.group ?? "task").replace("service:", ""), " ", h("code", {}, last(task.taskArn).slice(0, 8))),
    h("strong", {}, address || "no address yet"),
    pill(task.lastStatus, task.stoppedReason),
    health.map((one) => pill(one.TargetHealth.State, [one.TargetHealth.Reason, one.TargetHealth.Description].filter(Boolean).join(": "))),
  );
}

function group(one, groups, now) {
  const title = (id) => groups.find((each) => each.GroupId === id)?.GroupName ?? id;
  const rules = (one.IpPermissions ?? []).map((each) => {
    const from = [...(each.IpRanges ?? []).map((range) => range.CidrIp), ...(each.UserIdGroupPairs ?? []).map((pair) => title(pair.GroupId))];
    const port = each.IpProtocol === "-1" ? "all" : each.FromPort === each.ToPort ? `${each.IpProtocol} ${each.FromPort}` : `${each.IpProtocol} ${each.FromPort}-${each.ToPort}`;
    return h("span", {}, h("b", {}, port), ` from ${from.join(", ") || "nobody"}`);
  });
  return h("button", { class: "card", ...opens("group", one.GroupId, now) }, h("strong", {}, one.GroupName), h("span", { class: "rows" }, rules.length ? rules : h("span", {}, "nothing comes in")));
}
