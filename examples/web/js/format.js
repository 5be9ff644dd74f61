// Instants, dates and figures in words. Instants are shown in the organization's zone, whatever the device's is.

let zone = "UTC";

// The pages speak English; which English is the reader's choice.
const locale = navigator.languages?.find((language) => language.startsWith("en")) ?? "en-GB";

/** Sets the zone (IANA name) in which instants are shown; the shell does this. */
export function useZone(name) {
  zone = name;
}

/** The zone in use. */
export function currentZone() {
  return zone;
}

/** "08:02" */
export function time(instant, inZone = zone) {
  return formatter({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, inZone).format(new Date(instant));
}

/** "21 Nov 2026, 08:02" */
export function dateTime(instant, inZone = zone) {
  return `${dayOf(instant, inZone)}, ${time(instant, inZone)}`;
}

/** "21 Nov 2026" of an instant */
export function dayOf(instant, inZone = zone) {
  return formatter({ day: "numeric", month: "short", year: "numeric" }, inZone).format(new Date(instant));
}

/** "Saturday, 21 November" (and the year, if it is another) of a date such as 2026-11-21 */
export function longDate(date) {
  const year = date.slice(0, 4) === today().slice(0, 4) ? {} : { year: "numeric" };
  return formatter({ weekday: "long", day: "numeric", month: "long", ...year }, "UTC").format(noon(date));
}

/** "Sat 21 Nov 2026" of a date such as 2026-11-21 */
export function shortDate(date) {
  const parts = { weekday: "short", day: "numeric", month: "short", year: "numeric" };
  return formatter(parts, "UTC").format(noon(date));
}

/** Today's date in the zone, such as "2026-11-21": what a date field takes. */
export function today(now = new Date()) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(now);
}

/** The date so many days later (or, below zero, earlier). */
export function addDays(date, days) {
  const moved = noon(date);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}

/** "97 %" of a ratio 0 to 1; a dash where there is none. */
export function percent(ratio) {
  return ratio === null || ratio === undefined ? "–" : `${Math.round(ratio * 1000) / 10} %`;
}

/** "1 face", "3 faces" */
export function count(number, one, many = `${one}s`) {
  return `${new Intl.NumberFormat(locale).format(number)} ${number === 1 ? one : many}`;
}

/** A status as a word with a capital. */
export function status(value) {
  return { present: "Present", late: "Late", absent: "Absent", excused: "Excused" }[value] ?? value;
}

/** How a record came about: "by face, 98.2 %", "by hand (reason)", "at the close". */
export function method(value) {
  if (value.by === "face") return `by face, ${Math.round(value.similarity * 10) / 10} %`;
  if (value.by === "hand") return value.reason ? `by hand: ${value.reason}` : "by hand";
  return "at the close";
}

/** The parts of a session's id, "5B.2026-11-21.0": `{ group, date, slot }`. */
export function session(id) {
  const [group, date, slot] = id.split(".");
  return { group, date, slot: Number(slot) };
}

/** What to call a group: its name, or "Everyone", or its id. */
export function groupName(id, name) {
  return name || (id === "everyone" ? "Everyone" : id);
}

const formatters = new Map();

function formatter(parts, timeZone) {
  const key = JSON.stringify([parts, timeZone]);
  if (!formatters.has(key)) formatters.set(key, new Intl.DateTimeFormat(locale, { ...parts, timeZone }));
  return formatters.get(key);
}

function noon(date) {
  return new Date(`${date}T12:00:00Z`);
}
