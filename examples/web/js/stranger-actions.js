// What can be done about a stranger: say who it is and enrol the picture, or mark somebody present by hand.

import { all, get, send } from "./api.js";
import { consentFields } from "./consent.js";
import { h, replace } from "./dom.js";
import { enrolInto } from "./enrolment.js";
import { dateTime, time, today } from "./format.js";
import { busy, button, dialog, field, notice, problem } from "./parts.js";
import { personFields, showFault } from "./person-form.js";
import { picker, searchAttendees, searchMembers } from "./picker.js";
import { recordPath, recordWords, upon } from "./record.js";

/** Asks who it is, sees to the consent, and enrols the picture. `tell(...nodes)` writes beside the picture. */
export function thisIs(stranger, picture, tell) {
  const step = h("div", { class: "stack" });
  const image = h("img", { class: "asked", alt: `The picture of ${dateTime(stranger.captured_at)}` });
  const url = URL.createObjectURL(picture);
  image.src = url;
  const asked = dialog({
    title: "Who is this?",
    wide: true,
    body: [image, step],
    onClose: () => URL.revokeObjectURL(url),
  });
  choose();

  function choose() {
    const find = picker({
      label: "Somebody who is registered",
      search: searchAttendees,
      onPick: (person) => settle(person),
    });
    replace(
      step,
      find.element,
      h("hr", {}),
      h(
        "div",
        { class: "row" },
        h("span", { class: "small muted" }, "Not registered yet?"),
        button("Register somebody new", { icon: "plus", onclick: register }),
      ),
    );
    find.focus();
  }

  async function register() {
    const groups = await all("groups").catch(() => []);
    const fields = personFields(groups);
    const outcome = h("div", { "aria-live": "polite" });
    const next = button("Register and go on", {
      kind: "primary",
      onclick: () =>
        busy(next, async () => {
          const values = fields.values();
          if (!values) return;
          try {
            await settle(
              await send(
                "POST",
                "attendees",
                Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)),
              ),
            );
          } catch (error) {
            showFault(fields, outcome, error, problem(error));
          }
        }),
    });
    replace(
      step,
      fields.element,
      outcome,
      h("div", { class: "row row-end" }, button("Back", { onclick: choose }), next),
    );
    fields.focus();
  }

  async function settle(person) {
    if (person.consent) return enrol(person);
    const fields = consentFields();
    const outcome = h("div", { "aria-live": "polite" });
    const title = h("h3", { tabindex: "-1" }, `First the consent of ${person.name}`);
    const next = button("Record it and enrol the picture", {
      kind: "primary",
      onclick: () =>
        busy(next, async () => {
          const wording = fields.wording();
          if (!wording) return void fields.fault("Tick the box once they have agreed to these words.");
          try {
            await enrol(await send("PUT", `attendees/${person.id}/consent`, { wording }));
          } catch (error) {
            replace(outcome, problem(error));
          }
        }),
    });
    replace(
      step,
      title,
      h("p", { class: "small" }, "They were seen, but they may not have agreed to anything. Ask them."),
      fields.element,
      outcome,
      h("div", { class: "row row-end" }, button("Back", { onclick: choose }), next),
    );
    title.focus();
  }

  async function enrol(person) {
    const title = h("h3", { tabindex: "-1" }, person.name);
    const place = h("div", { "aria-live": "polite" });
    const further = h("div", { class: "row row-end" }, button("Somebody else", { onclick: choose }));
    replace(step, title, place, further);
    title.focus();
    await enrolInto(place, person, picture, () => {
      tell(
        notice(
          "ok",
          null,
          h("p", { class: "small" }, "Enrolled as ", h("a", { href: `people.html?id=${person.id}` }, person.name)),
        ),
      );
      const present = button("Mark them present too", {
        kind: "primary",
        onclick: () => {
          asked.close();
          markByHand(stranger, tell, person);
        },
      });
      replace(further, button("Done", { onclick: () => asked.close() }), present);
    });
  }
}

async function sessionChoice(id) {
  const known = await get(`sessions/${encodeURIComponent(id)}`).catch(() => null);
  const words = known ? `${known.group}, ${time(known.opens_at)} – ${time(known.closes_at)}` : id;
  return h("option", { value: id }, words);
}

/** Marks somebody present on the day of the picture; `person` is who, if that is known. */
export function markByHand(stranger, tell, person = null) {
  const date = today(new Date(stranger.captured_at));
  const step = h("div", { class: "stack" });
  const asked = dialog({
    title: "Mark somebody present",
    body: [h("p", { class: "small muted" }, `For the day of the picture, ${dateTime(stranger.captured_at)}.`), step],
  });
  if (person) confirmMark(person);
  else choose();

  function choose() {
    const find = picker({ label: "Who was it?", search: searchMembers(), onPick: confirmMark });
    replace(step, find.element);
    find.focus();
  }

  function confirmMark(who) {
    const status = field({
      label: "They were",
      kind: "select",
      options: [
        ["present", "Present"],
        ["late", "Late"],
      ],
      value: "present",
    });
    const reason = field({
      label: "Reason",
      value: `Recognised by hand in the picture of ${time(stranger.captured_at)}`,
      maxlength: "500",
    });
    const outcome = h("div", { "aria-live": "polite" });
    const session = field({ label: "Session", kind: "select", hint: "They have several on that day." });
    session.element.hidden = true;
    // What was seen to stand; of another session, nothing was.
    let standing = null;
    session.input.addEventListener("change", () => (standing = null));
    const mark = button(`Mark ${who.name}`, {
      kind: "primary",
      onclick: () =>
        busy(mark, async () => {
          replace(outcome);
          reason.error("");
          if (!reason.value) return void reason.error("Say why, in a few words.");
          const said = { status: status.value, reason: reason.value };
          const options = { headers: upon(standing) };
          try {
            if (session.value) await send("PUT", recordPath(session.value, who.id), said, options);
            else await send("POST", "records", { ...said, attendee: who.id, date }, options);
            asked.close();
            tell(notice("ok", null, h("p", { class: "small" }, `${who.name} is marked ${said.status}.`)));
          } catch (error) {
            if (error.code === "choose-session" && error.body.sessions) {
              replace(session.input, await Promise.all(error.body.sessions.map(sessionChoice)));
              session.element.hidden = false;
              session.input.focus();
            } else if (error.code === "outdated") {
              standing = error.body.record ?? null;
              const now = standing ? `Now: ${recordWords(standing)}` : "Nothing is recorded";
              const text = h("p", { class: "small" }, `${now}. Press again to replace that.`);
              replace(outcome, notice("warn", "There is a record", text));
            } else replace(outcome, problem(error));
          }
        }),
    });
    replace(
      step,
      h("h3", {}, who.name ?? "Unnamed"),
      status.element,
      reason.element,
      session.element,
      outcome,
      h("div", { class: "row row-end" }, button("Somebody else", { onclick: choose }), mark),
    );
    mark.focus();
  }
}
