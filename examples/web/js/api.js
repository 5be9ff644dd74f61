// The API as functions. A path without a leading slash lies below the organization: `get("attendees")` asks
// `/v1/orgs/{org}/attendees`; `get("/v1/whoami")` is asked as it stands. Where the API is, config.json says.

import { config, hosted } from "./config.js";
import { bearer, organization, renew, signOut, token } from "./session.js";

/**
 * What went wrong. `code` is the API's (`no-face`, `conflict`, ...), or `offline` (no answer), `timeout`, or
 * `unexpected` (an answer that is not the API's). `detail` is one sentence for a person. `body` is the whole problem.
 */
export class ApiError extends Error {
  constructor({ status = 0, code, detail, requestId = null, retryAfter = null, body = {} }) {
    super(detail);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
    this.body = body;
  }

  /** Whether the same request may succeed if it is sent again: no answer, or the server had no time for it. */
  get passing() {
    return ["offline", "timeout"].includes(this.code) || [429, 502, 503, 504].includes(this.status);
  }
}

let offset = 0;

/** The server's time as this device knows it: a device whose clock is wrong still names the right instant. */
export function serverNow() {
  return new Date(Date.now() + offset);
}

/** The address of a path of the API, with this query; empty values are left out. */
export function address(path, query = {}) {
  const base = path.startsWith("/") ? path : `/v1/orgs/${encodeURIComponent(organization() ?? "")}/${path}`;
  const filled = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return config.api + (filled.length ? `${base}?${new URLSearchParams(filled)}` : base);
}

/**
 * Sends one request and gives the Response of a 2xx; everything else throws an ApiError. A 401 leaves for the sign-in
 * page. Options: `method`, `query`, `json` or `body` (with `type`), `headers`, `signal`, `timeout` (ms, default 30 s;
 * 0: none).
 */
export async function request(path, options = {}) {
  const first = await bearer();
  let response = await ask(path, options, first);
  // A token may end before its time; another request may have renewed it by now.
  const isNew = () => token() !== null && token() !== first;
  const again = response.status === 401 && (isNew() || (await renew().catch(unanswered)));
  if (again) response = await ask(path, options, token());
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (response.status === 401) {
    signOut(problem.code === "token-expired" || (hosted && !again) ? "expired" : "refused");
    await new Promise(() => {});
  }
  throw problem;
}

async function ask(path, { method = "GET", query, json, body, type, headers = {}, ...limits }, bearer) {
  const started = Date.now();
  const response = await reach(
    address(path, query),
    {
      method,
      headers: {
        ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
        ...(json === undefined ? (type ? { "content-type": type } : {}) : { "content-type": "application/json" }),
        ...headers,
      },
      body: json === undefined ? body : JSON.stringify(json),
    },
    limits,
  );
  compareClocks(response, started);
  return response;
}

/** Fetches, and gives whatever answer comes; none is an ApiError. */
export async function reach(url, init, { signal, timeout = 30_000 } = {}) {
  const limits = [signal, timeout ? AbortSignal.timeout(timeout) : null].filter(Boolean);
  try {
    return await fetch(url, {
      ...init,
      signal: limits.length ? AbortSignal.any(limits) : undefined,
      cache: "no-store",
      credentials: "omit",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    return unanswered(error);
  }
}

function unanswered(error) {
  const late = error.name === "TimeoutError";
  throw new ApiError({
    code: late ? "timeout" : "offline",
    detail: late ? "The server did not answer in time." : "The server can't be reached. Check the connection.",
  });
}

/** The JSON of a GET. */
export async function get(path, query, options = {}) {
  return (await request(path, { ...options, query })).json();
}

/** The JSON of a POST, PUT, PATCH or DELETE of JSON (or of nothing); null where the answer has no body. */
export async function send(method, path, json, options = {}) {
  return answer(await request(path, { ...options, method, json }));
}

/** The JSON of a POST of an image (a Blob of image/jpeg or image/png); null where the answer has no body. */
export async function sendImage(path, blob, options = {}) {
  return answer(await request(path, { method: "POST", ...options, body: blob, type: blob.type }));
}

/** The pages of a list, one after another: `for await (const { items, next } of pages("attendees")) ...`. */
export async function* pages(path, query = {}, options = {}) {
  let after = query.after;
  do {
    const page = await get(path, { ...query, after }, options);
    yield page;
    after = page.next;
  } while (after);
}

/** The items of a list over all its pages. */
export async function* items(path, query = {}, options = {}) {
  for await (const page of pages(path, query, options)) yield* page.items;
}

/** The items of a list, at most `most` of them. */
export async function all(path, query = {}, most = 10_000) {
  const found = [];
  for await (const item of items(path, { limit: Math.min(1000, most), ...query })) {
    found.push(item);
    if (found.length >= most) break;
  }
  return found;
}

/** A picture, chart or file as a Blob: an `<img>` can't send the token. Revoke the object URL that you make of it. */
export async function blob(path, query, options = {}) {
  return (await request(path, { ...options, query })).blob();
}

/** Fetches a file and hands it to the browser to save, under the name that the server gives or this one. */
export async function download(path, query, name) {
  const response = await request(path, { query, timeout: 0 });
  const given = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "");
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = given?.[1] ?? name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

async function answer(response) {
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get("retry-after"));
  return new ApiError({
    status: response.status,
    code: body.code ?? "unexpected",
    detail: sentence(body.detail ?? body.title ?? `The server answered ${response.status}`),
    requestId: body.request_id ?? response.headers.get("x-request-id"),
    retryAfter: seconds > 0 ? seconds : null,
    body,
  });
}

// The API writes a sentence without its capital and its stop, so that a program can put it into one of its own.
function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

// The Date header has whole seconds: a difference of less than two says nothing.
function compareClocks(response, started) {
  const said = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(said)) return;
  const difference = said + 500 - (started + Date.now()) / 2;
  offset = Math.abs(difference) > 2000 ? difference : 0;
}
