// Marks of the roll call that the server has not answered yet. They lie in this tab's storage until it does, so that
// neither a gap in the network nor a reload loses one; without names, and each is sent again until it is answered. The
// same mark twice is recorded once.

import { send } from "./api.js";
import { session as parts, shortDate } from "./format.js";
import { toast } from "./parts.js";
import { recordPath, upon } from "./record.js";
import { MARKS, onSignOut, organization } from "./session.js";

const WAITS = [2, 4, 8, 15, 30];

/** `{ organization, session, attendee, status, reason, state, refused }` by key; `refused` says why it was not taken. */
let marks = new Map();
let listener = () => false;
let subject = null;
let timer = 0;
let tries = 0;

/** Takes up what this tab left unsent, once it is known who is signed in. */
export function takeUp(me) {
  subject = me.subject;
  const kept = JSON.parse(sessionStorage.getItem(MARKS) ?? "[]");
  marks = new Map(kept.map((mark) => [keyOf(mark), { ...mark, state: "waiting" }]));
  for (const mark of marks.values()) {
    // In another's name it must not be sent.
    if (mark.subject !== subject) mark.refused ??= "It waited while somebody else signed in, and was not sent.";
  }
  addEventListener("online", again);
  addEventListener("visibilitychange", () => document.hidden || again());
  const ask = (event) => unsent().length && event.preventDefault();
  addEventListener("beforeunload", ask);
  onSignOut(() => removeEventListener("beforeunload", ask));
  again();
}

/**
 * Calls back with each mark whose state changed, and with the record that stands by then, if the server said one; what
 * is called answers whether it showed that.
 */
export function onMark(call) {
  listener = call;
}

/** What is known of a session's marks that were not recorded. */
export function marksOf(session) {
  return [...marks.values()].filter((mark) => mark.organization === organization() && mark.session === session);
}

/** Those that no server has answered. */
export function unsent(session = null) {
  return [...marks.values()].filter((mark) => !mark.refused && (!session || mark.session === session));
}

/** Marks somebody of whom nothing is recorded, as soon as that can be. */
export function mark({ session, attendee, status, reason }) {
  const made = { subject, organization: organization(), session, attendee, status, reason };
  marks.set(keyOf(made), made);
  return post(made);
}

/** Forgets a mark that was refused. */
export function dismiss(mark) {
  drop(mark);
  tell(mark);
}

/** Sends what waits, one after another; resolves when all are answered or one of them still is not. */
export async function again() {
  clearTimeout(timer);
  for (const mark of unsent()) {
    const replaced = marks.get(keyOf(mark)) !== mark;
    if (replaced || mark.state !== "waiting" || mark.organization !== organization()) continue;
    await post(mark);
    if (mark.state === "waiting") return;
  }
}

async function post(mark) {
  mark.state = "sending";
  keep();
  tell(mark);
  const { session, attendee, status, reason } = mark;
  try {
    const record = await send("PUT", recordPath(session, attendee), { status, reason }, { headers: upon(null) });
    mark.state = "sent";
    tries = 0;
    drop(mark);
    tell(mark, record);
  } catch (error) {
    mark.state = "waiting";
    if (error.passing) later();
    else mark.refused = error.detail;
    keep();
    tell(mark, error.body?.record);
  }
}

function tell(mark, record = null) {
  if (listener(mark, record) || !mark.refused || !marks.has(keyOf(mark))) return;
  const { group, date } = parts(mark.session);
  toast(`A mark at ${group} on ${shortDate(date)} was not taken. That roll call says which.`, "warning");
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(again, 1000 * WAITS[Math.min(tries, WAITS.length - 1)]);
  tries += 1;
}

function drop(mark) {
  marks.delete(keyOf(mark));
  keep();
}

function keep() {
  const kept = [...marks.values()].map(({ state, ...mark }) => mark);
  if (kept.length) sessionStorage.setItem(MARKS, JSON.stringify(kept));
  else sessionStorage.removeItem(MARKS);
}

function keyOf({ organization, session, attendee }) {
  return `${organization}/${session}/${attendee}`;
}
