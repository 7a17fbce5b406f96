// The runtime of Node.js functions: asks for calls, gives them to the handler, and sends what comes of them.
// "Using the Lambda runtime API for custom runtimes" and "Define Lambda function handler in Node.js", Lambda Developer
// Guide.
"use strict";

const fs = require("fs");
const http = require("http");
const path = require("path");
const { pathToFileURL } = require("url");
const { format } = require("util");

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const task = process.env.LAMBDA_TASK_ROOT;
let current = "";

function ask(method, place, body, headers) {
  return new Promise((resolve, reject) => {
    const all = { ...headers };
    if (body !== undefined) all["Content-Length"] = Buffer.byteLength(body);
    const options = { host, port, method, path: `/2018-06-01/runtime/${place}`, headers: all, agent };
    const request = http.request(options, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts).toString() }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

class Failure extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

function told(error) {
  if (error instanceof Error) {
    return { errorType: error.name, errorMessage: error.message, trace: (error.stack || "").split("\n") };
  }
  return { errorType: typeof error, errorMessage: format("%s", error), trace: [] };
}

// One event for each call of the console, with its lines, as Lambda has it.
function log(level, text) {
  const line = `${new Date().toISOString()}\t${current || "undefined"}\t${level}\t${text}`;
  fs.writeSync(1, line.replace(/\n/g, "\r") + "\n");
}

for (const [method, level] of [["log", "INFO"], ["info", "INFO"], ["debug", "DEBUG"], ["trace", "TRACE"],
  ["warn", "WARN"], ["error", "ERROR"]]) {
  console[method] = (...given) => log(level, format(...given));
}

async function failed(place, error, level) {
  const found = told(error);
  log("ERROR", `${level}\t${JSON.stringify({ errorType: found.errorType, errorMessage: found.errorMessage, stack: found.trace })}`);
  await ask("POST", place, JSON.stringify(found), { "Lambda-Runtime-Function-Error-Type": found.errorType });
}

// Names of this region's own services lead to its gateway, whatever port https has for them.
function direct() {
  const place = process.env.NETFLUX_GATEWAY;
  delete process.env.NETFLUX_GATEWAY;
  if (!place) return;
  const [address, gateway] = place.split(":");
  const net = require("net");
  const { connect } = net.Socket.prototype;
  net.Socket.prototype.connect = function (...given) {
    const first = Array.isArray(given[0]) ? given[0][0] : given[0];
    if (first && typeof first === "object" && Number(first.port) === 443 &&
        /(^|\.)(localhost|amazonaws\.com)$/.test(first.host || "")) {
      Object.assign(first, { servername: first.servername || first.host, host: address, port: Number(gateway) });
    }
    return connect.apply(this, given);
  };
}

function missing(error, file) {
  return error && (error.code === "MODULE_NOT_FOUND" || error.code === "ERR_MODULE_NOT_FOUND") &&
    String(error.message).includes(file);
}

async function load(file) {
  const base = path.resolve(task, file);
  for (const end of [".mjs", ".js", ".cjs", ""]) {
    const place = base + end;
    if (!fs.existsSync(place) || fs.statSync(place).isDirectory()) continue;
    if (end === ".mjs") return import(pathToFileURL(place).href);
    try {
      return require(place);
    } catch (error) {
      if (error.code === "ERR_REQUIRE_ESM" || (error instanceof SyntaxError && / outside a module|'import'|'export'/.test(error.message))) {
        return import(pathToFileURL(place).href);
      }
      throw error;
    }
  }
  try {
    return require(require.resolve(file, { paths: [task, path.dirname(base)] }));
  } catch (error) {
    if (missing(error, file)) {
      throw new Failure("Runtime.ImportModuleError", `Error: Cannot find module '${file}'`);
    }
    throw error;
  }
}

async function handler() {
  const text = process.env._HANDLER;
  const name = path.basename(text);
  const dot = name.indexOf(".");
  if (dot < 1 || text.includes("..")) throw new Failure("Runtime.MalformedHandlerName", "Bad handler");
  const file = path.join(path.dirname(text), name.slice(0, dot));
  let found;
  try {
    found = await load(file);
  } catch (error) {
    if (error instanceof SyntaxError) error.name = "Runtime.UserCodeSyntaxError";
    else if (missing(error, "")) error.name = "Runtime.ImportModuleError";
    throw error;
  }
  for (const part of name.slice(dot + 1).split(".")) {
    found = found === undefined || found === null ? undefined : found[part] ?? (found.default || {})[part];
  }
  if (found === undefined) throw new Failure("Runtime.HandlerNotFound", `${text} is undefined or not exported`);
  if (typeof found !== "function") throw new Failure("Runtime.HandlerNotFound", `${text} is not a function`);
  return found;
}

function contextOf(headers, end) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    identity: JSON.parse(headers["lambda-runtime-cognito-identity"] || "null") || undefined,
    clientContext: JSON.parse(headers["lambda-runtime-client-context"] || "null") || undefined,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: (error, result) => end(error, result),
    succeed: (result) => end(null, result),
    fail: (error) => end(error || new Error("handled")),
  };
}

// The outcome of a call: a promise's, or a callback's once nothing is left to do unless the function said otherwise.
function run(found, event, headers) {
  return new Promise((resolve, reject) => {
    let over = false;
    const settle = (error, result) => (error ? reject(error) : resolve(result));
    const end = (error, result) => {
      if (over) return;
      over = true;
      if (error || !context.callbackWaitsForEmptyEventLoop) settle(error, result);
      else idle = () => settle(null, result);
    };
    const context = contextOf(headers, (error, result) => { over ||= (settle(error, result), true); });
    const returned = found(event, context, end);
    if (returned && typeof returned.then === "function") {
      returned.then((result) => { over = true; settle(null, result); }, (error) => { over = true; reject(error); });
    } else if (found.length < 3 && !over) {
      idle = () => settle(null, over ? undefined : null);
    } else if (!over) {
      idle = idle || (() => { if (!over) { over = true; settle(null, null); } });
    }
  });
}

let idle = null;
process.on("beforeExit", () => {
  const next = idle;
  idle = null;
  if (next) next();
});

async function serve(found) {
  for (;;) {
    const { headers, body } = await ask("GET", "invocation/next");
    current = headers["lambda-runtime-aws-request-id"];
    const place = `invocation/${current}`;
    process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] || "";
    idle = null;
    try {
      const result = await run(found, JSON.parse(body), headers);
      let text;
      try {
        text = JSON.stringify(result === undefined ? null : result);
      } catch (error) {
        throw new Failure("Runtime.MarshalError", "Unable to stringify response body");
      }
      const answer = await ask("POST", `${place}/response`, text === undefined ? "null" : text);
      if (answer.status === 413) await ask("POST", `${place}/error`, answer.body);
    } catch (error) {
      await failed(`${place}/error`, error, "Invoke Error ");
    }
  }
}

async function end(kind, error) {
  const found = told(error);
  const body = kind ? { ...found, errorType: kind, errorMessage: kind === "Runtime.UnhandledPromiseRejection" ? `${found.errorType}: ${found.errorMessage}` : found.errorMessage } : found;
  log("ERROR", `Uncaught Exception \t${JSON.stringify(body)}`);
  try {
    await ask("POST", current ? `invocation/${current}/error` : "init/error", JSON.stringify(body));
  } finally {
    process.exit(129);
  }
}

process.on("uncaughtException", (error) => end("", error));
process.on("unhandledRejection", (error) => end("Runtime.UnhandledPromiseRejection", error));

direct();
handler().then(serve, async (error) => {
  await failed("init/error", error, "Uncaught Exception ");
  process.exit(1);
});
