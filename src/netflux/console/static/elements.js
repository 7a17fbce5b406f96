// Elements from data. Text always goes in as text, so nothing that an API says can become markup.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "onclick") element.addEventListener("click", value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return element;
}

const GOOD = new Set(["healthy", "available", "RUNNING", "ACTIVE", "active", "Deployed", "COMPLETED", "running", "in-use"]);
const BAD = new Set(["unhealthy", "failed", "FAILED", "STOPPED", "DEPROVISIONING", "incompatible-parameters"]);
const IDLE = new Set(["unused", "stopped", "INACTIVE", "deleted"]);

// The colour class of a status word: it is never the only sign, the word stands beside it.
export function tone(word) {
  if (BAD.has(word) || word.includes("ROLLBACK") || word.endsWith("_FAILED")) return "bad";
  if (GOOD.has(word) || word.endsWith("_COMPLETE")) return "good";
  return IDLE.has(word) ? "idle" : "busy";
}

export function pill(word, title) {
  return h("span", { class: `pill ${tone(word)}`, title }, word);
}

// A value of an API's answer as nested lists.
export function tree(value) {
  if (Array.isArray(value)) {
    if (!value.length) return h("span", { class: "none" }, "none");
    return h("ol", {}, value.map((item) => h("li", {}, tree(item))));
  }
  if (value !== null && typeof value === "object") {
    return h("dl", {}, Object.entries(value).map(([key, item]) => h("div", {}, h("dt", {}, key), h("dd", {}, tree(item)))));
  }
  return h("span", { class: "value" }, value === "" ? "(empty)" : String(value));
}

export function name(thing) {
  return (thing.Tags ?? []).find((tag) => tag.Key === "Name")?.Value ?? "";
}

export function last(arn) {
  return arn.slice(arn.lastIndexOf("/") + 1);
}
