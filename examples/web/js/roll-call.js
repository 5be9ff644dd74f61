// The roll call: a day, a session of it, and what becomes of that session.

import { all, get } from "./api.js";
import { h, replace } from "./dom.js";
import { longDate, time } from "./format.js";
import { button, empty, field, loading, problem, toast } from "./parts.js";
import { showRoll } from "./roll.js";

/** Shows the roll call of the group in `place`. */
export async function showRollCall(place, group, { can }) {
  const wanted = new URLSearchParams(location.search);
  const now = new Intl.DateTimeFormat("en-CA", {
    timeZone: group.zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).format(new Date());
  const day = field({ label: "Day", type: "date", value: wanted.get("date") ?? now, required: true });
  const which = field({ label: "Session", kind: "select" });
  const reason = field({ label: "Reason for these marks", value: "Roll call", maxlength: "500" });
  const body = h("div", { class: "stack" });
  replace(place, h("div", { class: "roll-fields no-print" }, day.element, which.element, reason.element), body);
  let sessions = [];
  let shown = new AbortController();

  /** Puts nodes into the body; whatever was shown there ends. */
  function show(...nodes) {
    shown.abort();
    shown = new AbortController();
    return replace(body, nodes);
  }

  async function loadSessions() {
    show(loading());
    try {
      ({ items: sessions } = await get(`groups/${encodeURIComponent(group.id)}/sessions`, {
        from: day.value,
        to: day.value,
      }));
    } catch (error) {
      return void show(problem(error), button("Try again", { onclick: loadSessions }));
    }
    const times = (session) => `${time(session.opens_at, group.zone)}–${time(session.closes_at, group.zone)}`;
    replace(
      which.input,
      sessions.map((session) => h("option", { value: session.id }, times(session))),
    );
    which.input.disabled = sessions.length === 0;
    if (!sessions.length)
      return void show(
        empty(
          "calendar",
          "No session on this day",
          `${longDate(day.value)} is not in the timetable. Choose another day${can("admin") ? ", or change the group’s timetable" : ""}.`,
        ),
      );
    const open = sessions.find(({ phase }) => phase === "in-time" || phase === "late");
    which.input.value = (sessions.find(({ id }) => id === wanted.get("session")) ?? open ?? sessions[0]).id;
    return loadRoster();
  }

  async function loadRoster() {
    const session = sessions.find(({ id }) => id === which.value);
    history.replaceState(
      history.state,
      "",
      `?${new URLSearchParams({ group: group.id, date: day.value, session: session.id })}`,
    );
    show(loading());
    try {
      const entries = await all(`sessions/${encodeURIComponent(session.id)}/roster`);
      entries.sort((a, b) => (a.attendee.name ?? "").localeCompare(b.attendee.name ?? ""));
      if (which.value === session.id) showSession(session, entries);
    } catch (error) {
      show(problem(error), button("Try again", { onclick: loadRoster }));
    }
  }

  function showSession(session, entries) {
    if (entries.length) {
      show();
      const { signal } = shown;
      return void showRoll(body, { session, entries, zone: group.zone, reason, onClosed: showClosed, signal });
    }
    const members = `groups.html?group=${encodeURIComponent(group.id)}&view=members`;
    const link = h("a", { class: "button", href: members }, "See the members");
    show(empty("people", "Nobody is on the roster", "Add the people who are expected, then call the roll.", link));
  }

  async function showClosed(closed) {
    sessions = sessions.map((other) => (other.id === closed.id ? closed : other));
    toast("The session is closed.");
    await loadRoster();
    body.querySelector("h2")?.scrollIntoView({ block: "center" });
  }

  day.input.addEventListener("change", () => day.value && loadSessions());
  which.input.addEventListener("change", loadRoster);
  await loadSessions();
}
