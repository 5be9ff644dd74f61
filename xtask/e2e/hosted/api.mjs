// The API behind its gateway: another origin, with tokens of a user pool and pictures by way of a bucket. What it answers
// is a desk's; what only a desk can do, it can't.

import { json, serve } from "./server.mjs";

// As examples/web/README.md asks for.
const REQUEST_HEADERS = ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match"];
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const ANSWER_HEADERS = ["date", "retry-after", "x-request-id", "content-disposition"];

const OF_A_DESK = /^\/v1\/orgs\/[^/]+\/(live|tokens)$|^\/metrics$/;
const UPLOADS = /^\/v1\/orgs\/default\/uploads$/;
const CHECK_IN = /^\/v1\/orgs\/default\/check-ins\/([^/]+)$/;
const SIGN_IN = /^\/v1\/orgs\/default\/attendees\/[^/]+\/sign-in$/;
// How a desk's subjects begin, which end with an id as a user pool has them.
const OF_ATTENDEES = '"subject":"attendee:';
// How often a picture's outcome is asked for in vain, at least.
const NOT_YET = 2;

/** The API for the pages of the origin `pages()`: `desk` is `{ origin, tokens }`, the tokens by role. */
export class CloudApi {
  /** While it is set, no token is good enough. */
  closed = false;
  /** While it is set, no function looks at the pictures. */
  stuck = false;
  #pages;
  #desk;
  #pool;
  #uploads = new Map();

  constructor(pages, desk, pool) {
    this.#pages = pages;
    this.#desk = desk;
    this.#pool = pool;
  }

  async start(bucket) {
    this.bucket = bucket;
    this.server = await serve((request) => this.#gateway(request));
    return this;
  }

  /** The function that looks at a picture which was stored. */
  async ingest(key, picture) {
    const id = key.split("/").at(-2);
    const upload = this.#uploads.get(id);
    if (this.stuck) return;
    const { faces, session, captured_at } = upload.asked;
    const query = new URLSearchParams({ faces, captured_at, ...(session ? { session } : {}) });
    const headers = { "content-type": picture.type, "idempotency-key": id };
    const body = Buffer.from(await picture.arrayBuffer());
    upload.outcome = await this.#ask("POST", `/v1/orgs/default/check-ins?${query}`, "kiosk", headers, body);
  }

  async #gateway({ method, url, headers, body }) {
    const from = headers.origin === this.#pages() ? { "access-control-allow-origin": headers.origin } : {};
    if (method === "OPTIONS") return { status: 204, headers: { ...from, ...allowed } };
    const { headers: own, ...said } = await this.#answer(method, url, headers, body);
    return { ...said, headers: { ...own, ...from, "access-control-expose-headers": ANSWER_HEADERS.join(", ") } };
  }

  async #answer(method, url, headers, body) {
    const who = this.#pool.who(/^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1]);
    if (!who || this.closed) return json(401, { message: "Unauthorized" });
    if (who === "expired") return problem(401, "token-expired");
    if (url.pathname === "/v1/whoami" && !who.role)
      return json(200, { subject: "visitor", groups: [], expires_at: new Date(Date.now() + 3_600_000).toISOString() });
    if (!who.role) return problem(403, "forbidden");
    if (OF_A_DESK.test(url.pathname)) return problem(404, "not-found");
    if (method === "POST" && UPLOADS.test(url.pathname)) return this.#upload(JSON.parse(body));
    const upload = method === "GET" && this.#uploads.get(CHECK_IN.exec(url.pathname)?.[1]);
    if (upload) {
      upload.polls.push(performance.now());
      if (!upload.outcome || upload.polls.length <= NOT_YET) return problem(404, "not-found");
      if (upload.outcome.status !== 200) return upload.outcome;
    }
    const names = ["content-type", "idempotency-key", "if-match", "if-none-match", "accept"].filter((name) => headers[name]);
    const passed = Object.fromEntries(names.map((name) => [name, headers[name]]));
    const named = SIGN_IN.test(url.pathname) ? body.toString().replace('"subject":"', OF_ATTENDEES) : body;
    const answer = await this.#ask(method, url.pathname + url.search, who.role, passed, named);
    if (url.pathname !== "/v1/whoami") return answer;
    return { ...answer, body: answer.body.toString().replace(OF_ATTENDEES, '"subject":"') };
  }

  #upload(asked) {
    const { check_in, content_type, captured_at } = asked;
    if (!/^[0-9a-f]{32}$/.test(check_in) || Number.isNaN(Date.parse(captured_at)) || this.#uploads.has(check_in))
      return problem(422, "invalid");
    if (!["image/jpeg", "image/png"].includes(content_type)) return problem(422, "invalid");
    this.#uploads.set(check_in, { asked, polls: [], outcome: null });
    const place = this.bucket.sign(`checkins/2026-11-21/${check_in}/${asked.faces}.jpg`, content_type);
    return json(201, { check_in, ...place, expires_at: new Date(Date.now() + 300_000).toISOString() });
  }

  /** The instants at which the outcome of each picture was asked for, the latest picture last. */
  get polls() {
    return [...this.#uploads.values()].map(({ polls }) => polls);
  }

  async #ask(method, path, role, headers, body) {
    const authorization = `Bearer ${this.#desk.tokens[role]}`;
    const sent = ["GET", "HEAD"].includes(method) ? undefined : body;
    const response = await fetch(this.#desk.origin + path, {
      method,
      headers: { ...headers, authorization },
      body: sent,
    });
    const names = ["content-type", "retry-after", "x-request-id", "content-disposition"];
    const kept = names.filter((name) => response.headers.has(name)).map((name) => [name, response.headers.get(name)]);
    return {
      status: response.status,
      headers: Object.fromEntries(kept),
      body: Buffer.from(await response.arrayBuffer()),
    };
  }
}

const allowed = {
  "access-control-allow-methods": METHODS.join(", "),
  "access-control-allow-headers": REQUEST_HEADERS.join(", "),
  "access-control-max-age": "600",
};

function problem(status, code) {
  return json(status, { type: "about:blank", title: code, status, code, detail: `${code}, says the gateway` });
}
