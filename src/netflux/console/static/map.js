// Asks the region each second what it is, and draws that. It keeps no state of its own but what is open.
import { refresh } from "./details.js";
import { h } from "./elements.js";
import { region } from "./region.js";
import { side } from "./side.js";
import { wires } from "./wires.js";

const EVERY = 1000;
const map = document.getElementById("map");
const aside = document.getElementById("side");
const live = document.getElementById("live");
const facts = document.getElementById("facts");
let status = null;
let text = "";

const now = () => status;

async function look() {
  try {
    const response = await fetch("/_netflux/status.json", { signal: AbortSignal.timeout(15000) });
    const body = await response.text();
    if (!response.ok) throw new Error(`the region answers ${response.status}`);
    status = JSON.parse(body);
    live.textContent = `live · ${new Date().toLocaleTimeString()}`;
    live.className = "on";
    if (body !== text) draw();
    text = body;
  } catch (error) {
    live.textContent = `not live: ${error.message}`;
    live.className = "off";
    document.body.classList.add("stale");
    return;
  }
  document.body.classList.remove("stale");
}

function draw() {
  const focus = document.activeElement?.dataset?.opens;
  document.title = `Netflux map · ${status.region.region}`;
  facts.replaceChildren(...told(status.region).map((words) => h("li", {}, words)));
  map.replaceChildren(...region(status, now));
  aside.replaceChildren(...side(status, now));
  if (focus) document.querySelector(`[data-opens="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
  wires(map, status);
  refresh(status);
}

function told(facts) {
  return [
    facts.region,
    `account ${facts.account}`,
    `127.0.0.1:${facts.port}`,
    facts.speed === 1 ? "real time" : `${facts.speed}× speed`,
    `network ${facts.network}`,
    facts.enforces_security_groups ? "security groups enforced" : "security groups not enforced between processes",
  ];
}

async function watch() {
  if (!document.hidden) await look();
  setTimeout(watch, EVERY);
}

new ResizeObserver(() => status && wires(map, status)).observe(map);
watch();
