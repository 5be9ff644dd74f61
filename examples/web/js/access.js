// How others get in: by links that an admin makes, or by the groups of a user pool.

import { send } from "./api.js";
import { hosted } from "./config.js";
import { h, replace } from "./dom.js";
import { busy, button, copyButton, field, problem } from "./parts.js";
import { announce } from "./shell.js";

const ROLES = [
  ["kiosk", "Checks people in."],
  ["operator", "Calls the roll, corrects, reports. Is a kiosk too."],
  ["admin", "Everything: enrols, keeps consent, erases."],
  ["attendee", "Sees what is their own."],
];

/** The part of the start page that says it to an admin. */
export function access(organization) {
  return hosted ? groups(organization) : links();
}

function groups({ id }) {
  const right = ([role, text]) => [h("dt", {}, h("code", {}, `${id}:${role}`)), h("dd", { class: "small" }, text)];
  return h(
    "section",
    { class: "card rights stack", "aria-labelledby": "rights-title" },
    h(
      "div",
      { class: "stack-tight" },
      h("h2", { id: "rights-title" }, "Who may do what"),
      h(
        "p",
        { class: "muted small" },
        "Rights come from the groups of the user pool. Whoever is put into one of these has its rights from their next sign-in on. Whom an attendee’s sign-in belongs to, you say under ",
        h("a", { href: "people.html" }, "People"),
        ".",
      ),
    ),
    h("dl", { class: "facts" }, ROLES.map(right)),
  );
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
  return h(
    "div",
    { class: "links-made" },
    h("div", { class: "row row-bottom" }, shown.element, copyButton(shown, "The link is copied.")),
  );
}
