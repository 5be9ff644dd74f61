// Forgetting somebody: what goes, what stays, and a second, deliberate step.

import { send } from "./api.js";
import { h, replace } from "./dom.js";
import { busy, button, dialog, problem } from "./parts.js";

/** Asks, and erases; `onDone(answer)` gets what was removed. */
export function askToErase(person, onDone) {
  const sure = h("input", { type: "checkbox" });
  const outcome = h("div", { "aria-live": "polite" });
  const erase = button("Erase for good", {
    kind: "danger",
    icon: "trash",
    disabled: true,
    onclick: () =>
      busy(erase, async () => {
        replace(outcome);
        try {
          const answer = await send("DELETE", `attendees/${person.id}`, undefined, { timeout: 120_000 });
          asked.close();
          onDone(answer);
        } catch (error) {
          // An erasure that was cut off goes on where it stopped.
          replace(
            outcome,
            problem(error),
            error.passing ? h("p", { class: "small" }, "Press the button again: it goes on where it stopped.") : null,
          );
        }
      }),
  });
  sure.addEventListener("change", () => {
    erase.disabled = !sure.checked;
  });
  const asked = dialog({
    title: `Erase ${person.name}?`,
    body: [
      h(
        "div",
        { class: "pair" },
        h(
          "div",
          {},
          h("h3", {}, "What goes"),
          h(
            "ul",
            { class: "small ticks" },
            [
              "Name, external id, e-mail, phone, attributes",
              "Consent and group memberships",
              "Enrolled faces and their pictures",
              "Check-in pictures that name them",
              "Reasons written into their records",
            ].map((text) => h("li", {}, text)),
          ),
        ),
        h(
          "div",
          {},
          h("h3", {}, "What stays"),
          h(
            "ul",
            { class: "small ticks" },
            [
              "Their records, under an id that says nothing",
              "A mark that they were erased, so that nobody enrols them by accident",
              "Backups, until they run out",
            ].map((text) => h("li", {}, text)),
          ),
        ),
      ),
      h(
        "label",
        { class: "check" },
        sure,
        h("span", {}, `Yes, forget ${person.name}. I know that this can’t be undone.`),
      ),
      outcome,
    ],
    actions: [button("Keep them", { onclick: () => asked.close() }), erase],
  });
  sure.focus();
}
