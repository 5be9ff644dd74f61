// The first page: without a token it asks for one, with one it is the start for the role.

import { access } from "./access.js";
import { get } from "./api.js";
import { hosted } from "./config.js";
import { h, replace } from "./dom.js";
import { longDate, percent, today } from "./format.js";
import { icon } from "./icons.js";
import { listen } from "./live.js";
import { loading, problem } from "./parts.js";
import { open } from "./shell.js";
import { arrive, reaches, token, understand } from "./session.js";
import { welcome } from "./welcome.js";

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

const wanted = hosted ? await arrive() : null;
if (wanted) location.replace(wanted);
else if (token()) await start();
else welcome();

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
  const { main, organization, can } = await open({ page: "start", title: "Start", least: "operator" });
  const figures = h("div", {}, loading("Counting…"));
  main.append(
    h("div", { class: "page-head" }, h("div", {}, h("h1", {}, "Today"), h("p", { class: "lead" }, longDate(today())))),
    h("section", { class: "today", "aria-label": "Today's figures" }, figures),
    h("section", { class: "grid tiles", "aria-label": "Pages" }, TILES.filter(({ least }) => can(least)).map(tile)),
  );
  if (can("admin")) main.append(access(organization));
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
