// What a check-in came to, in words: `{ tone, icon, title, time, text, done }`. The tone is "ok", "warn", "bad" or "calm";
// `done` says that another try would change nothing.

import { groupName, session, time } from "./format.js";

const ADVICE = {
  "too-small": "Come closer.",
  blurred: "Hold still.",
  "too-dark": "Turn towards the light.",
  "too-bright": "Step out of the glare.",
  "extreme-pose": "Look straight into the camera.",
  unsure: "Show your whole face, without a mask or sunglasses.",
};

const REFUSED = {
  "not-open": ["It is not open yet", "Come back when it opens. Nothing was recorded."],
  closed: ["It is already closed", "Ask at the desk, where you can still be noted."],
  "no-consent": ["Your consent is missing", "Without it nothing is recorded. Ask at the desk."],
};

const BRIEF = {
  stranger: "not known",
  ambiguous: "not certain",
  "poor-quality": "not clear enough",
  "not-expected": "not on the list",
  "choose-session": "come one by one to choose",
  refused: "not recorded",
};

/** The outcome of one face. */
export function describe(face) {
  const known = face.name ? `, ${face.name}` : "";
  switch (face.outcome) {
    case "marked":
      return face.record.status === "late"
        ? {
            tone: "warn",
            icon: "clock",
            title: `Welcome${known}`,
            time: `Late at ${at(face.record)}`,
            text: "",
            done: true,
          }
        : { tone: "ok", icon: "check", title: `Welcome${known}`, time: `Present at ${at(face.record)}`, text: "" };
    case "already-marked":
      return already(face, known);
    case "stranger":
      return {
        tone: "bad",
        icon: "question",
        title: "I don’t know you",
        text: "Ask at the desk. Enrolled? Then try once more, closer and in better light.",
      };
    case "ambiguous":
      return {
        tone: "warn",
        icon: "question",
        title: "I can’t tell who you are",
        text: "You look much like somebody else here. Ask at the desk.",
      };
    case "poor-quality":
      return { tone: "warn", icon: "camera", title: "Once more, please", text: advice(face.problems) };
    case "not-expected":
      return {
        tone: "warn",
        icon: "calendar",
        title: `Not on the list${known}`,
        text: "Nothing that is open now expects you. Ask at the desk.",
        done: true,
      };
    case "choose-session":
      return {
        tone: "calm",
        icon: "calendar",
        title: `Where to${known}?`,
        text: "More than one is open. Choose yours.",
      };
    case "refused": {
      if (face.session) return over(face, known);
      const [title, text] = REFUSED[face.reason] ?? ["That can’t be recorded", "Ask at the desk."];
      return {
        tone: "warn",
        icon: face.reason === "no-consent" ? "shield" : "clock",
        title,
        text: face.name ? `${face.name}, ${lower(text)}` : text,
        done: true,
      };
    }
    default:
      return {
        tone: "warn",
        icon: "question",
        title: "Ask at the desk",
        text: "The answer is one that this page does not know.",
      };
  }
}

/** The outcome of one face, short, for a list of several. */
export function brief(face) {
  if (!["marked", "already-marked"].includes(face.outcome))
    return { name: face.name ?? "Somebody", says: BRIEF[face.outcome] ?? "ask at the desk" };
  const { status } = face.record;
  if (status === "absent" || status === "excused")
    return { name: face.name ?? "Recognised", says: `noted as ${status}` };
  const when = face.outcome === "marked" ? at(face.record) : `since ${at(face.record)}`;
  return { name: face.name ?? "Recognised", says: status === "late" ? `late, ${when}` : when };
}

/** What a failed check-in (an ApiError) came to. */
export function describeFailure(error) {
  switch (error.code) {
    case "no-face":
      return { tone: "warn", icon: "face", title: "I see no face", text: "Bring yours into the oval and try again." };
    case "too-many-faces":
      return { tone: "warn", icon: "people", title: "Too many faces", text: error.detail };
    case "poor-quality":
      return { tone: "warn", icon: "camera", title: "Once more, please", text: error.detail };
    case "offline":
    case "timeout":
      // The picture has arrived and only its outcome has not: another would change nothing.
      if (error.body.check_in)
        return {
          tone: "calm",
          icon: "clock",
          title: "Your picture has arrived",
          text: "It is safe and will be counted, but that takes longer than it should. There is nothing more to do here.",
          done: true,
        };
      return {
        tone: "bad",
        icon: "warning",
        title: "No connection",
        text: "No answer came, and nothing is kept on this device. Try again in a moment.",
      };
    case "too-many-requests":
    case "busy":
      return {
        tone: "warn",
        icon: "clock",
        title: "Just a moment",
        text: "Many are checking in right now. Try again.",
      };
    case "image-damaged":
    case "image-unsupported":
    case "image-empty":
    case "image-too-small":
    case "image-too-large":
      return { tone: "warn", icon: "camera", title: "That picture can’t be used", text: error.detail };
    default:
      return {
        tone: "bad",
        icon: "warning",
        title: "That did not work",
        text: `${error.detail} Nothing was recorded.`,
      };
  }
}

function already(face, known) {
  const { status } = face.record;
  if (status === "absent" || status === "excused") {
    return {
      tone: "warn",
      icon: "info",
      title: `Hello${known}`,
      time: `Noted as ${status}`,
      text: "If that is wrong, ask at the desk.",
      done: true,
    };
  }
  const since = status === "late" ? `Late since ${at(face.record)}` : `Present since ${at(face.record)}`;
  return { tone: "ok", icon: "check", title: `Already here${known}`, time: since, text: "" };
}

function over(face, known) {
  const { group } = session(face.session);
  const what = group === "everyone" ? "It" : groupName(group);
  const { status } = face.record ?? {};
  const here = status === "present" || status === "late";
  const noted = here ? `You are noted as ${status}.` : status ? `You are noted as ${status}: ask at the desk.` : "Ask at the desk.";
  return {
    tone: here ? "calm" : "warn",
    icon: "clock",
    title: `${what} is over${known}`,
    text: `${noted} Nothing new was recorded.`,
    done: true,
  };
}

function at(record) {
  const { group } = session(record.session);
  const when = time(record.at);
  return group === "everyone" ? when : `${when} · ${groupName(group)}`;
}

function advice(problems = []) {
  const said = problems.map((problem) => ADVICE[problem]).filter(Boolean);
  return said.length ? said.join(" ") : "Look straight into the camera, in good light.";
}

function lower(text) {
  return text[0].toLowerCase() + text.slice(1);
}
