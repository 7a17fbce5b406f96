// Beside the map: what is missing, stacks, services with their events, targets with their reasons, and the rest.
import { opens } from "./details.js";
import { h, last, pill } from "./elements.js";

export function side(status, now) {
  return [missing(status), stacks(status, now), services(status, now), targets(status, now), connect(status), dropped(status), databases(status, now), repositories(status, now), secrets(status, now)].filter(Boolean);
}

function block(title, rows) {
  return rows.length ? h("section", {}, h("h3", {}, title), rows) : null;
}

function missing(status) {
  const faults = (status.region.faults ?? []).map((one) => h("p", { class: "note bad" }, one.message, one.hint ? ` → ${one.hint}` : ""));
  const failures = status.region.failures.map((one) => h("p", { class: "note bad" }, one.message));
  const waits = (status.missing ?? []).map((one) => h("p", { class: "note busy" }, one));
  const absent = Object.entries(status.unavailable ?? {}).map(([part, reason]) => h("p", { class: "note idle" }, `${part}: ${reason}`));
  return block("Not as it should be", [...faults, ...failures, ...waits, ...absent]);
}

function stacks(status, now) {
  return block("Stacks", (status.stacks ?? []).map((one) => h(
    "button",
    { class: "row", ...opens("stack", one.StackId, now) },
    h("strong", {}, one.StackName),
    pill(one.StackStatus, one.StackStatusReason),
  )));
}

function services(status, now) {
  return block("ECS services", (status.services ?? []).map((one) => h(
    "button",
    { class: "row tall", ...opens("service", one.serviceArn, now) },
    h("strong", {}, one.serviceName),
    pill(one.status),
    h("span", { class: "count" }, `${one.runningCount} running`, one.pendingCount ? `, ${one.pendingCount} pending` : "", `, ${one.desiredCount} desired`),
    (one.deployments ?? []).length > 1 ? h("span", { class: "count" }, one.deployments.map((each) => `${each.status} ${each.rolloutState ?? ""}`).join(" · ")) : null,
    h("span", { class: "events" }, (one.events ?? []).slice(0, 3).map((event) => h("span", {}, h("time", {}, new Date(event.createdAt).toLocaleTimeString()), ` ${event.message}`))),
  )));
}

function targets(status, now) {
  return block("Target groups", (status.target_groups ?? []).map((one) => {
    const found = status.target_health?.[one.TargetGroupArn] ?? [];
    return h(
      "button",
      { class: "row tall", ...opens("targets", one.TargetGroupArn, now) },
      h("strong", {}, one.TargetGroupName),
      h("span", { class: "count" }, `${one.Protocol} ${one.Port} · ${one.HealthCheckProtocol} ${one.HealthCheckPath ?? ""} each ${one.HealthCheckIntervalSeconds} s`),
      found.length ? null : h("span", { class: "count" }, "no targets: requests get 503"),
      found.map((target) => h(
        "span",
        { class: "target" },
        h("code", {}, `${target.Target.Id}:${target.Target.Port}`),
        pill(target.TargetHealth.State),
        h("span", { class: "why" }, [target.TargetHealth.Reason, target.TargetHealth.Description].filter(Boolean).join(": ")),
      )),
    );
  }));
}

function connect(status) {
  const rows = (status.services ?? []).flatMap((service) => {
    const deployment = (service.deployments ?? []).find((one) => one.status === "PRIMARY");
    const config = deployment?.serviceConnectConfiguration;
    return (config?.services ?? []).flatMap((one) => (one.clientAliases ?? []).map((alias) => h(
      "p",
      { class: "row" },
      h("code", {}, `http://${alias.dnsName ?? one.discoveryName}:${alias.port}`),
      h("span", { class: "count" }, `→ ${service.serviceName} in ${title(config.namespace, status)}`),
    )));
  });
  return block("Service Connect", rows);
}

// As the kernel has counted them; the driver `loopback` counts nothing.
function dropped(status) {
  return block("Dropped by security groups", (status.dropped ?? []).map((one) => h(
    "p",
    { class: "row tall" },
    h("strong", {}, one.groups.map((group) => group.name || group.id).join(", ")),
    h("span", { class: "count" }, `${one.packets} ${one.packets === 1 ? "packet" : "packets"} ${one.direction}, ${one.bytes} bytes`),
    h("span", { class: "count" }, one.interfaces.map((each) => each.address).join(" · ")),
  )));
}

function title(namespace, status) {
  return (status.namespaces ?? []).find((one) => one.Arn === namespace)?.Name ?? last(namespace ?? "");
}

function databases(status, now) {
  return block("Databases", (status.databases ?? []).map((one) => h(
    "button",
    { class: "row tall", ...opens("database", one.DBInstanceIdentifier, now) },
    h("strong", {}, one.DBInstanceIdentifier),
    pill(one.DBInstanceStatus),
    one.Endpoint?.Address ? h("code", {}, `${one.Endpoint.Address}:${one.Endpoint.Port}`) : null,
  )));
}

function repositories(status, now) {
  return block("Repositories", (status.repositories ?? []).map((one) => {
    const images = status.images?.[one.repositoryName] ?? [];
    const tags = images.flatMap((image) => image.imageTags ?? []);
    return h("button", { class: "row", ...opens("repository", one.repositoryArn, now) }, h("strong", {}, one.repositoryName), h("span", { class: "count" }, images.length ? tags.join(", ") || "untagged" : "no image"));
  }));
}

function secrets(status, now) {
  return block("Secrets", (status.secrets ?? []).map((one) => h("button", { class: "row", ...opens("secret", one.ARN, now) }, h("code", {}, one.Name))));
}
