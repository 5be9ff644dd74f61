// A user pool and its hosted pages: authorization code with PKCE, refresh tokens, sign-out. As strict as Cognito.

import { createHash, randomUUID } from "node:crypto";

import { html, json, redirect, serve } from "./server.mjs";

export const CLIENT = "1example23456789";

/** The people, by the name with which they sign in; everybody's password is their name. The role is their only group. */
const PEOPLE = { admin: "admin", kiosk: "kiosk", operator: "operator", attendee: "attendee", visitor: null };

/** A user pool whose app client is that of the pages at `home()`. */
export class Pool {
  /** For how long access tokens live, in seconds. */
  lifetime = 3600;
  /** Every token that was ever given out, and every verifier that came. */
  secrets = new Set();
  /** The grants that were asked for, such as "authorization_code 200". */
  granted = [];
  #home;
  #codes = new Map();
  #access = new Map();
  #refresh = new Map();
  #sessions = new Map();

  constructor(home) {
    this.#home = home;
  }

  async start() {
    this.server = await serve((request) => this.#answer(request));
    return this;
  }

  /** `{ role }` of who holds that access token, "expired", or null. */
  who(token) {
    const held = this.#access.get(token);
    if (!held) return null;
    return Date.now() < held.ends ? { role: PEOPLE[held.name] } : "expired";
  }

  /** Ends every access token now. */
  endAccess() {
    for (const held of this.#access.values()) held.ends = 0;
  }

  /** Ends every refresh token now. */
  endRefresh() {
    this.#refresh.clear();
  }

  /** How many refresh tokens are good. */
  get renewable() {
    return this.#refresh.size;
  }

  /** A code for somebody, as another page with a verifier of its own would get it. */
  codeFor(name, challenge) {
    const code = randomUUID();
    this.#codes.set(code, { name, challenge, redirect_uri: this.#home() });
    return code;
  }

  #answer({ method, url, headers, body }) {
    const form = new URLSearchParams(body.toString());
    switch (`${method} ${url.pathname}`) {
      case "GET /oauth2/authorize":
        return this.#authorize(url.searchParams, headers);
      case "POST /login":
        return this.#login(form);
      case "POST /oauth2/token":
        return this.#token(form, headers);
      case "POST /oauth2/revoke":
        this.#refresh.delete(form.get("token"));
        return {};
      case "GET /logout":
        return this.#logout(url.searchParams);
      case "GET /favicon.ico":
        return { status: 204 };
      default:
        return { status: 404 };
    }
  }

  #authorize(query, { cookie = "" }) {
    const fault =
      (query.get("response_type") !== "code" && "response_type") ||
      (query.get("client_id") !== CLIENT && "client_id") ||
      (query.get("redirect_uri") !== this.#home() && "redirect_uri") ||
      (query.get("scope") !== "openid" && "scope") ||
      (query.get("code_challenge_method") !== "S256" && "code_challenge_method") ||
      (!/^[\w-]{43}$/.test(query.get("code_challenge") ?? "") && "code_challenge") ||
      (!query.get("state") && "state");
    if (fault) return json(400, { error: "invalid_request", error_description: fault });
    const name = this.#sessions.get(/session=([\w-]+)/.exec(cookie)?.[1]);
    if (name) return this.#back(query, name);
    const kept = [...query].map(([key, value]) => `<input type="hidden" name="${key}" value="${text(value)}">`);
    return html(`<h1>The school’s sign-in</h1><form method="post" action="/login">${kept.join("")}
      <label>Username <input name="username"></label>
      <label>Password <input name="password" type="password"></label>
      <button>Sign in</button></form>`);
  }

  #login(form) {
    const name = form.get("username");
    if (!(name in PEOPLE)) return redirect(`${this.#home()}?error=access_denied&state=${form.get("state")}`);
    if (form.get("password") !== name) return html("<h1>Incorrect username or password.</h1>");
    const session = randomUUID();
    this.#sessions.set(session, name);
    return this.#back(form, name, { "set-cookie": `session=${session}; Path=/; HttpOnly; SameSite=Lax` });
  }

  #back(query, name, headers = {}) {
    const code = this.codeFor(name, query.get("code_challenge"));
    return redirect(`${this.#home()}?code=${code}&state=${encodeURIComponent(query.get("state"))}`, headers);
  }

  #token(form, { origin = "" }) {
    const grant = form.get("grant_type");
    const said = form.get("client_id") === CLIENT ? this.#grant(grant, form) : null;
    this.granted.push(`${grant} ${said ? 200 : 400}`);
    const allowed = { "access-control-allow-origin": origin };
    return said ? json(200, said, allowed) : json(400, { error: "invalid_grant" }, allowed);
  }

  #grant(grant, form) {
    if (grant === "refresh_token") {
      const name = this.#refresh.get(form.get("refresh_token"));
      return name ? this.#tokens(name) : null;
    }
    const asked = this.#codes.get(form.get("code"));
    const verifier = form.get("code_verifier") ?? "";
    this.secrets.add(verifier);
    if (grant !== "authorization_code" || !asked || form.get("redirect_uri") !== asked.redirect_uri) return null;
    if (createHash("sha256").update(verifier).digest("base64url") !== asked.challenge) return null;
    this.#codes.delete(form.get("code"));
    const refresh_token = this.#secret("refresh");
    this.#refresh.set(refresh_token, asked.name);
    return { ...this.#tokens(asked.name), refresh_token };
  }

  #tokens(name) {
    const access_token = this.#secret("access");
    this.#access.set(access_token, { name, ends: Date.now() + this.lifetime * 1000 });
    return { access_token, id_token: this.#secret("id"), expires_in: this.lifetime, token_type: "Bearer" };
  }

  #secret(kind) {
    const secret = `${kind}.${randomUUID()}.signature`;
    this.secrets.add(secret);
    return secret;
  }

  #logout(query) {
    if (query.get("client_id") !== CLIENT || query.get("logout_uri") !== this.#home()) return { status: 400 };
    this.#sessions.clear();
    return redirect(this.#home(), { "set-cookie": "session=; Path=/; Max-Age=0" });
  }
}

function text(value) {
  return value.replace(/[&"<]/g, (character) => `&#${character.charCodeAt(0)};`);
}
