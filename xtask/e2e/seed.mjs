// A desk with enough in it to look at: people, classes, some weeks of records, a check-in and a stranger.

import { Api, dateOf } from "./api.mjs";

const PEOPLE = [
  ["Ada Lovelace", "1815"],
  ["Alan Turing", "1912"],
  ["Annie Easley", "1933"],
  ["Dorothy Vaughan", "1910"],
  ["Emmy Noether", "1882"],
  ["Hedy Lamarr", "1914"],
  ["Katherine Johnson", "1918"],
  ["Mary Jackson", "1921"],
  // Names are data: markup in one must be shown as it is.
  ["Mileva <b>Marić</b>", "1875"],
  ["Sofja Wassiljewna Kowalewskaja, Freifrau von der langen Namenszeile", "1850"],
];

const WORDING = "My face may be used to record my attendance.";
const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const WEEKS = 4;

/** Fills the desk; gives the id of the enrolled, tokens by role, and the last day on which everybody has a record. */
export async function seed(machine) {
  const api = new Api(machine.origin, machine.token);
  const [enrolled, stranger] = machine.people;

  const { id: grace } = await api.ask("POST", "attendees", {
    name: "Grace Hopper",
    external_id: "1906",
    email: "grace@example.org",
  });
  await api.ask("PUT", `attendees/${grace}/consent`, { wording: WORDING });
  await api.picture(`attendees/${grace}/faces`, enrolled.photo);
  const people = [grace];
  for (const [name, external_id] of PEOPLE) {
    const { id } = await api.ask("POST", "attendees", { name, external_id });
    people.push(id);
  }
  await api.ask("PUT", `attendees/${people[1]}/consent`, { wording: WORDING });

  const slot = (number, opens, late_after, closes) => ({
    number,
    days: DAYS,
    opens,
    late_after,
    closes,
    marks_absent: true,
  });
  const timetable = [slot(1, "08:00:00", "08:10:00", "12:00:00"), slot(2, "13:00:00", "13:10:00", "17:00:00")];
  await api.ask("POST", "groups", { id: "5B", name: "Class 5B", timetable });
  await api.ask("POST", "groups", { id: "choir", name: "Choir" });
  // The others are in no class: whatever the time of day, they are expected by everyone.
  for (const id of people.slice(6)) await api.ask("PUT", `groups/5B/members/${id}`);
  for (const id of people.slice(7, 9)) await api.ask("PUT", `groups/choir/members/${id}`);

  const lastWeek = await history(api, people);
  await api.picture("check-ins", enrolled.photo);
  await api.picture("check-ins", stranger.photo);

  const issue = async (role, attendee) =>
    (await api.ask("POST", "tokens", { role, ...(attendee ? { attendee } : {}) })).token;
  return {
    grace,
    lastWeek,
    tokens: {
      admin: machine.token,
      operator: await issue("operator"),
      kiosk: await issue("kiosk"),
      attendee: await issue("attendee", grace),
    },
  };
}

/** Marks everybody by hand, once a week; gives the last of these days. */
async function history(api, people) {
  const statuses = ["present", "present", "late", "absent", "excused"];
  for (let week = 1; week <= WEEKS; week += 1) {
    const date = await dateOf(api, -7 * week);
    for (const [index, id] of people.entries()) {
      const status = statuses[(index + week) % statuses.length];
      const record = { status, reason: "Taken over from the paper list." };
      await api.ask("PUT", `sessions/everyone.${date}.0/records/${id}`, record, { "if-none-match": "*" });
    }
  }
  return dateOf(api, -7);
}
