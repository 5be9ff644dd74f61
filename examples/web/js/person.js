// One person: what is known of them, their consent, their faces, their own link, and forgetting them.

import { all, get, send } from "./api.js";
import { hosted } from "./config.js";
import { recordConsent } from "./consent.js";
import { h, replace } from "./dom.js";
import { dateTime } from "./format.js";
import { askToErase } from "./erase.js";
import { facesOf } from "./faces.js";
import { badge, busy, button, confirm, dialog, empty, field, loading, notice, problem, toast } from "./parts.js";
import { groupWords, patchOf, personFields, showFault } from "./person-form.js";
import { linkSignIn } from "./sign-in-link.js";

/** Shows the person of this id in place of the list. */
export async function showPerson({ main, organization }, id) {
  const back = h("p", { class: "back" }, h("a", { href: "people.html" }, "All people"));
  const body = h("div", {}, loading());
  main.append(back, body);
  let person;
  let groups;
  try {
    [person, groups] = await Promise.all([get(`attendees/${encodeURIComponent(id)}`), all("groups")]);
  } catch (error) {
    replace(body, h("h1", { class: "visually-hidden" }, "Person"), missing(error));
    return;
  }

  const heading = h("h1", { tabindex: "-1" });
  const badges = h("p", { class: "row" });
  const facts = h("dl", { class: "facts" });
  const consent = h("section", { class: "card stack", "aria-labelledby": "consent-title" });
  const faces = facesOf({
    person: () => person,
    required: organization.policy?.consent_required !== false,
    changed: reload,
    askConsent: () => recordConsent(person, consented),
  });

  replace(
    body,
    h(
      "div",
      { class: "page-head" },
      h("div", { class: "stack-tight" }, heading, badges),
      h(
        "div",
        { class: "row" },
        button("Change", { icon: "edit", onclick: () => change(person, groups, update) }),
        hosted
          ? button("Link sign-in", { icon: "link", onclick: () => linkSignIn(person, organization) })
          : button("Link to their page", { icon: "link", onclick: () => ownLink(person) }),
      ),
    ),
    h(
      "div",
      { class: "person" },
      h("div", { class: "stack" }, faces.element),
      h(
        "div",
        { class: "stack" },
        h(
          "section",
          { class: "card stack", "aria-labelledby": "details-title" },
          h("h2", { id: "details-title" }, "Details"),
          facts,
        ),
        consent,
        h(
          "section",
          { class: "card stack", "aria-labelledby": "erase-title" },
          h("h2", { id: "erase-title" }, "Erase"),
          h("p", { class: "small muted" }, "Forgets everything personal about them. This can’t be undone."),
          h("div", {}, button("Erase this person…", { icon: "trash", onclick: () => askToErase(person, erased) })),
        ),
      ),
    ),
  );
  draw();

  function draw() {
    document.title = `${person.name ?? "Person"} · Attendance`;
    replace(heading, person.name ?? "Unnamed");
    replace(
      badges,
      person.enrolment === "active" ? badge("Face enrolled", "ok", "check") : badge("No face enrolled", "calm", "dash"),
      person.consent ? badge("Consent on record", "ok", "check") : badge("No consent", "warn", "warning"),
    );
    replace(facts, factsOf(person, groups));
    drawConsent();
    faces.draw();
  }

  function drawConsent() {
    const title = h("h2", { id: "consent-title" }, "Consent");
    const record = button(person.consent ? "Record a new one" : "Record the consent", {
      kind: person.consent ? "" : "primary",
      onclick: () => recordConsent(person, consented),
    });
    if (!person.consent) {
      replace(
        consent,
        title,
        h("p", { class: "small muted" }, "Nothing is on record. Show them what they agree to, and record it here."),
        h("div", {}, record),
      );
      return;
    }
    const outcome = h("div", {});
    const withdraw = button("Withdraw", { onclick: () => withdrawConsent(withdraw, outcome) });
    replace(
      consent,
      title,
      h("blockquote", { class: "quote" }, person.consent.wording),
      h("p", { class: "tiny muted" }, `Agreed ${dateTime(person.consent.at)}`),
      h("div", { class: "row" }, record, withdraw),
      outcome,
    );
  }

  async function withdrawConsent(pressed, outcome) {
    const sure = await confirm({
      title: "Withdraw the consent?",
      text: `Every enrolled face of ${person.name} is deleted, and they are not recognised any more. Their records stay.`,
      action: "Withdraw and delete the faces",
    });
    if (!sure) return;
    await busy(pressed, async () => {
      try {
        update(await send("DELETE", `attendees/${person.id}/consent`));
        toast("The consent is withdrawn and the faces are deleted.");
      } catch (error) {
        replace(outcome, problem(error));
      }
    });
  }

  function update(changed) {
    person = changed;
    draw();
  }

  function consented(changed) {
    update(changed);
    toast("The consent is on record.");
  }

  async function reload() {
    person = await get(`attendees/${person.id}`).catch(() => person);
    draw();
  }

  function erased(answer) {
    document.title = "Erased · Attendance";
    const done = h("h1", { tabindex: "-1" }, "Erased");
    const gone = `${answer.faces} enrolled ${answer.faces === 1 ? "face" : "faces"} and ${answer.images} ${answer.images === 1 ? "picture" : "pictures"} are gone, with everything else that was personal.`;
    replace(
      body,
      h(
        "div",
        { class: "stack" },
        done,
        notice(
          "ok",
          "This person is forgotten",
          h("p", {}, gone),
          h("p", { class: "small" }, "Records stay, under an id that says nothing about who it was."),
        ),
      ),
    );
    done.focus();
  }
}

function missing(error) {
  if (error.status === 410)
    return empty("shield", "This person was erased", "Nothing personal about them is kept any more.");
  if (error.status === 404)
    return empty(
      "person",
      "Nobody is here",
      "There is no person at this address. They may have been registered elsewhere.",
    );
  return problem(error);
}

function factsOf(person, groups) {
  const pairs = [
    ["External id", person.external_id],
    ["E-mail", person.email],
    ["Phone", person.phone],
    ["Language", person.language],
    ["Groups", groupWords(person.groups, groups)],
    ...Object.entries(person.attributes),
    ["Registered", dateTime(person.registered_at)],
  ];
  return pairs.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
}

function change(person, groups, onDone) {
  const fields = personFields(groups, person);
  const outcome = h("div", { "aria-live": "polite" });
  const save = button("Save", {
    kind: "primary",
    onclick: () =>
      busy(save, async () => {
        replace(outcome);
        const values = fields.values();
        if (!values) return;
        const patch = patchOf(person, values);
        if (!patch) return void asked.close();
        try {
          const changed = await send("PATCH", `attendees/${person.id}`, patch);
          asked.close();
          onDone(changed);
          toast("Saved.");
        } catch (error) {
          const again =
            error.code === "conflict" ? button("Load it again", { onclick: () => location.reload() }) : null;
          showFault(fields, outcome, error, [problem(error), again]);
        }
      }),
  });
  const asked = dialog({
    title: `Change ${person.name}`,
    wide: true,
    body: [fields.element, outcome],
    actions: [button("Cancel", { onclick: () => asked.close() }), save],
  });
  fields.focus();
}

function ownLink(person) {
  const days = field({
    label: "It works for",
    kind: "select",
    options: [
      ["7", "a week"],
      ["30", "a month"],
      ["90", "three months"],
      ["365", "a year"],
    ],
    value: "30",
  });
  const outcome = h("div", { class: "stack", "aria-live": "polite" });
  const make = button("Make the link", {
    kind: "primary",
    onclick: () =>
      busy(make, async () => {
        try {
          const made = await send("POST", "tokens", {
            role: "attendee",
            attendee: person.id,
            days: Number(days.value),
          });
          const link = field({
            label: "Their link",
            readonly: true,
            value: new URL(made.path, location.href).href,
            hint: `Works until ${dateTime(made.expires_at)}. It is shown only now.`,
            class: "input mono",
          });
          const copied = h("span", { class: "small muted", role: "status" });
          const copy = button("Copy", {
            icon: "copy",
            onclick: async () => {
              link.input.select();
              const done = await navigator.clipboard.writeText(link.input.value).then(
                () => true,
                () => false,
              );
              replace(copied, done ? "Copied." : "Press Ctrl C to copy it.");
            },
          });
          replace(outcome, link.element, h("div", { class: "row" }, copy, copied));
          make.hidden = true;
          days.element.hidden = true;
          link.input.select();
          link.input.focus();
        } catch (error) {
          replace(outcome, problem(error));
        }
      }),
  });
  const asked = dialog({
    title: "A link to their own page",
    body: [
      h(
        "p",
        { class: "small" },
        `With it ${person.name} sees their own records, and nothing else. Whoever has the link can use it: hand it to them alone.`,
      ),
      days.element,
      outcome,
    ],
    actions: [button("Close", { onclick: () => asked.close() }), make],
  });
}
