// What an attendee sees: the data kept of them, their consent, and their records.

import { all, get } from "./api.js";
import { hosted } from "./config.js";
import { h, replace } from "./dom.js";
import { addDays, count, dayOf, groupName, method, percent, shortDate, time, today } from "./format.js";
import { busy, button, copyButton, empty, field, loading, notice, problem, statusBadge, table } from "./parts.js";
import { announce, open } from "./shell.js";

const { main, organization, me: user } = await open({ page: "me", title: "My attendance", least: "attendee" });

try {
  const me = await get("me");
  main.append(
    h(
      "div",
      { class: "page-head" },
      h(
        "div",
        {},
        h("h1", {}, me.name ?? "My attendance"),
        h("p", { class: "lead" }, "What is kept of you here, and when you came."),
      ),
    ),
    h("div", { class: "me-columns" }, data(me), recognition(me)),
    records(),
  );
} catch (error) {
  const isUnlinked = hosted && error.code === "unknown-attendee";
  main.append(
    ...(isUnlinked ? unlinked(user) : [h("h1", { class: "visually-hidden" }, "My attendance"), problem(error)]),
  );
}

function unlinked({ subject }) {
  const id = field({
    label: "Your user ID",
    hint: "It says nothing about you. Hand it to the office; an admin links it to your name under People.",
    class: "input mono",
    readonly: true,
    value: subject,
    onfocus: (event) => event.target.select(),
  });
  return [
    h(
      "div",
      { class: "page-head" },
      h(
        "div",
        {},
        h("h1", {}, "Your sign-in is not linked yet"),
        h("p", { class: "lead" }, "You are signed in, but nobody has said yet whose attendance you may see."),
      ),
    ),
    h("div", { class: "card row row-bottom unlinked" }, id.element, copyButton(id, "Your user ID is copied.")),
  ];
}

function data(me) {
  const attributes = Object.entries(me.attributes ?? {});
  const facts = [
    ["Name", me.name],
    ["Number", me.external_id],
    ["E-mail", me.email],
    ["Phone", me.phone],
    ["Groups", me.groups.map((id) => groupName(id)).join(", ")],
    ...attributes,
    ["Registered", dayOf(me.registered_at)],
  ].filter(([, value]) => value);
  return h(
    "section",
    { class: "card", "aria-labelledby": "data-title" },
    h("h2", { id: "data-title" }, "Your data"),
    h(
      "dl",
      { class: "facts" },
      facts.map(([word, value]) => [h("dt", {}, word), h("dd", {}, value)]),
    ),
  );
}

function recognition(me) {
  const faces = {
    active: `You are recognised: ${count(me.faces, "photo of your face was", "photos of your face were")} turned into numbers that a new photo is compared with.`,
    pending: "Your enrolment is not finished yet.",
    removed: "Your face was removed: you are not recognised any more.",
    none: "No face of yours is enrolled: you are not recognised.",
  }[me.enrolment];
  return h(
    "section",
    { class: "card", "aria-labelledby": "face-title" },
    h("h2", { id: "face-title" }, "Your face and your consent"),
    h("p", {}, faces),
    me.consent
      ? h(
          "div",
          { class: "stack-tight" },
          h("blockquote", { class: "wording" }, me.consent.wording),
          h("p", { class: "small muted" }, `You agreed on ${dayOf(me.consent.at)}.`),
        )
      : h(
          "p",
          { class: "muted" },
          organization.policy.consent_required
            ? "No consent is on record, so nothing is made of your face."
            : "No consent is on record; this organization does not ask for one.",
        ),
    notice(
      "calm",
      "To change, withdraw or erase",
      h(
        "p",
        { class: "small" },
        `Ask ${organization.id === "default" ? "the organization" : organization.id}: an admin can withdraw your consent, which removes your face at once, or erase you altogether.`,
      ),
    ),
  );
}

function records() {
  const from = field({ label: "From", type: "date", value: addDays(today(), -30), max: today(), required: true });
  const to = field({ label: "To", type: "date", value: today(), max: today(), required: true });
  const shown = h("div", {}, loading());
  const show = button("Show", { type: "submit" });
  const load = () => busy(show, () => list(shown, from, to));
  const submit = (event) => {
    event.preventDefault();
    load().then(() => announce(shown.dataset.says ?? ""));
  };
  load();
  return h(
    "section",
    { class: "records", "aria-labelledby": "records-title" },
    h("h2", { id: "records-title", class: "visually-hidden" }, "Your records"),
    h("form", { class: "row row-bottom range", onsubmit: submit, novalidate: true }, from.element, to.element, show),
    shown,
  );
}

async function list(into, from, to) {
  from.error(from.value ? "" : "Choose a day.");
  to.error(to.value && to.value < from.value ? "This is before the first day." : to.value ? "" : "Choose a day.");
  if (!from.value || !to.value || to.value < from.value) return;
  try {
    const rows = (await all("me/records", { from: from.value, to: to.value })).reverse();
    into.dataset.says = count(rows.length, "record");
    replace(
      into,
      rows.length
        ? [summary(rows), recordsTable(rows)]
        : empty("calendar", "No records", "Nothing was recorded of you in these days."),
    );
  } catch (error) {
    replace(into, problem(error));
  }
}

function summary(rows) {
  const of = (status) => rows.filter((row) => row.status === status).length;
  const [present, late, absent, excused] = ["present", "late", "absent", "excused"].map(of);
  const due = present + late + absent;
  const figure = (word, value) => h("div", { class: "figure" }, h("dt", {}, word), h("dd", {}, value));
  return h(
    "dl",
    { class: "figures" },
    figure("Present", present),
    figure("Late", late),
    figure("Absent", absent),
    figure("Excused", excused),
    figure("Attendance", percent(due ? (present + late) / due : null)),
  );
}

function recordsTable(rows) {
  return table({
    caption: "Your records, latest first",
    columns: [
      { label: "Day", cell: (row) => shortDate(row.date) },
      { label: "Group", cell: (row) => groupName(row.group) },
      { label: "Status", cell: (row) => statusBadge(row.status) },
      { label: "At", cell: (row) => (["present", "late"].includes(row.status) ? time(row.at) : "–") },
      { label: "How", cell: (row) => method(row.method) },
    ],
    rows,
  });
}
