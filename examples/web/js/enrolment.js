// Enrolling one picture for one person, and what came of it in words.

import { get, sendImage } from "./api.js";
import { drawFile, toJpeg } from "./camera.js";
import { h, replace } from "./dom.js";
import { count } from "./format.js";
import { icon } from "./icons.js";
import { busy, button } from "./parts.js";
import { refusal } from "./refusal.js";

// A function of a cloud takes 6 MB, in which a picture is written a third longer. What is larger is drawn anew: as large
// as it may be.
const MOST_BYTES = 4_000_000;
const DRAWN = [
  { edge: 3000, quality: 0.92 },
  { edge: 2400, quality: 0.85 },
  { edge: 1600, quality: 0.8 },
];

/**
 * Enrols the picture and shows how it goes in `place`: waiting, done, refused, or whose face it is already, or that it is
 * unlike the others, and whether to enrol it all the same. Resolves to whether it was enrolled, or null while that question stands; `onDone(answer)`
 * is called at the enrolment, whenever it comes.
 */
export async function enrolInto(place, person, picture, onDone, allow = {}) {
  replace(
    place,
    h("p", { class: "result" }, h("span", { class: "spinner", "aria-hidden": "true" }), "Looking for the face…"),
  );
  try {
    const sendable = await asTaken(picture);
    const answer = await sendImage(`attendees/${person.id}/faces`, sendable, {
      query: { allow_lookalike: allow.lookalike || null, allow_unlike: allow.unlike || null },
      timeout: 60_000,
    });
    replace(place, said("ok", "check", "Enrolled", `${count(answer.faces, "face")} of ${person.name} in all.`));
    onDone(answer);
    return true;
  } catch (error) {
    if (error.code === "enrolled-as-another") {
      await askAboutLookalike(place, person, picture, onDone, allow, error);
      return null;
    }
    if (error.code === "unlike-own-faces") {
      askAboutUnlike(place, person, picture, onDone, allow);
      return null;
    }
    const { title, advice } = refusal(error);
    replace(place, said("bad", "warning", title, advice, error.requestId));
    return false;
  }
}

async function askAboutLookalike(place, person, picture, onDone, allow, error) {
  const other = error.body.attendee ? await get(`attendees/${error.body.attendee}`).catch(() => null) : null;
  const who = other
    ? h("a", { href: `people.html?id=${other.id}`, target: "_blank", rel: "noopener" }, other.name ?? "somebody")
    : "somebody else";
  ask(
    place,
    ["This face is known already, as ", who, other?.external_id ? ` (${other.external_id})` : null],
    `Is ${person.name} the same person, registered twice? Then keep one of the two. Twins and siblings can look alike: they can both be enrolled, but may need to be told apart by hand.`,
    "They are two people: enrol anyway",
    () => enrolInto(place, person, picture, onDone, { ...allow, lookalike: true }),
  );
}

function askAboutUnlike(place, person, picture, onDone, allow) {
  ask(
    place,
    [`This face is unlike the others of ${person.name}`],
    `Is it somebody else’s picture? Then leave it: whoever it shows would be taken for ${person.name}. If one of those above is wrong, remove that one.`,
    `It is ${person.name}: enrol anyway`,
    () => enrolInto(place, person, picture, onDone, { ...allow, unlike: true }),
  );
}

/** Asks whether to enrol all the same. */
function ask(place, title, text, yes, onYes) {
  const enrol = button(yes, { onclick: () => busy(enrol, onYes) });
  const leave = button("Leave it", {
    onclick: () => replace(place, said("calm", "dash", "Not enrolled", "The picture was left out.")),
  });
  replace(
    place,
    h(
      "div",
      { class: "result result-warn" },
      icon("warning"),
      h(
        "div",
        { class: "stack-tight" },
        h("p", { class: "result-title" }, ...title),
        h("p", { class: "small" }, text),
        h("div", { class: "row" }, enrol, leave),
      ),
    ),
  );
}

// The API takes JPEG and PNG; what else the browser can show, and what is too large, is made into a JPEG.
async function asTaken(picture) {
  const taken = ["image/jpeg", "image/png"].includes(picture.type) && picture.size <= MOST_BYTES;
  if (taken || picture.size === 0) return taken ? picture : new Blob([picture], { type: "image/jpeg" });
  const canvas = document.createElement("canvas");
  let drawn;
  for (const { edge, quality } of DRAWN) {
    try {
      await drawFile(canvas, picture, edge);
    } catch {
      throw Object.assign(new Error("Not a picture"), {
        code: "image-unsupported",
        detail: "This is no picture that can be read.",
      });
    }
    drawn = await toJpeg(canvas, quality);
    if (drawn.size <= MOST_BYTES) break;
  }
  return drawn;
}

function said(kind, iconName, title, text, requestId) {
  return h(
    "div",
    { class: `result result-${kind}` },
    icon(iconName),
    h(
      "div",
      {},
      h("p", { class: "result-title" }, title),
      text ? h("p", { class: "small" }, text) : null,
      requestId ? h("p", { class: "tiny muted mono" }, `Request ${requestId}`) : null,
    ),
  );
}
