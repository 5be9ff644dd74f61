// The roster as rows of four buttons. One stop for the Tab key: arrows move, letters mark.

import { h, newId, replace } from "./dom.js";
import { method, status as statusWord, time } from "./format.js";
import { icon } from "./icons.js";
import { showHistory, STATUSES } from "./record.js";

const ICONS = { present: "check", late: "clock", absent: "cross", excused: "leaf" };
const KEYS = { p: "present", l: "late", a: "absent", e: "excused" };

/**
 * `{ element, redraw(entry), freshen(entry), focus(entry) }`. An entry is `{ attendee, record, mark }`; `mark` is what was
 * pressed and is not recorded: see waiting.js. `onMark(entry, status)` is called for who has no record yet,
 * `onCorrect(entry, status)` for who has one and was something else, `onDismiss(entry)` for a refused mark that was read;
 * `future`: only excusing is possible.
 */
export function rosterOf({ entries, future, onMark, onCorrect, onDismiss, zone }) {
  const rows = new Map();
  const element = h("ul", { class: "plain-list roster", "aria-describedby": "keys" });
  let current = { row: 0, column: 0 };

  entries.forEach((entry, row) => {
    const buttons = STATUSES.map((status, column) => {
      const pressed = h(
        "button",
        {
          class: `mark mark-${status}`,
          type: "button",
          tabindex: row + column === 0 ? "0" : "-1",
          "aria-disabled": future && status !== "excused" ? "true" : null,
          onclick: () => press(entry, status),
        },
        icon(ICONS[status]),
        h("span", {}, statusWord(status)),
      );
      pressed.addEventListener("focus", () => rove(row, column));
      return pressed;
    });
    const how = h("span", { class: "tiny muted how" });
    const past = h(
      "button",
      {
        class: "button button-quiet button-icon past",
        type: "button",
        title: "History",
        "aria-label": `History of ${entry.attendee.name ?? "this record"}`,
        onclick: () =>
          showHistory({ session: entry.record.session, attendee: entry.attendee.id, name: entry.attendee.name }),
      },
      icon("clock"),
    );
    const name = entry.attendee.name ?? "Unnamed";
    const note = h("div", { class: "roster-note", id: newId("note"), hidden: true });
    const line = h(
      "li",
      { class: "roster-row" },
      h("div", { class: "roster-name" }, h("span", {}, name), how),
      h("div", { class: "marks", role: "group", "aria-label": name, "aria-describedby": note.id }, buttons),
      past,
      note,
    );
    rows.set(entry, { line, buttons, how, past, note });
    element.append(line);
    redraw(entry);
  });

  element.addEventListener("keydown", (event) => {
    if (!event.target.classList.contains("mark") || event.ctrlKey || event.altKey || event.metaKey) return;
    const { row, column } = current;
    const moves = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      Home: [0, column],
      End: [entries.length - 1, column],
    };
    const status = KEYS[event.key.toLowerCase()];
    if (moves[event.key]) {
      event.preventDefault();
      go(...moves[event.key]);
    } else if (status) {
      event.preventDefault();
      const had = entries[row].record;
      press(entries[row], status);
      if (!had || had.status === status) go(row + 1, column);
    }
  });

  function press(entry, status) {
    if (future && status !== "excused") return;
    if (entry.mark?.state === "sending") return;
    if (entry.mark?.refused) onDismiss(entry);
    if (!entry.record) onMark(entry, status);
    else if (entry.record.status !== status) onCorrect(entry, status);
  }

  function go(row, column) {
    const to = entries[Math.max(0, Math.min(entries.length - 1, row))];
    rows.get(to).buttons[Math.max(0, Math.min(STATUSES.length - 1, column))].focus();
  }

  function rove(row, column) {
    rows.get(entries[current.row]).buttons[current.column].tabIndex = -1;
    current = { row, column };
    rows.get(entries[row]).buttons[column].tabIndex = 0;
  }

  function redraw(entry) {
    const { line, buttons, how, past, note } = rows.get(entry);
    const { record, mark } = entry;
    const pending = mark && !mark.refused;
    const shown = statusOf(entry);
    buttons.forEach((pressed, column) => pressed.setAttribute("aria-pressed", String(shown === STATUSES[column])));
    line.classList.toggle("is-waiting", Boolean(pending));
    past.hidden = !record;
    const known = record ? cameAbout(record) : (entry.attendee.external_id ?? "");
    replace(how, pending && mark.state === "sending" ? "Saving…" : known);
    const remark = remarkOf(entry);
    note.hidden = !remark;
    note.className = `roster-note small ${mark?.refused ? "is-refused" : ""}`;
    replace(note, remark);
  }

  function cameAbout(record) {
    return `${time(record.at, zone)}, ${method(record.method)}`;
  }

  function remarkOf(entry) {
    const { record, mark, attendee } = entry;
    if (!mark) return null;
    if (!mark.refused)
      return mark.state === "sending" ? null : [icon("clock"), h("span", {}, "Waiting for the network")];
    const why = record ? `Meanwhile: ${statusWord(record.status)}, ${cameAbout(record)}.` : mark.refused;
    const read = h(
      "button",
      {
        class: "button button-quiet button-icon",
        type: "button",
        title: "I have seen it",
        "aria-label": `Seen, ${attendee.name ?? "unnamed"}`,
        onclick: () => onDismiss(entry),
      },
      icon("cross"),
    );
    return [icon("warning"), h("span", {}, `Not marked ${mark.status}. ${why}`), read];
  }

  return {
    element,
    redraw,
    freshen(entry) {
      redraw(entry);
      const { line } = rows.get(entry);
      line.classList.remove("is-new");
      line.getBoundingClientRect();
      line.classList.add("is-new");
    },
    focus: (entry) => rows.get(entry).buttons[Math.max(0, STATUSES.indexOf(statusOf(entry)))].focus(),
  };
}

/** What somebody is as far as this page knows: marked but not recorded yet, or recorded; null where nothing is known. */
export function statusOf({ record, mark }) {
  return (mark && !mark.refused ? mark.status : record?.status) ?? null;
}
