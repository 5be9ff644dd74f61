// The fields of a person, to register somebody or to change what is known of them.

import { h, replace } from "./dom.js";
import { groupName } from "./format.js";
import { icon } from "./icons.js";
import { button, field } from "./parts.js";

const LINES = [
  { key: "name", label: "Name", required: true, maxlength: "200", autocomplete: "off" },
  {
    key: "external_id",
    label: "External id",
    hint: "Your own number: roll, personnel.",
    maxlength: "128",
    autocomplete: "off",
  },
  {
    key: "email",
    label: "E-mail",
    type: "email",
    hint: "Where notices about their attendance go.",
    maxlength: "254",
    autocomplete: "off",
  },
  {
    key: "phone",
    label: "Phone",
    type: "tel",
    hint: "With the country, such as +4930123456.",
    maxlength: "16",
    autocomplete: "off",
  },
  {
    key: "language",
    label: "Language of notices",
    hint: "A tag such as en, de or pt-BR.",
    maxlength: "35",
    autocomplete: "off",
    spellcheck: "false",
  },
];

/**
 * The fields: `{ element, values(), fault(error), focus() }`. `person` fills them; `groups` are those to choose from.
 * `values()` gives all of them (null where one is empty), or null after it has said what is missing. `fault(error)`
 * puts an ApiError beside the field it is about, and answers whether it could.
 */
export function personFields(groups, person = {}) {
  const lines = Object.fromEntries(
    LINES.map(({ key, ...line }) => [key, field({ ...line, value: person[key] ?? "" })]),
  );
  const membership = groupChoice(groups, new Set(person.groups ?? []));
  const attributes = attributeRows(person.attributes ?? {});
  const element = h(
    "div",
    { class: "stack" },
    lines.name.element,
    h("div", { class: "pair" }, lines.external_id.element, lines.language.element),
    h("div", { class: "pair" }, lines.email.element, lines.phone.element),
    membership.element,
    attributes.element,
  );
  const clear = () => Object.values(lines).forEach((line) => line.error(""));
  return {
    element,
    focus: () => lines.name.input.focus(),
    values() {
      clear();
      if (!lines.name.value) {
        lines.name.error("Write down a name.");
        lines.name.input.focus();
        return null;
      }
      const values = Object.fromEntries(Object.entries(lines).map(([key, line]) => [key, line.value || null]));
      values.phone = values.phone?.replace(/[\s()/-]/g, "") ?? null;
      return { ...values, groups: membership.chosen(), attributes: attributes.pairs() };
    },
    fault(error) {
      const about = error.code === "external-id-taken" ? "external_id" : error.body?.field;
      const line = lines[about];
      if (!line) return false;
      line.error(error.detail);
      line.input.focus();
      return true;
    },
  };
}

/** What changed from the person to these values, with the version that it is made upon. */
export function patchOf(person, values) {
  const differs = (key) => JSON.stringify(sorted(person[key])) !== JSON.stringify(sorted(values[key]));
  const changed = Object.keys(values).filter(differs);
  return changed.length
    ? { ...Object.fromEntries(changed.map((key) => [key, values[key]])), version: person.version }
    : null;
}

function sorted(value) {
  if (Array.isArray(value)) return [...value].sort();
  if (value && typeof value === "object") return Object.entries(value).sort();
  return value ?? null;
}

function groupChoice(groups, chosen) {
  const boxes = groups
    .filter(({ id }) => id !== "everyone")
    .map((group) => ({
      group,
      input: h("input", { type: "checkbox", value: group.id, checked: chosen.has(group.id) }),
    }));
  const choices = boxes.map(({ group, input }) =>
    h("label", { class: "check chip" }, input, h("span", {}, groupName(group.id, group.name))),
  );
  const element = boxes.length
    ? h("fieldset", { class: "field" }, h("legend", {}, "Groups"), h("div", { class: "chips" }, choices))
    : h(
        "p",
        { class: "small muted" },
        "There are no groups yet. ",
        h("a", { href: "groups.html" }, "Make one"),
        " to say who belongs where; this person can join later.",
      );
  return { element, chosen: () => boxes.filter(({ input }) => input.checked).map(({ group }) => group.id) };
}

function attributeRows(pairs) {
  const rows = h("div", { class: "stack-tight" });
  const add = (key = "", value = "") => {
    const name = h("input", {
      class: "input",
      "aria-label": "Attribute",
      placeholder: "branch",
      maxlength: "64",
      value: key,
    });
    const text = h("input", {
      class: "input",
      "aria-label": "Value",
      placeholder: "Mathematics",
      maxlength: "256",
      value,
    });
    const remove = h(
      "button",
      { class: "button button-quiet button-icon", type: "button", "aria-label": "Remove this attribute" },
      icon("cross"),
    );
    const row = h("div", { class: "attribute" }, name, text, remove);
    remove.addEventListener("click", () => {
      row.remove();
      more.focus();
    });
    rows.append(row);
    return name;
  };
  const more = button("Add an attribute", { kind: "quiet", icon: "plus", onclick: () => add().focus() });
  for (const [key, value] of Object.entries(pairs)) add(key, value);
  return {
    element: h(
      "fieldset",
      { class: "field" },
      h("legend", {}, "Attributes"),
      h("p", { class: "field-hint" }, "Whatever else you keep: branch, year, desk."),
      rows,
      h("div", {}, more),
    ),
    pairs() {
      const filled = [...rows.children].map((row) =>
        [...row.querySelectorAll("input")].map((input) => input.value.trim()),
      );
      return Object.fromEntries(filled.filter(([key]) => key));
    },
  };
}

/** The groups of an attendee as words. */
export function groupWords(ids, groups) {
  return ids.map((id) => groupName(id, groups.find((group) => group.id === id)?.name)).join(", ");
}

/** Puts the problem beside its field if it has one there, or into `outcome`. */
export function showFault(fields, outcome, error, shown) {
  replace(outcome, fields.fault(error) ? null : shown);
}
