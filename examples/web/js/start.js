// The first page: without a token it asks for one, with one it is the start for the role.

import { get, send } from "./api.js";
import { byId, h, replace } from "./dom.js";
import { longDate, percent, today } from "./format.js";
import { icon } from "./icons.js";
import { listen } from "./live.js";
import { busy, button, field, loading, notice, problem, toast } from "./parts.js";
import { announce, open } from "./shell.js";
import { reaches, signIn, token, tokenIn, understand } from "./session.js";

const REASONS = {
  "signed-out": ["ok", "You are signed out", "This tab has forgotten the link."],
  expired: ["warn", "Your link has expired", "Ask an admin for a new one, or start the desk again."],
  refused: [
    "bad",
    "That link is not valid here",
    "It may be of another server, or of a data folder that was made anew.",
  ],
  needed: ["calm", "Sign in first", "This tab has no link yet. Every tab has its own."],
};

const TILES = [
  { path: "kiosk.html", icon: "face", title: "Kiosk", text: "Check people in with the camera.", least: "kiosk" },
  { path: "reports.html", icon: "chart", title: "Reports", text: "Who came, and who was late.", least: "operator" },
  {
    path: "groups.html",
    icon: "calendar",
    title: "Groups & roll call",
    text: "Sessions, rosters, corrections by hand.",
    least: "operator",
  },
  { path: "people.html", icon: "people", title: "People", text: "Enrol, keep consent, erase.", least: "admin" },
  {
    path: "strangers.html",
    icon: "question",
    title: "Strangers",
    text: "Faces that nobody here belongs to.",
    least: "operator",
  },
];

if (token()) await start();
else welcome();

function welcome() {
  document.title = "Sign in · Attendance";
  const reason = REASONS[new URLSearchParams(location.search).get("reason")];
  history.replaceState(null, "", location.pathname);
  const link = field({
    label: "Your link",
    hint: "The address printed when the desk started, or the one an admin gave you. A bare token works too.",
    name: "link",
    type: "text",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    enterkeyhint: "go",
    placeholder: "http://…/#token=…",
  });
  const submit = (event) => {
    event.preventDefault();
    const found = tokenIn(link.value);
    link.error(found ? "" : "That is no link with a token. Copy the whole line, up to its last character.");
    if (!found) return link.input.focus();
    signIn(found);
    location.reload();
  };
  replace(
    byId("main"),
    h(
      "div",
      { class: "welcome" },
      h(
        "div",
        {},
        h("h1", {}, "A face is all it takes to be counted."),
        h(
          "p",
          { class: "lead" },
          "Attendance turns a photo of a face into one trustworthy record: with consent, never twice, and erased when asked.",
        ),
      ),
      h(
        "form",
        { class: "card stack", onsubmit: submit, novalidate: true },
        h("h2", {}, "Sign in"),
        reason ? notice(reason[0], reason[1], h("p", { class: "small" }, reason[2])) : null,
        link.element,
        button("Sign in", { kind: "primary", type: "submit" }),
      ),
    ),
  );
}

async function start() {
  // A kiosk or an attendee has one page: this one would only be in the way.
  try {
    const me = understand(await get("/v1/whoami"));
    if (!reaches(me.roles, "operator")) {
      if (reaches(me.roles, "kiosk")) return location.replace("kiosk.html");
      if (reaches(me.roles, "attendee")) return location.replace("me.html");
    }
  } catch {
    // The shell asks again and says what is wrong.
  }
  const { main, can } = await open({ page: "start", title: "Start", least: "operator" });
  const figures = h("div", {}, loading("Counting…"));
  main.append(
    h("div", { class: "page-head" }, h("div", {}, h("h1", {}, "Today"), h("p", { class: "lead" }, longDate(today())))),
    h("section", { class: "today", "aria-label": "Today's figures" }, figures),
    h("section", { class: "grid tiles", "aria-label": "Pages" }, TILES.filter(({ least }) => can(least)).map(tile)),
  );
  if (can("admin")) main.append(links());
  await showFigures(figures, can("admin"));
  follow(figures, can("admin"));
}

function tile({ path, icon: name, title, text }) {
  return h("a", { class: "card card-link tile", href: path }, icon(name), h("h2", {}, title), h("p", {}, text));
}

async function showFigures(into, admin) {
  try {
    const day = today();
    const summary = await get("reports/summary", { from: day, to: day });
    const counted = summary.present + summary.late + summary.absent + summary.excused;
    if (!counted && admin && !(await get("attendees", { limit: 1 })).items.length) return replace(into, firstSteps());
    replace(
      into,
      h(
        "dl",
        { class: "figures" },
        figure("Present", summary.present, "ok", "check"),
        figure("Late", summary.late, "warn", "clock"),
        figure("Absent", summary.absent, "bad", "cross"),
        figure("Excused", summary.excused, "accent", "leaf"),
        figure("Attendance", percent(summary.attendance_rate)),
      ),
    );
  } catch (error) {
    replace(into, problem(error));
  }
  return undefined;
}

function figure(word, value, kind = "calm", iconName = null) {
  return h(
    "div",
    { class: `figure figure-${kind}` },
    h("dt", {}, iconName ? icon(iconName) : null, word),
    h("dd", {}, value),
  );
}

function firstSteps() {
  const step = (title, ...text) =>
    h("li", {}, h("div", {}, h("h3", {}, title), h("p", { class: "muted small" }, text)));
  return h(
    "div",
    { class: "card" },
    h("h2", {}, "Nobody is enrolled yet"),
    h(
      "ol",
      { class: "steps" },
      step(
        "Enrol somebody",
        h("a", { href: "people.html" }, "Add a person"),
        ", note their consent, and take a photo.",
      ),
      step(
        "Check them in",
        h("a", { href: "kiosk.html" }, "Open the kiosk"),
        ", look into the oval, press the button.",
      ),
      step("See the record", "It appears here, and in the ", h("a", { href: "reports.html" }, "reports"), ", at once."),
    ),
  );
}

/** Counts anew when something was recorded, at most once a second, and when the tab is looked at again. */
function follow(into, admin) {
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(async () => {
      waiting = false;
      await showFigures(into, admin);
    }, 1000);
  };
  const leaving = new AbortController();
  addEventListener("pagehide", () => leaving.abort());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && soon());
  listen({ on: soon, signal: leaving.signal });
}

function links() {
  const role = field({
    label: "For",
    kind: "select",
    value: "kiosk",
    options: [
      ["kiosk", "Kiosk: checks people in"],
      ["operator", "Operator: roll call, reports"],
      ["admin", "Admin: everything"],
    ],
  });
  const days = field({
    label: "Valid for",
    kind: "select",
    value: "30",
    options: [
      ["1", "1 day"],
      ["7", "7 days"],
      ["30", "30 days"],
      ["90", "90 days"],
      ["365", "a year"],
    ],
  });
  const made = h("div", {});
  const make = button("Make a link", { kind: "primary", type: "submit", icon: "link" });
  const submit = (event) => {
    event.preventDefault();
    busy(make, async () => {
      try {
        const issued = await send("POST", "tokens", { role: role.value, days: Number(days.value) });
        replace(made, madeLink(new URL(issued.path, location.href).href));
        announce("The link is ready to copy.");
        made.querySelector("input").select();
      } catch (error) {
        replace(made, problem(error));
      }
    });
  };
  return h(
    "section",
    { class: "card links stack", "aria-labelledby": "links-title" },
    h(
      "div",
      { class: "stack-tight" },
      h("h2", { id: "links-title" }, "Links"),
      h(
        "p",
        { class: "muted small" },
        "A link signs in whoever opens it, on any device that reaches this address. Hand it over like a key.",
      ),
    ),
    h("form", { class: "links-form", onsubmit: submit }, role.element, days.element, make),
    made,
  );
}

function madeLink(address) {
  const shown = field({
    label: "The link",
    hint: "It is shown this once: nothing keeps it.",
    value: address,
    readonly: true,
    onfocus: (event) => event.target.select(),
  });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address);
      toast("The link is copied.");
    } catch {
      shown.input.select();
      toast("Press Ctrl+C or ⌘C to copy it.", "info");
    }
  };
  return h(
    "div",
    { class: "links-made" },
    h("div", { class: "row row-bottom" }, shown.element, button("Copy", { icon: "copy", onclick: copy })),
  );
}
