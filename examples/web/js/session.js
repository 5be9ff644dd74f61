// Who is signed in on this tab. The token comes in the fragment of a link, moves to this tab's storage and leaves the
// address bar (and the history) at once.

const TOKEN = "attendance.token";
const ORGANIZATION = "attendance.organization";
const RANK = { attendee: 0, kiosk: 1, operator: 2, admin: 3 };

const listeners = new Set();

takeFromAddress();
// A link pasted into a tab that shows the page already changes the fragment only.
addEventListener("hashchange", () => takeFromAddress() && location.reload());

/** The bearer token, or null. */
export function token() {
  return sessionStorage.getItem(TOKEN);
}

/** Remembers a token for this tab. */
export function signIn(value) {
  sessionStorage.setItem(TOKEN, value);
  sessionStorage.removeItem(ORGANIZATION);
}

/** Forgets the token and shows the sign-in page, which says why: "signed-out", "expired" or "refused". */
export function signOut(reason = "signed-out") {
  sessionStorage.removeItem(TOKEN);
  sessionStorage.removeItem(ORGANIZATION);
  for (const listener of listeners) listener();
  location.replace(`./?reason=${encodeURIComponent(reason)}`);
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

function takeFromAddress() {
  const found = /[#&]token=/.test(location.hash) ? tokenIn(location.hash) : null;
  if (!found) return false;
  history.replaceState(history.state, "", location.pathname + location.search);
  signIn(found);
  return true;
}
