// Making and changing a group.

import { send } from "./api.js";
import { h, newId, replace } from "./dom.js";
import { groupName } from "./format.js";
import { busy, button, dialog, field, problem } from "./parts.js";
import { timetableFields } from "./timetable.js";

const SCHOOL_DAY = [
  {
    number: 0,
    days: ["monday", "tuesday", "wednesday", "thursday", "friday"],
    opens: "08:00:00",
    late_after: "08:10:00",
    closes: "09:30:00",
    marks_absent: true,
  },
];

/** Asks for a group: a new one in `zone`, or changes to `group`. `onDone(group)` gets it as it is then. */
export function editGroup({ group, zone, onDone }) {
  const zones = newId("zones");
  const id = field({
    label: "Id",
    hint: "Letters, digits, - and _. It stays.",
    placeholder: "5B",
    maxlength: "64",
    autocomplete: "off",
    spellcheck: "false",
    required: true,
  });
  const name = field({
    label: "Name",
    hint: "What people call it.",
    placeholder: "Class 5B",
    maxlength: "200",
    autocomplete: "off",
    value: group?.name ?? "",
  });
  const place = field({
    label: "Time zone",
    hint: "All its times are on the clocks of this zone.",
    list: zones,
    autocomplete: "off",
    spellcheck: "false",
    required: true,
    value: group?.zone ?? zone,
  });
  const timetable = timetableFields(group?.timetable ?? SCHOOL_DAY);
  const outcome = h("div", { "aria-live": "polite" });
  const byField = { id, name, zone: place };
  const save = button(group ? "Save" : "Make the group", {
    kind: "primary",
    onclick: () =>
      busy(save, async () => {
        replace(outcome);
        Object.values(byField).forEach((line) => line.error(""));
        if (!group && !/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(id.value))
          return void refuse(id, "Use 1 to 64 letters, digits, - and _, beginning with a letter or digit.");
        const slots = timetable.slots();
        if (!slots) return;
        const said = { zone: place.value, timetable: slots };
        try {
          const done = group
            ? await send("PUT", `groups/${encodeURIComponent(group.id)}`, {
                ...said,
                name: name.value || null,
                version: group.version,
              })
            : await send("POST", "groups", { ...said, id: id.value, ...(name.value ? { name: name.value } : {}) });
          asked.close();
          onDone(done);
        } catch (error) {
          if (error.code === "exists") refuse(id, "There is a group with this id. Choose another one.");
          else if (byField[error.body?.field]) refuse(byField[error.body.field], error.detail);
          else
            replace(
              outcome,
              problem(error),
              error.code === "conflict" ? button("Load it again", { onclick: () => location.reload() }) : null,
            );
        }
      }),
  });
  const asked = dialog({
    title: group ? `Change ${groupName(group.id, group.name)}` : "Make a group",
    wide: true,
    body: [
      h(
        "datalist",
        { id: zones },
        Intl.supportedValuesOf("timeZone").map((value) => h("option", { value })),
      ),
      h("div", { class: "pair" }, group ? null : id.element, name.element, group ? place.element : null),
      group ? null : place.element,
      timetable.element,
      outcome,
    ],
    actions: [button("Cancel", { onclick: () => asked.close() }), save],
  });
  (group ? name : id).input.focus();
}

function refuse(line, text) {
  line.error(text);
  line.input.focus();
}
