// Who is signed in on this tab. A token comes in the fragment of a link, moves to this tab's storage and leaves the
// address bar (and the history) at once; or it comes from a user pool.
//
// All of it lies in sessionStorage: each page is a document of its own, so that memory would forget with every click,
// while localStorage would leave it, on a device that many use, to whoever opens the browser next.

import { comeBack, renewed, revoke, signOutAddress } from "./cognito.js";
import { hosted } from "./config.js";

const TOKEN = "attendance.token";
const ORGANIZATION = "attendance.organization";
const RENEWAL = "attendance.renewal";
const REASON = "attendance.reason";
const WANTED = "attendance.wanted";

/** Where marks lie that the server has not answered yet: see waiting.js. */
export const MARKS = "attendance.marks";

const RANK = { attendee: 0, kiosk: 1, operator: 2, admin: 3 };

const listeners = new Set();

// Where a user pool says who somebody is, a link signs nobody in: it could be anybody's.
if (!hosted) {
  takeFromAddress();
  // A link pasted into a tab that shows the page already changes the fragment only.
  addEventListener("hashchange", () => takeFromAddress() && location.reload());
}

/** The bearer token, or null. */
export function token() {
  return sessionStorage.getItem(TOKEN);
}

/** The token for a request, renewed first if it is about to end. */
export async function bearer() {
  // If that can't be now, the token may still do.
  if (Date.now() >= (renewal()?.due ?? Infinity)) await renew().catch(() => {});
  return token();
}

let renewing = null;

/** Gets a new token, once for all who ask meanwhile; false if there is nothing to get it with any more. */
export function renew() {
  renewing ??= renewOnce().finally(() => (renewing = null));
  return renewing;
}

async function renewOnce() {
  const { refresh } = renewal() ?? {};
  if (!refresh) return false;
  try {
    const fresh = await renewed(refresh);
    // Somebody may have signed out meanwhile.
    if (renewal()?.refresh !== refresh) return false;
    keep(fresh);
    return true;
  } catch (error) {
    if (error.reason !== "unfinished") throw error;
    sessionStorage.removeItem(RENEWAL);
    return false;
  }
}

/** Remembers a token for this tab. */
export function signIn(value) {
  sessionStorage.setItem(TOKEN, value);
  sessionStorage.removeItem(ORGANIZATION);
}

/**
 * Takes what the user pool's sign-in page has sent back with this address, if it has, and answers the page that was
 * asked for before, if it is another than this one. What goes wrong is a reason to be shown.
 */
export async function arrive() {
  try {
    const tokens = await comeBack();
    if (!tokens) return null;
    sessionStorage.removeItem(ORGANIZATION);
    keep(tokens);
  } catch (error) {
    if (!token()) sessionStorage.setItem(REASON, error.reason ?? "unfinished");
    return null;
  }
  const wanted = new URL(take(WANTED) ?? "./", location.href);
  return wanted.origin === location.origin && wanted.pathname !== location.pathname ? wanted.href : null;
}

/**
 * Forgets the token and shows the first page, which says why: "signed-out" by somebody, or "needed", "expired" or
 * "refused": then the page that was asked for comes after signing in again.
 */
export function signOut(reason = "signed-out") {
  const { refresh } = renewal() ?? {};
  for (const key of [TOKEN, RENEWAL, ORGANIZATION, WANTED]) sessionStorage.removeItem(key);
  sessionStorage.setItem(REASON, reason);
  for (const listener of listeners) listener();
  const ended = reason === "signed-out";
  // Whoever comes back to a sign-in that ended finds them; the next person does not.
  if (ended) sessionStorage.removeItem(MARKS);
  if (hosted && !ended) sessionStorage.setItem(WANTED, location.pathname + location.search);
  if (refresh) revoke(refresh);
  location.replace(hosted && ended ? signOutAddress() : "./");
}

/** Why the first page is shown to somebody who is not signed in; said once. */
export function reasonToSignIn() {
  return take(REASON);
}

/** Calls back before a sign-out leaves the page (to stop a camera, say). */
export function onSignOut(listener) {
  listeners.add(listener);
}

/** The token in a pasted link (`http://.../#token=...`), or the text itself where it is one; null if it is neither. */
export function tokenIn(text) {
  const trimmed = text.trim();
  const linked = /[#&]token=([^&\s]+)/.exec(trimmed);
  if (linked) return decodeURIComponent(linked[1]);
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(trimmed) ? trimmed : null;
}

/**
 * What `/v1/whoami` says, as this tab uses it: `{ subject, expiresAt, attendee, organizations: [{ id, roles }],
 * organization, roles }`. `organization` is the chosen one, or the first.
 */
export function understand(whoami) {
  const byOrganization = new Map();
  for (const { organization, role } of whoami.groups) {
    if (!byOrganization.has(organization)) byOrganization.set(organization, new Set());
    byOrganization.get(organization).add(role);
  }
  const organizations = [...byOrganization].map(([id, roles]) => ({ id, roles }));
  const chosen = organizations.find(({ id }) => id === sessionStorage.getItem(ORGANIZATION)) ?? organizations[0];
  if (chosen) sessionStorage.setItem(ORGANIZATION, chosen.id);
  return {
    subject: whoami.subject,
    expiresAt: whoami.expires_at,
    attendee: whoami.attendee ?? null,
    organizations,
    organization: chosen?.id ?? null,
    roles: chosen?.roles ?? new Set(),
  };
}

/** The organization that this tab works in, or null before `understand`. */
export function organization() {
  return sessionStorage.getItem(ORGANIZATION);
}

/** Switches to another organization of the token and loads the start page. */
export function switchTo(id) {
  sessionStorage.setItem(ORGANIZATION, id);
  location.assign("./");
}

/** Whether these roles reach this one: admin includes operator includes kiosk; attendee stands alone. */
export function reaches(roles, least) {
  if (least === "attendee") return roles.has("attendee");
  return [...roles].some((role) => role !== "attendee" && RANK[role] >= RANK[least]);
}

/** The highest of these roles, or null. */
export function highest(roles) {
  return [...roles].sort((a, b) => RANK[b] - RANK[a])[0] ?? null;
}

function keep({ token: value, refresh, due }) {
  sessionStorage.setItem(TOKEN, value);
  if (refresh) sessionStorage.setItem(RENEWAL, JSON.stringify({ refresh, due }));
  else sessionStorage.removeItem(RENEWAL);
}

function renewal() {
  return JSON.parse(sessionStorage.getItem(RENEWAL) ?? "null");
}

function take(key) {
  const value = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  return value;
}

function takeFromAddress() {
  const found = /[#&]token=/.test(location.hash) ? tokenIn(location.hash) : null;
  if (!found) return false;
  history.replaceState(history.state, "", location.pathname + location.search);
  signIn(found);
  return true;
}
