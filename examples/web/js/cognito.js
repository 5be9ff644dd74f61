// Signing in on the pages of a Cognito user pool: an authorization code with PKCE (RFC 7636), for pages that can keep no
// secret. Neither tokens nor the verifier are ever part of an address.

import { config } from "./config.js";

const PENDING = "attendance.pending";
const ANSWER_MS = 10_000;
// A token is renewed this long before it ends, so that it does not end on its way.
const AHEAD_MS = 60_000;

/** Where the user pool sends people back to, after signing in and after signing out: it must know this very address. */
const HOME = new URL("../index.html", import.meta.url).href;

/** Why a sign-in came to nothing: "not-asked", "unfinished" or "unreachable". */
export class SignInError extends Error {
  constructor(reason) {
    super(reason);
    this.name = "SignInError";
    this.reason = reason;
  }
}

/** Leaves for the sign-in page. */
export async function goToSignIn() {
  const verifier = random();
  const state = random();
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  sessionStorage.setItem(PENDING, JSON.stringify({ verifier, state }));
  const query = {
    response_type: "code",
    client_id: config.sign_in.client_id,
    redirect_uri: HOME,
    scope: "openid",
    state,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  };
  location.assign(at("/oauth2/authorize", query));
}

/**
 * What this page's address brings back from there: tokens, or null if it brings nothing. Code and state leave the
 * address (and the history) first. Only an answer to what this tab asked for is taken: another would sign somebody in
 * as who sent the link.
 */
export async function comeBack() {
  const said = new URLSearchParams(location.search);
  if (!said.has("code") && !said.has("error")) return null;
  history.replaceState(null, "", "./");
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "null");
  sessionStorage.removeItem(PENDING);
  if (!pending || pending.state !== said.get("state")) throw new SignInError("not-asked");
  if (!said.has("code")) throw new SignInError("unfinished");
  return tokens({
    grant_type: "authorization_code",
    code: said.get("code"),
    redirect_uri: HOME,
    code_verifier: pending.verifier,
  });
}

/** New tokens for this refresh token. Throws "unfinished" if it is worth nothing any more. */
export async function renewed(refresh) {
  const fresh = await tokens({ grant_type: "refresh_token", refresh_token: refresh });
  return { ...fresh, refresh: fresh.refresh ?? refresh };
}

/** Makes the refresh token, of which there may be a copy, worthless. Nothing waits for it. */
export function revoke(refresh) {
  post("/oauth2/revoke", { token: refresh }, { mode: "no-cors", keepalive: true }).catch(() => {});
}

/** The address that ends the sign-in on the user pool's side and comes back to the first page. */
export function signOutAddress() {
  return at("/logout", { client_id: config.sign_in.client_id, logout_uri: HOME });
}

/** `{ token, refresh, due }`: the access token, the refresh token (or null), and when to renew. */
async function tokens(grant) {
  let response;
  let said;
  try {
    response = await post("/oauth2/token", grant, { signal: AbortSignal.timeout(ANSWER_MS) });
    said = await response.json();
  } catch {
    throw new SignInError("unreachable");
  }
  if (response.status >= 500 || response.status === 429) throw new SignInError("unreachable");
  if (!response.ok || typeof said.access_token !== "string") throw new SignInError("unfinished");
  return {
    token: said.access_token,
    refresh: said.refresh_token ?? null,
    due: Date.now() + (Number(said.expires_in) || 0) * 1000 - AHEAD_MS,
  };
}

function post(path, form, options) {
  return fetch(at(path), {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ ...form, client_id: config.sign_in.client_id }).toString(),
    cache: "no-store",
    credentials: "omit",
    ...options,
  });
}

function at(path, query = {}) {
  const url = new URL(path, config.sign_in.domain);
  url.search = new URLSearchParams(query);
  return url.href;
}

/** 43 characters that nobody can guess. */
function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
