// What somebody agrees to before a face of theirs is enrolled: the words, and that they were agreed to.

import { send } from "./api.js";
import { h } from "./dom.js";
import { busy, button, dialog, field, problem } from "./parts.js";

const KEY = "attendance.consent-wording";
const WORDING =
  "I agree that pictures of my face are turned into a numerical template, that it is kept until I withdraw this consent, and that it is used only to record my attendance. When I withdraw, the template is deleted.";

/**
 * The fields of a consent: `{ element, wording(), fault() }`. `wording()` is the text on one line if the box is
 * ticked, or null; the words last used on this device are proposed again. `fault(text)` shows what is wrong.
 */
export function consentFields({
  hint = "The words that the person reads and agrees to. Change them to what your rules ask for.",
} = {}) {
  const words = field({
    label: "Wording of the consent",
    kind: "textarea",
    rows: "4",
    maxlength: "2000",
    hint,
    value: localStorage.getItem(KEY) ?? WORDING,
  });
  const ticked = h("input", { type: "checkbox" });
  const element = h(
    "div",
    { class: "stack-tight" },
    words.element,
    h("label", { class: "check" }, ticked, h("span", {}, "They have read these words and agreed to them")),
  );
  return {
    element,
    fault: (text) => words.error(text),
    wording() {
      const text = words.value.replace(/\s+/g, " ");
      if (!ticked.checked || !text) return null;
      localStorage.setItem(KEY, text);
      return text;
    },
    get ticked() {
      return ticked.checked;
    },
  };
}

/** Asks for a consent and records it; `onDone(attendee)` gets the attendee as it is then. */
export function recordConsent(attendee, onDone) {
  const fields = consentFields();
  const outcome = h("div", { "aria-live": "polite" });
  const save = button("Record the consent", {
    kind: "primary",
    onclick: () =>
      busy(save, async () => {
        outcome.replaceChildren();
        const wording = fields.wording();
        if (!wording)
          return fields.fault(
            fields.ticked ? "Write down what they agreed to." : "Tick the box once they have agreed.",
          );
        fields.fault("");
        try {
          const changed = await send("PUT", `attendees/${attendee.id}/consent`, { wording });
          asked.close();
          onDone(changed);
        } catch (error) {
          outcome.replaceChildren(problem(error));
        }
        return undefined;
      }),
  });
  const asked = dialog({
    title: `Consent of ${attendee.name}`,
    body: [fields.element, outcome],
    actions: [button("Cancel", { onclick: () => asked.close() }), save],
  });
}
