// One record: correct it with a reason, and see what it was before.

import { get, send } from "./api.js";
import { h, replace } from "./dom.js";
import { dateTime, method, status as statusWord } from "./format.js";
import { badge, busy, button, dialog, empty, field, loading, notice, problem, statusBadge } from "./parts.js";

export const STATUSES = ["present", "late", "absent", "excused"];

/** The path of what somebody was at a session. */
export function recordPath(session, attendee) {
  return `sessions/${encodeURIComponent(session)}/records/${encodeURIComponent(attendee)}`;
}

/** The headers of a mark: it replaces this record as it was seen, or is the first one where there is none. */
export function upon(record) {
  return record ? { "if-match": `"${record.version}"` } : { "if-none-match": "*" };
}

/** A record in a line: "Late · 21 Nov 2026, 08:12 · by face, 98.2 %". */
export function recordWords(record) {
  return `${statusWord(record.status)} · ${dateTime(record.at)} · ${method(record.method)}`;
}

/**
 * Asks for a status and a reason and writes it; `onDone(row)` gets the record as it is then. `record` may be null:
 * then it is the first. `status` is what the correction starts from. If another record stands by then, it is shown
 * before anybody replaces it, and `onStands(record)` gets it.
 */
export function correct({ session, attendee, name, record, status, onDone, onStands = () => {} }) {
  let standing = record;
  const chosen = status ?? record?.status ?? "present";
  const choices = STATUSES.map((value) => {
    const input = h("input", { type: "radio", name: "status", value, checked: value === chosen });
    return { input, element: h("label", { class: "check" }, input, statusBadge(value)) };
  });
  const reason = field({
    label: "Reason",
    hint: "Kept in the history, beside who changed it.",
    maxlength: "500",
    autocomplete: "off",
  });
  const outcome = h("div", { "aria-live": "polite" });
  const save = button(record ? "Correct it" : "Mark", {
    kind: "primary",
    onclick: () =>
      busy(save, async () => {
        replace(outcome);
        reason.error("");
        if (!reason.value) {
          reason.error("Say why, in a few words.");
          reason.input.focus();
          return;
        }
        const value = choices.find(({ input }) => input.checked).input.value;
        try {
          const said = { status: value, reason: reason.value };
          const row = await send("PUT", recordPath(session, attendee), said, { headers: upon(standing) });
          asked.close();
          onDone(row);
        } catch (error) {
          if (error.body?.field === "reason") reason.error(error.detail);
          else if (error.code === "outdated") {
            standing = error.body.record ?? null;
            if (standing) onStands(standing);
            replace(was, now());
            replace(outcome, changed());
          } else replace(outcome, problem(error));
        }
      }),
  });
  const now = () => (standing ? `Now: ${recordWords(standing)}` : "Now: nothing is recorded");
  const changed = () =>
    notice("warn", "It was changed meanwhile", h("p", { class: "small" }, `${now()}. Press again to replace that.`));
  const was = h("p", { class: "small muted" }, record ? now() : null);
  const form = h(
    "form",
    {
      class: "stack",
      onsubmit: (event) => {
        event.preventDefault();
        save.click();
      },
    },
    was,
    h(
      "fieldset",
      { class: "field" },
      h("legend", {}, "What they were"),
      h(
        "div",
        { class: "choices" },
        choices.map(({ element }) => element),
      ),
    ),
    reason.element,
    outcome,
  );
  const asked = dialog({
    title: name ?? "Unnamed",
    body: [form],
    actions: [button("Cancel", { onclick: () => asked.close() }), save],
  });
  reason.input.focus();
}

/** Shows every version of a record, the latest first. */
export async function showHistory({ session, attendee, name }) {
  const place = h("div", { "aria-live": "polite" }, loading());
  const shown = dialog({
    title: `History of ${name ?? "an erased person"}`,
    body: [place],
    actions: [button("Close", { onclick: () => shown.close() })],
  });
  try {
    const { items } = await get(`${recordPath(session, attendee)}/history`);
    replace(place, h("ol", { class: "plain-list history" }, [...items].reverse().map(versionOf)));
  } catch (error) {
    replace(
      place,
      error.status === 404
        ? empty("clock", "Nothing is recorded yet", "The history begins with the first record.")
        : problem(error),
    );
  }
}

function versionOf(row, index) {
  const by = row.method.by === "hand" ? `by ${row.method.actor}` : method(row.method);
  return h(
    "li",
    {},
    h(
      "div",
      { class: "row" },
      statusBadge(row.status),
      index === 0 ? badge("Current", "calm", "check") : null,
      h("span", { class: "small muted" }, dateTime(row.recorded_at)),
    ),
    h(
      "p",
      { class: "small" },
      row.method.by === "hand" ? `${row.method.reason ?? "(the reason was erased)"} · ${by}` : by,
    ),
  );
}
