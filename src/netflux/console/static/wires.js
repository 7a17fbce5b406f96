// Lines between what talks to each other: a distribution and its origins, a load balancer and its targets.
import { tone } from "./elements.js";

const SVG = "http://www.w3.org/2000/svg";

export function wires(map, status) {
  map.querySelector("svg.wires")?.remove();
  const frame = map.getBoundingClientRect();
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "wires");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("width", map.scrollWidth);
  svg.setAttribute("height", map.scrollHeight);
  for (const [from, to, state] of pairs(map, status)) {
    if (from && to) svg.append(curve(box(from, frame, map), box(to, frame, map), state));
  }
  map.append(svg);
}

function* pairs(map, status) {
  const node = (name) => map.querySelector(`[data-node="${CSS.escape(name)}"]`);
  for (const one of status.distributions ?? []) {
    for (const origin of one.DistributionConfig.Origins?.Items ?? []) {
      const host = origin.DomainName.toLowerCase();
      const bucket = (status.buckets ?? []).find((each) => host.startsWith(`${each.Name}.s3`));
      const balancer = (status.load_balancers ?? []).find((each) => each.DNSName.toLowerCase() === host);
      yield [node(`distribution ${one.Id}`), bucket ? node(`bucket ${bucket.Name}`) : balancer ? node(`balancer ${balancer.LoadBalancerArn}`) : null, "plain"];
    }
  }
  for (const group of status.target_groups ?? []) {
    for (const target of status.target_health?.[group.TargetGroupArn] ?? []) {
      for (const arn of group.LoadBalancerArns ?? []) {
        yield [node(`balancer ${arn}`), node(`task ${target.Target.Id}`), tone(target.TargetHealth.State)];
      }
    }
  }
}

function box(element, frame, map) {
  const found = element.getBoundingClientRect();
  return { left: found.left - frame.left + map.scrollLeft, top: found.top - frame.top + map.scrollTop, width: found.width, height: found.height };
}

function curve(from, to, state) {
  const beside = Math.abs(from.top - to.top) < Math.min(from.height, to.height);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", state);
  path.setAttribute("d", beside ? sideways(from, to) : downwards(from, to));
  return path;
}

function within(x, box) {
  return Math.min(Math.max(x, box.left + 24), box.left + box.width - 24);
}

function sideways(from, to) {
  const [left, right] = from.left < to.left ? [from, to] : [to, from];
  const [x1, y1] = [left.left + left.width, left.top + left.height / 2];
  const [x2, y2] = [right.left, right.top + right.height / 2];
  const half = (x2 - x1) / 2;
  return `M${x1} ${y1} C${x1 + half} ${y1} ${x2 - half} ${y2} ${x2} ${y2}`;
}

function downwards(from, to) {
  const wide = to.width > from.width;
  const x2 = wide ? within(from.left + from.width / 2, to) : to.left + to.width - 20;
  const x1 = wide ? from.left + from.width / 2 : within(x2, from);
  const y2 = to.top;
  const y1 = from.top + from.height;
  const half = Math.max(14, (y2 - y1) / 2);
  return `M${x1} ${y1} C${x1} ${y1 + half} ${x2} ${y2 - half} ${x2} ${y2}`;
}
