// Saying which user of the user pool somebody is, so that they see their own page.

import { send } from "./api.js";
import { h, replace } from "./dom.js";
import { busy, button, dialog, field, notice, problem, toast } from "./parts.js";

// As Cognito writes it.
const USER_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Asks for the id of a person's user, and links it. */
export function linkSignIn(person, { id: organization }) {
  const user = field({
    label: "User ID (sub)",
    hint: "The user pool’s console shows it on the user’s page. Their own page shows it, too, as long as nothing is linked.",
    class: "input mono",
    maxlength: "128",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    enterkeyhint: "done",
    placeholder: "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
  });
  const outcome = h("div", { "aria-live": "polite" });
  const link = button("Link", { kind: "primary", type: "submit", form: "link-sign-in" });
  const submit = (event) => {
    event.preventDefault();
    const subject = user.value.toLowerCase();
    const isOne = USER_ID.test(subject);
    user.error(isOne ? "" : "That is no user ID. It has 36 letters and digits with dashes; a user name won’t do.");
    if (!isOne) return user.input.focus();
    return busy(link, async () => {
      replace(outcome);
      try {
        const linked = await send("PUT", `attendees/${person.id}/sign-in`, { subject });
        if (!linked.instead_of) {
          asked.close();
          return toast(`Linked: this user sees what is kept of ${person.name}.`);
        }
        user.input.readOnly = true;
        link.hidden = true;
        return replace(outcome, moved(person, linked.instead_of));
      } catch (error) {
        return replace(outcome, problem(error));
      }
    });
  };
  const asked = dialog({
    title: `Link the sign-in of ${person.name}`,
    body: [
      h(
        "p",
        { class: "small" },
        "With it they see what is kept of them, and nothing else. The user must be in the group ",
        h("code", {}, `${organization}:attendee`),
        ".",
      ),
      h("form", { id: "link-sign-in", onsubmit: submit, novalidate: true }, user.element),
      outcome,
    ],
    actions: [button("Close", { onclick: () => asked.close() }), link],
  });
  user.input.focus();
}

function moved(person, before) {
  return notice(
    "warn",
    "Linked, and it was somebody else’s",
    h("p", { class: "small" }, "Until now this user saw ", somebody(before), `. Now they see ${person.name}.`),
    h("p", { class: "small" }, "If that is a mistake, link the user to the other person again."),
  );
}

function somebody(id) {
  return h("a", { href: `people.html?id=${encodeURIComponent(id)}` }, "another person");
}
