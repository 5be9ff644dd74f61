// When a group meets: in words, and as fields.

import { h, newId } from "./dom.js";
import { icon } from "./icons.js";
import { button, field, toggle } from "./parts.js";

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const SHORT = {
  monday: "Mon",
  tuesday: "Tue",
  wednesday: "Wed",
  thursday: "Thu",
  friday: "Fri",
  saturday: "Sat",
  sunday: "Sun",
};

/** The timetable as a few words for each slot: "Mon–Fri 08:00–09:30, late after 08:05". */
export function timetableWords(group) {
  if (!group.timetable.length) return ["No timetable: there are no sessions"];
  return group.timetable.map((slot) => {
    const whole = hm(slot.opens) === "00:00" && hm(slot.closes) === "00:00";
    const hours = whole
      ? "the whole day"
      : `${hm(slot.opens)}–${hm(slot.closes)}${slot.closes <= slot.opens ? " (next day)" : ""}`;
    return `${dayWords(slot.days)} ${hours}${slot.late_after ? `, late after ${hm(slot.late_after)}` : ""}`;
  });
}

/** A time such as "08:00:00" as "08:00". */
export function hm(time) {
  return time.slice(0, 5);
}

function dayWords(days) {
  const at = DAYS.map((day, index) => (days.includes(day) ? index : -1)).filter((index) => index >= 0);
  if (at.length === 7) return "Every day";
  const run = at.length > 2 && at.at(-1) - at[0] === at.length - 1;
  return run ? `${SHORT[DAYS[at[0]]]}–${SHORT[DAYS[at.at(-1)]]}` : at.map((index) => SHORT[DAYS[index]]).join(", ");
}

/** The fields of a timetable: `{ element, slots() }`; `slots()` is null after it has said what is missing. */
export function timetableFields(timetable) {
  const rows = h("div", { class: "stack" });
  const open = [];
  const add = (slot) => {
    const fields = slotFields(slot, () => {
      open.splice(open.indexOf(fields), 1);
      fields.element.remove();
      number();
      more.focus();
    });
    open.push(fields);
    rows.append(fields.element);
    number();
    return fields;
  };
  const number = () => open.forEach((fields, index) => fields.name(index + 1));
  const free = () => {
    const taken = new Set(open.map((fields) => fields.number));
    return [...Array(100).keys()].find((candidate) => !taken.has(candidate)) ?? 99;
  };
  const more = button("Add a meeting time", {
    kind: "quiet",
    icon: "plus",
    onclick: () =>
      add({
        number: free(),
        days: DAYS.slice(0, 5),
        opens: "08:00:00",
        late_after: "08:10:00",
        closes: "09:30:00",
        marks_absent: true,
      }).focus(),
  });
  timetable.forEach(add);
  return {
    element: h(
      "section",
      { class: "stack", "aria-label": "Timetable" },
      h("h3", {}, "Timetable"),
      rows,
      h("div", {}, more),
    ),
    slots() {
      const slots = open.map((fields) => fields.value());
      return slots.includes(null) ? null : slots;
    },
  };
}

function slotFields(slot, onRemove) {
  const legend = h("legend", {});
  const days = DAYS.map((day) => ({
    day,
    input: h("input", { type: "checkbox", class: "visually-hidden", checked: slot.days.includes(day) }),
  }));
  const opens = field({ label: "Opens", type: "time", required: true, value: hm(slot.opens) });
  const late = field({
    label: "Late after",
    type: "time",
    value: slot.late_after ? hm(slot.late_after) : "",
    hint: "Empty: never",
  });
  const closes = field({
    label: "Closes",
    type: "time",
    required: true,
    value: hm(slot.closes),
    hint: "At or before the opening: next day",
  });
  const absent = toggle("Mark who did not come as absent when it closes", { checked: slot.marks_absent });
  const fault = h("p", { class: "field-error", id: newId("days"), "aria-live": "polite" });
  const remove = h(
    "button",
    { class: "button button-quiet button-icon", type: "button", onclick: onRemove },
    icon("trash"),
  );
  const element = h(
    "fieldset",
    { class: "slot" },
    legend,
    h(
      "div",
      { class: "days", role: "group", "aria-label": "Days", "aria-describedby": fault.id },
      days.map(({ day, input }) => h("label", { class: "day" }, input, h("span", {}, SHORT[day]))),
    ),
    fault,
    h("div", { class: "times" }, opens.element, late.element, closes.element),
    h("div", { class: "row row-between" }, absent.element, remove),
  );
  return {
    element,
    number: slot.number,
    focus: () => days[0].input.focus(),
    name(place) {
      legend.textContent = `Meeting time ${place}`;
      remove.setAttribute("aria-label", `Remove meeting time ${place}`);
    },
    value() {
      const chosen = days.filter(({ input }) => input.checked).map(({ day }) => day);
      fault.textContent = chosen.length ? "" : "Choose at least one day.";
      opens.error(opens.value ? "" : "When does it open?");
      closes.error(closes.value ? "" : "When does it close?");
      if (!chosen.length || !opens.value || !closes.value) {
        (chosen.length ? (opens.value ? closes : opens).input : days[0].input).focus();
        return null;
      }
      return {
        number: slot.number,
        days: chosen,
        opens: full(opens.value),
        late_after: late.value ? full(late.value) : null,
        closes: full(closes.value),
        marks_absent: absent.input.checked,
      };
    },
  };
}

function full(time) {
  return time.length === 5 ? `${time}:00` : time;
}
