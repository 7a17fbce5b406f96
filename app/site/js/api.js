// The two services, asked by paths of this page's own origin. What goes wrong becomes one kind of error.

const PATIENCE = 10_000; // milliseconds; the services bound themselves at 6 s

export class ApiProblem extends Error {
  constructor(status, title, detail) {
    super(detail || title);
    this.status = status; // 0: no answer at all
    this.title = title;
    this.detail = detail;
  }

  // Worth trying again without a change: the other side failed, not the question.
  get passing() {
    return this.status === 0 || this.status >= 500;
  }
}

async function problemOf(response) {
  const kind = response.headers.get("content-type") ?? "";
  if (kind.includes("json")) {
    const body = await response.json().catch(() => ({}));
    return new ApiProblem(response.status, body.title || response.statusText || "Error", body.detail || "");
  }
  return new ApiProblem(response.status, response.statusText || "Error", "");
}

async function send(path, { signal, ...options } = {}) {
  const limit = AbortSignal.timeout(PATIENCE);
  const either = signal ? AbortSignal.any([signal, limit]) : limit;
  let response;
  try {
    response = await fetch(path, { ...options, signal: either, headers: { Accept: "application/json", ...options.headers } });
  } catch (error) {
    if (signal?.aborted) throw error;
    const detail = error.name === "TimeoutError" ? "No answer came in time." : "The connection failed.";
    throw new ApiProblem(0, "No answer", detail);
  }
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return null;
  return response.json().catch(() => {
    throw new ApiProblem(502, "Unreadable answer", "What came back is not JSON.");
  });
}

export const movies = (genre, signal) => send(genre ? `/api/movies?genre=${encodeURIComponent(genre)}` : "/api/movies", { signal });

export const movie = (id, signal) => send(`/api/movies/${encodeURIComponent(id)}`, { signal });

export const customer = (id, signal) => send(`/api/customers/${encodeURIComponent(id)}`, { signal });

export const changeGenre = (id, genre) =>
  send(`/api/customers/${encodeURIComponent(id)}/genre`, {
    method: "PATCH",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ favoriteGenre: genre }),
  });
