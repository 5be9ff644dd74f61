// The frame around every page: header, navigation by role, sign-out, the organizations, live regions.

import { get } from "./api.js";
import { hosted } from "./config.js";
import { byId, h, replace } from "./dom.js";
import { count, useZone } from "./format.js";
import { icon } from "./icons.js";
import { confirm, notice, problem } from "./parts.js";
import { highest, reaches, signOut, switchTo, token, understand } from "./session.js";
import { takeUp, unsent } from "./waiting.js";

const PAGES = [
  { page: "start", path: "./", text: "Start", least: ["operator"] },
  { page: "kiosk", path: "kiosk.html", text: "Kiosk", least: ["kiosk"] },
  { page: "people", path: "people.html", text: "People", least: ["admin"] },
  { page: "groups", path: "groups.html", text: "Groups", least: ["operator"] },
  { page: "reports", path: "reports.html", text: "Reports", least: ["operator"] },
  { page: "strangers", path: "strangers.html", text: "Strangers", least: ["operator"] },
  { page: "me", path: "me.html", text: "My attendance", least: ["attendee"] },
];

const ROLE_WORDS = { admin: "an admin", operator: "an operator", kiosk: "a kiosk", attendee: "an attendee" };

/**
 * Opens a page: `const { main, me, organization, can } = await open({ page: "people", title: "People", least: "admin" })`.
 *
 * It resolves when somebody with that role is signed in, with `main` (empty), `me` (see session.understand),
 * `organization` (what `GET /v1/orgs/{org}` says) and `can(role)`. Otherwise it shows why not, or leaves for the
 * sign-in page, and never resolves.
 */
export async function open({ page, title, least }) {
  document.title = `${title} · Attendance`;
  if (!token()) {
    signOut("needed");
    return never();
  }
  const main = byId("main");
  try {
    const me = understand(await get("/v1/whoami"));
    const organization = me.organization ? await get(`/v1/orgs/${encodeURIComponent(me.organization)}`) : null;
    if (organization) useZone(organization.zone);
    header(page, me);
    takeUp(me);
    const can = (role) => reaches(me.roles, role);
    if (organization && can(least)) return { main: replace(main), me, organization, can };
    replace(main, refusal(me, least));
  } catch (error) {
    if (!token()) return never();
    replace(main, h("h1", { class: "visually-hidden" }, title), problem(error), retry());
  }
  main.focus();
  return never();
}

/** Reads a sentence out to screen readers; `urgent` interrupts them. */
export function announce(text, urgent = false) {
  const region = byId(urgent ? "live-urgent" : "live");
  // The same sentence twice is news only if the region was empty between.
  replace(region);
  requestAnimationFrame(() => requestAnimationFrame(() => replace(region, text)));
}

/** Fills the header: the navigation that this role has, the organization, the way out. Without anybody: the brand. */
export function header(page, me) {
  const row = byId("top-row");
  const brand = row.querySelector(".brand");
  if (!me) return replace(row, brand);
  const links = PAGES.filter(({ least }) => least.some((role) => reaches(me.roles, role)));
  const bare = links.length < 2;
  const nav = h(
    "nav",
    { class: bare ? "nav is-bare" : "nav", id: "nav", "aria-label": bare ? "Account" : "Pages" },
    !bare
      ? h(
          "ul",
          {},
          links.map((link) =>
            h("li", {}, h("a", { href: link.path, "aria-current": link.page === page ? "page" : null }, link.text)),
          ),
        )
      : null,
    account(page, me),
  );
  if (bare) return replace(row, brand, nav);
  const menu = h(
    "button",
    { class: "button button-quiet menu-button", type: "button", "aria-expanded": "false", "aria-controls": "nav" },
    icon("menu"),
    "Menu",
  );
  const show = (open) => {
    nav.classList.toggle("is-open", open);
    menu.setAttribute("aria-expanded", String(open));
  };
  menu.addEventListener("click", () => show(menu.getAttribute("aria-expanded") !== "true"));
  row.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.getAttribute("aria-expanded") !== "true") return;
    show(false);
    menu.focus();
  });
  return replace(row, brand, menu, nav);
}

function account(page, me) {
  const switcher =
    me.organizations.length > 1
      ? h(
          "select",
          { class: "input", "aria-label": "Organization", onchange: (event) => switchTo(event.target.value) },
          me.organizations.map(({ id }) => h("option", { value: id, selected: id === me.organization }, id)),
        )
      : me.organization &&
        h("span", { class: "account-name", title: `Organization ${me.organization}` }, me.organization);
  const out = h("button", { class: "button button-quiet", type: "button", onclick: () => leave(page) }, "Sign out");
  return h("div", { class: "account" }, switcher, out);
}

// Whoever stands before a kiosk can press its button, but only who may sign it in can start it again.
async function leave(page) {
  const ask = (title, text) => confirm({ title, text, action: "Sign out" });
  const kiosk = `It checks nobody in until somebody ${hosted ? "signs it in" : "opens its link"} again.`;
  if (page === "kiosk" && !(await ask("Sign this kiosk out?", kiosk))) return;
  const left = unsent().length;
  const lost = `${count(left, "mark")} of the roll call could not be sent yet, and will be lost.`;
  if (left && !(await ask("Sign out and lose marks?", lost))) return;
  signOut();
}

function refusal(me, least) {
  const role = highest(me.roles);
  const none = hosted
    ? "You are in no group that gives a right here."
    : "Your link gives no right in any organization.";
  const is = role ? `You are signed in as ${ROLE_WORDS[role]}.` : none;
  const way = hosted ? `to put you into the group ${me.organization ?? "{organization}"}:${least}` : "for a link";
  return [
    h("h1", {}, "This page is not for you"),
    notice("warn", null, h("p", {}, `${is} This page needs ${ROLE_WORDS[least]}: ask an admin ${way}.`)),
  ];
}

function retry() {
  return h("p", {}, h("button", { class: "button", type: "button", onclick: () => location.reload() }, "Try again"));
}

function never() {
  return new Promise(() => {});
}
