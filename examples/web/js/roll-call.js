// The roll call: a day, a session, its roster, and a tap or a key for each person.

import { all, get, send } from "./api.js";
import { h, replace } from "./dom.js";
import { count, longDate, time } from "./format.js";
import { badge, busy, button, confirm, empty, field, loading, notice, problem, toast } from "./parts.js";
import { correct, recordPath } from "./record.js";
import { rosterOf } from "./roster.js";
import { announce } from "./shell.js";

const PHASES = {
  "not-open": ["calm", "clock", "Not open yet"],
  "in-time": ["ok", "check", "Open"],
  late: ["warn", "clock", "Open, late now"],
  closed: ["calm", "cross", "Closed"],
};
const AT_ONCE = 4;

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

  async function loadSessions() {
    replace(body, loading());
    try {
      ({ items: sessions } = await get(`groups/${encodeURIComponent(group.id)}/sessions`, {
        from: day.value,
        to: day.value,
      }));
    } catch (error) {
      return void replace(body, problem(error));
    }
    const times = (session) => `${time(session.opens_at, group.zone)}–${time(session.closes_at, group.zone)}`;
    replace(
      which.input,
      sessions.map((session) => h("option", { value: session.id }, times(session))),
    );
    which.input.disabled = sessions.length === 0;
    if (!sessions.length)
      return void replace(
        body,
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
    replace(body, loading());
    try {
      const entries = await all(`sessions/${encodeURIComponent(session.id)}/roster`);
      entries.sort((a, b) => (a.attendee.name ?? "").localeCompare(b.attendee.name ?? ""));
      if (which.value === session.id) showSession(session, entries);
    } catch (error) {
      replace(body, problem(error), button("Try again", { onclick: loadRoster }));
    }
  }

  function showSession(session, entries) {
    if (!entries.length) {
      const link = h(
        "a",
        { class: "button", href: `groups.html?group=${encodeURIComponent(group.id)}&view=members` },
        "See the members",
      );
      return void replace(
        body,
        empty("people", "Nobody is on the roster", "Add the people who are expected, then call the roll.", link),
      );
    }
    const fault = h("div", { class: "stack-tight" });
    const figures = h("dl", { class: "figures tally" });
    const future = session.phase === "not-open";
    const roster = rosterOf({ entries, future, onMark: mark, onCorrect: ask, zone: group.zone });
    const rest = button("", { onclick: () => busy(rest, () => markRest()) });
    const close = button("Close the session", { onclick: () => closeSession(session, close, fault) });
    const [kind, icon, text] = PHASES[session.phase] ?? PHASES.closed;
    const late = session.late_after ? `, late after ${time(session.late_after, group.zone)}` : "";
    replace(
      body,
      h(
        "div",
        { class: "row row-between" },
        h("div", { class: "row" }, h("h2", {}, longDate(session.date)), badge(text, kind, icon)),
        h(
          "p",
          { class: "small muted" },
          `${time(session.opens_at, group.zone)} – ${time(session.closes_at, group.zone)}${late}`,
        ),
      ),
      figures,
      future
        ? notice(
            "calm",
            null,
            h("p", { class: "small" }, "It has not opened: until then somebody can only be excused."),
          )
        : null,
      h(
        "p",
        { class: "small muted no-print keys", id: "keys" },
        "Arrow keys move; P, L, A and E mark and go on to the next.",
      ),
      fault,
      roster.element,
      h(
        "div",
        { class: "row row-end no-print" },
        future ? null : rest,
        session.phase === "closed" || future ? null : close,
      ),
    );
    draw();

    function draw() {
      const figure = (name, status) =>
        h(
          "div",
          { class: "figure" },
          h("dt", {}, name),
          h("dd", {}, entries.filter(({ record }) => (record?.status ?? null) === status).length),
        );
      replace(
        figures,
        figure("Present", "present"),
        figure("Late", "late"),
        figure("Absent", "absent"),
        figure("Excused", "excused"),
        figure("Open", null),
      );
      const open = entries.filter(({ record }) => !record).length;
      replace(rest, `Mark ${count(open, "open one", "open ones")} absent`);
      rest.hidden = open === 0;
    }

    async function mark(entry, status) {
      reason.error("");
      if (!reason.value) {
        reason.error("Say why, in a few words: it is kept with each mark.");
        reason.input.focus();
        return;
      }
      const before = entry.record;
      entry.record = { status, pending: true };
      roster.redraw(entry);
      try {
        entry.record = await send("PUT", recordPath(session.id, entry.attendee.id), { status, reason: reason.value });
        announce(`${entry.attendee.name}: ${status}`);
        replace(fault);
      } catch (error) {
        entry.record = before;
        replace(fault, h("p", { class: "small" }, `${entry.attendee.name} was not marked:`), problem(error));
      }
      roster.redraw(entry);
      draw();
    }

    function ask(entry, status) {
      const { id: attendee, name } = entry.attendee;
      const onDone = (row) => {
        entry.record = row;
        roster.redraw(entry);
        roster.focus(entry);
        draw();
        toast(`${name}: ${row.status}, with its reason.`);
      };
      correct({ session: session.id, attendee, name, record: entry.record, status, onDone });
    }

    async function markRest() {
      const left = entries.filter(({ record }) => !record);
      const sure = await confirm({
        title: `Mark ${count(left.length, "person", "people")} absent?`,
        text: "Those who have no record yet. Each can be corrected afterwards.",
        action: "Mark them absent",
        danger: false,
      });
      if (!sure) return;
      const work = async () => {
        for (let entry = left.shift(); entry; entry = left.shift()) await mark(entry, "absent");
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    }
  }

  async function closeSession(session, pressed, fault) {
    const text = session.marks_absent
      ? "Whoever has no record by now is marked absent. Faces that come later are refused."
      : "Faces that come later are refused.";
    if (!(await confirm({ title: "Close the session?", text, action: "Close it", danger: false }))) return;
    await busy(pressed, async () => {
      try {
        const closed = await send("POST", `sessions/${encodeURIComponent(session.id)}/close`);
        sessions = sessions.map((other) => (other.id === closed.id ? closed : other));
        toast("The session is closed.");
        await loadRoster();
        body.querySelector("h2")?.scrollIntoView({ block: "center" });
      } catch (error) {
        replace(fault, problem(error));
      }
    });
  }

  day.input.addEventListener("change", () => day.value && loadSessions());
  which.input.addEventListener("change", loadRoster);
  await loadSessions();
}
