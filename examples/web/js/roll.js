// The roll of one session: a tap or a key for each person, what comes meanwhile, and everybody else at once.

import { send } from "./api.js";
import { h, replace } from "./dom.js";
import { count, longDate, method, time } from "./format.js";
import { follow } from "./follow.js";
import { badge, busy, button, confirm, notice, problem, toast } from "./parts.js";
import { correct } from "./record.js";
import { rosterOf, statusOf } from "./roster.js";
import { announce } from "./shell.js";
import { again, dismiss, mark, marksOf, onMark, unsent } from "./waiting.js";

const PHASES = {
  "not-open": ["calm", "clock", "Not open yet"],
  "in-time": ["ok", "check", "Open"],
  late: ["warn", "clock", "Open, late now"],
  closed: ["calm", "cross", "Closed"],
};
const FEEDS = { open: ["ok", "check", "Live"], waiting: ["warn", "clock", "Connecting…"] };

/**
 * Shows the roll in `place` until the signal aborts. `entries` are the roster's, `reason` is the field with the reason of
 * the marks; `onClosed(session)` is called when it was closed here.
 */
export function showRoll(place, { session, entries, zone, reason, onClosed, signal }) {
  const future = session.phase === "not-open";
  const figures = h("dl", { class: "figures tally" });
  const feed = h("span", { class: "row no-print" });
  const fault = h("div", { class: "stack-tight" });
  const byId = new Map(entries.map((entry) => [entry.attendee.id, entry]));
  const roster = rosterOf({ entries, future, onMark: press, onCorrect: ask, onDismiss: seen, zone });
  const rest = ["present", "absent"].map((status) => {
    const pressed = button("", { onclick: () => markRest(status, pressed) });
    return { status, pressed };
  });
  const closing = button("Close the session", { onclick: close });
  replace(
    place,
    heading(),
    figures,
    future ? notice("calm", null, h("p", { class: "small" }, "It has not opened: until then somebody can only be excused.")) : null,
    h(
      "p",
      { class: "small muted no-print keys", id: "keys" },
      "Arrow keys move; P, L, A and E mark and go on to the next.",
    ),
    roster.element,
    fault,
    h(
      "div",
      { class: "row row-end roll-actions no-print" },
      future ? null : rest.map(({ pressed }) => pressed),
      session.phase === "closed" || future ? null : closing,
    ),
  );

  onMark((changed, record) => {
    const entry = byId.get(changed.attendee);
    if (signal.aborted || changed.session !== session.id || !entry) return false;
    entry.mark = marksOf(session.id).find(({ attendee }) => attendee === changed.attendee) ?? null;
    if (record) take(entry, record);
    roster.redraw(entry);
    draw();
    tell(entry, changed);
    return true;
  });
  for (const left of marksOf(session.id)) {
    const entry = byId.get(left.attendee);
    if (!entry) continue;
    entry.mark = left;
    roster.redraw(entry);
  }
  draw();
  const following = follow({ session: session.id, onRows, onState, signal });

  function heading() {
    const [kind, icon, text] = PHASES[session.phase] ?? PHASES.closed;
    const late = session.late_after ? `, late after ${time(session.late_after, zone)}` : "";
    const times = `${time(session.opens_at, zone)} – ${time(session.closes_at, zone)}${late}`;
    return h(
      "div",
      { class: "row row-between" },
      h("div", { class: "row" }, h("h2", {}, longDate(session.date)), badge(text, kind, icon), feed),
      h("p", { class: "small muted" }, times),
    );
  }

  function draw() {
    const how = (status) => entries.filter((entry) => statusOf(entry) === status).length;
    const figure = (name, status) => h("div", { class: "figure" }, h("dt", {}, name), h("dd", {}, how(status)));
    replace(
      figures,
      figure("Present", "present"),
      figure("Late", "late"),
      figure("Absent", "absent"),
      figure("Excused", "excused"),
      figure("Open", null),
    );
    for (const { status, pressed } of rest) {
      replace(pressed, `Mark the rest ${status} (${how(null)})`);
      pressed.hidden = how(null) === 0;
    }
  }

  function onState(state) {
    replace(feed, FEEDS[state] ? badge(FEEDS[state][2], FEEDS[state][0], FEEDS[state][1]) : null);
  }

  function onRows(rows) {
    const fresh = rows.filter((row) => byId.has(row.attendee) && take(byId.get(row.attendee), row));
    const others = fresh.map((row) => byId.get(row.attendee)).filter(({ mark }) => mark?.state !== "sending");
    others.forEach(roster.freshen);
    if (!fresh.length) return;
    draw();
    const [first] = others;
    if (others.length === 1) announce(`${nameOf(first)}: ${first.record.status}, ${method(first.record.method)}`);
    else if (first) announce(count(others.length, "new record"));
  }

  /** Whether it is news; an answer that was overtaken is not. */
  function take(entry, record) {
    if (entry.record && entry.record.version >= record.version) return false;
    entry.record = record;
    return true;
  }

  function press(entry, status) {
    const why = reasonGiven();
    if (why) mark({ session: session.id, attendee: entry.attendee.id, status, reason: why });
  }

  function ask(entry, status) {
    const stands = (record) => {
      take(entry, record);
      roster.redraw(entry);
      draw();
    };
    const onDone = (record) => {
      stands(record);
      roster.focus(entry);
      toast(`${nameOf(entry)}: ${record.status}, with its reason.`);
    };
    const { id: attendee, name } = entry.attendee;
    correct({ session: session.id, attendee, name, record: entry.record, status, onDone, onStands: stands });
  }

  function seen(entry) {
    dismiss(entry.mark);
    roster.focus(entry);
  }

  function tell(entry, { state, status, refused }) {
    if (state === "sent") announce(`${nameOf(entry)}: ${status}`);
    else if (refused && entry.mark) announce(`${nameOf(entry)} was not marked ${status}.`, true);
    else if (state === "waiting" && entry.mark) announce(`${nameOf(entry)}: waiting for the network`);
  }

  function reasonGiven() {
    reason.error("");
    if (!reason.value) {
      reason.error("Say why, in a few words: it is kept with each mark.");
      reason.input.focus();
    }
    return reason.value;
  }

  /** Does what concerns everybody else only once nobody waits: they would be taken for somebody without a mark. */
  async function settledOnly(task) {
    replace(fault);
    await again();
    const left = unsent(session.id).length;
    if (left) {
      const text = `${count(left, "mark waits", "marks wait")} for the network. Press again when nothing waits any more.`;
      return void replace(fault, notice("warn", null, h("p", { class: "small" }, text)));
    }
    try {
      await task();
    } catch (error) {
      replace(fault, problem(error));
    }
  }

  async function markRest(status, pressed) {
    const open = entries.filter((entry) => !statusOf(entry)).length;
    const why = reasonGiven();
    if (!why) return;
    const text = "Those who have no record. Whoever comes meanwhile keeps what they have; each can be corrected afterwards.";
    const title = `Mark ${count(open, "person", "people")} ${status}?`;
    if (!(await confirm({ title, text, action: `Mark them ${status}`, danger: false }))) return;
    const work = async () => {
      const path = `sessions/${encodeURIComponent(session.id)}/rest`;
      const { marked } = await send("POST", path, { status, reason: why }, { timeout: 0 });
      await following.look();
      toast(`${count(marked, "person", "people")} marked ${status}.`);
    };
    await busy(pressed, () => settledOnly(work));
  }

  async function close() {
    const later = "Faces that come later are refused.";
    const text = session.marks_absent ? `Whoever has no record by now is marked absent. ${later}` : later;
    if (!(await confirm({ title: "Close the session?", text, action: "Close it", danger: false }))) return;
    const work = async () => onClosed(await send("POST", `sessions/${encodeURIComponent(session.id)}/close`));
    await busy(closing, () => settledOnly(work));
  }
}

function nameOf({ attendee }) {
  return attendee.name ?? "Unnamed";
}
