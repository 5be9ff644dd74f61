// The components that pages share: badges, fields, notices, tables, dialogs, toasts. How they look is in css/base.css.

import { byId, h, newId, replace } from "./dom.js";
import { status as statusWord } from "./format.js";
import { icon } from "./icons.js";

const STATUS = {
  present: ["ok", "check"],
  late: ["warn", "clock"],
  absent: ["bad", "cross"],
  excused: ["accent", "leaf"],
};

/** A badge: kind is "ok", "warn", "bad", "accent" or "calm"; the icon's shape says the same as the colour. */
export function badge(text, kind = "calm", iconName = "dash") {
  return h("span", { class: `badge badge-${kind}` }, icon(iconName), text);
}

/** The badge of a record's status; without one, "Open". */
export function statusBadge(status) {
  const [kind, iconName] = STATUS[status] ?? ["calm", "dash"];
  return badge(status ? statusWord(status) : "Open", kind, iconName);
}

/** A boxed remark: kind is "calm", "ok", "warn" or "bad". A "bad" one is read out at once. */
export function notice(kind, title, ...body) {
  const iconName = { ok: "check", warn: "warning", bad: "warning" }[kind] ?? "info";
  return h(
    "div",
    { class: `notice notice-${kind}`, role: kind === "bad" ? "alert" : null },
    icon(iconName),
    h("div", { class: "stack-tight" }, title ? h("p", { class: "notice-title" }, title) : null, body),
  );
}

/** An ApiError as a notice: what it means, and the request's id for whoever runs the server. */
export function problem(error) {
  const id = error.requestId ? h("p", { class: "tiny muted mono" }, `Request ${error.requestId}`) : null;
  return notice("bad", error.detail ?? error.message, id);
}

/** What a list shows that has nothing to show. */
export function empty(iconName, title, text, ...actions) {
  return h("div", { class: "empty" }, icon(iconName), h("h2", {}, title), text ? h("p", {}, text) : null, actions);
}

/** "Loading ..." with a spinner. */
export function loading(text = "Loading…") {
  return h("p", { class: "loading", role: "status" }, h("span", { class: "spinner", "aria-hidden": "true" }), text);
}

/**
 * A labelled field: `{ element, input, value, error(text) }`. `kind` is "input" (default), "select" or "textarea";
 * `options` of a select are `[value, text]` pairs; everything else goes to the input as it is. `error("")` clears.
 */
export function field({ label, hint, kind = "input", options = [], ...properties }) {
  const id = properties.id ?? newId("field");
  const hintId = hint ? `${id}-hint` : null;
  const errorId = `${id}-error`;
  const input = h(
    kind,
    { class: "input", ...properties, id, "aria-describedby": [hintId, errorId].filter(Boolean).join(" ") },
    options.map(([value, text]) => h("option", { value, selected: value === properties.value }, text)),
  );
  if (properties.value !== undefined) input.value = properties.value;
  const error = h("p", { class: "field-error", id: errorId, "aria-live": "polite" });
  const element = h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    hint ? h("p", { class: "field-hint", id: hintId }, hint) : null,
    input,
    error,
  );
  return {
    element,
    input,
    get value() {
      return input.value.trim();
    },
    error(text) {
      replace(error, text);
      if (text) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
  };
}

/** A switch with a label: `{ element, input }`. */
export function toggle(label, properties = {}) {
  const input = h("input", { type: "checkbox", role: "switch", ...properties });
  return { element: h("label", { class: "switch" }, input, h("span", {}, label)), input };
}

/** A button; `icon` names one, `kind` is "primary", "danger", "quiet", "big" or several of them. */
export function button(text, { kind = "", icon: iconName, ...properties } = {}) {
  const kinds = kind
    .split(" ")
    .filter(Boolean)
    .map((name) => `button-${name}`);
  return h(
    "button",
    { type: "button", ...properties, class: ["button", ...kinds].join(" ") },
    iconName ? icon(iconName) : null,
    text,
  );
}

/** A button that copies what a field holds, and says so; where a browser refuses, it selects it. */
export function copyButton(shown, said) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(shown.input.value);
      toast(said);
    } catch {
      shown.input.select();
      toast("Press Ctrl+C or ⌘C to copy it.", "info");
    }
  };
  return button("Copy", { icon: "copy", onclick: copy });
}

/** Runs the task with the button busy and out of reach, so that nothing is sent twice. */
export async function busy(pressed, task) {
  if (pressed.getAttribute("aria-busy") === "true") return undefined;
  pressed.setAttribute("aria-busy", "true");
  pressed.setAttribute("aria-disabled", "true");
  try {
    return await task();
  } finally {
    pressed.removeAttribute("aria-busy");
    pressed.removeAttribute("aria-disabled");
  }
}

/**
 * A table that becomes cards on a phone. Columns are `{ label, cell(row), class }`; the first one heads its row. The
 * roles are said again because `display: block` takes them away.
 */
export function table({ caption, columns, rows }) {
  const head = columns.map(({ label, class: name }) =>
    h(
      "th",
      { scope: "col", role: "columnheader", class: name },
      name === "actions" ? h("span", { class: "visually-hidden" }, label) : label,
    ),
  );
  return h(
    "div",
    { class: "table-wrap" },
    h(
      "table",
      { class: "table", role: "table" },
      h("caption", { class: "visually-hidden" }, caption),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)),
      h(
        "tbody",
        { role: "rowgroup" },
        rows.map((row) => tableRow(columns, row)),
      ),
    ),
  );
}

/** One row for such a table, to add or to put in another's place. */
export function tableRow(columns, row) {
  const cells = columns.map(({ label, cell, class: name }, index) =>
    index === 0
      ? h("th", { scope: "row", role: "rowheader", class: name }, cell(row))
      : h("td", { role: "cell", class: name, "data-label": name === "actions" ? null : label }, cell(row)),
  );
  return h("tr", { role: "row" }, cells);
}

/**
 * A modal dialog, opened at once: `{ element, body, close() }`. `actions` are buttons for its foot. Escape and the
 * cross close it; `onClose` is called then. The focus goes back to where it was.
 */
export function dialog({ title, body = [], actions = [], wide = false, onClose = () => {} }) {
  const id = newId("dialog");
  const content = h("div", { class: "dialog-body" }, body);
  const cross = h(
    "button",
    { class: "button button-quiet button-icon", type: "button", "aria-label": "Close" },
    icon("cross"),
  );
  const element = h(
    "dialog",
    { class: wide ? "dialog dialog-wide" : "dialog", "aria-labelledby": id },
    h("div", { class: "dialog-head" }, h("h2", { id }, title), cross),
    content,
    actions.length ? h("div", { class: "dialog-foot" }, actions) : null,
  );
  const close = () => element.close();
  cross.addEventListener("click", close);
  element.addEventListener("close", () => {
    element.remove();
    onClose();
  });
  document.body.append(element);
  element.showModal();
  return { element, body: content, close };
}

/** Asks before something that can't be undone; resolves to true or false. */
export function confirm({ title, text, action, danger = true }) {
  return new Promise((resolve) => {
    let agreed = false;
    const cancel = button("Cancel", { onclick: () => asked.close() });
    const agree = button(action, {
      kind: danger ? "danger" : "primary",
      onclick: () => {
        agreed = true;
        asked.close();
      },
    });
    const asked = dialog({ title, body: [h("p", {}, text)], actions: [cancel, agree], onClose: () => resolve(agreed) });
    cancel.focus();
  });
}

/** Says something in passing: shown for 6 s, read out by screen readers. */
export function toast(text, iconName = "check") {
  const shown = h("div", { class: "toast" }, icon(iconName), h("span", {}, text));
  byId("toasts").append(shown);
  setTimeout(() => shown.remove(), 6000);
}
