// What the first page shows to somebody who is not signed in.

import { goToSignIn } from "./cognito.js";
import { hosted } from "./config.js";
import { byId, h, replace } from "./dom.js";
import { busy, button, field, notice } from "./parts.js";
import { reasonToSignIn, signIn, tokenIn } from "./session.js";

const BY_LINK = {
  "signed-out": ["ok", "You are signed out", "This tab has forgotten the link."],
  expired: ["warn", "Your link has expired", "Ask an admin for a new one, or start the desk again."],
  refused: [
    "bad",
    "That link is not valid here",
    "It may be of another server, or of a data folder that was made anew.",
  ],
  needed: ["calm", "Sign in first", "This tab has no link yet. Every tab has its own."],
};

const BY_POOL = {
  "signed-out": ["ok", "You are signed out", "Here and on the sign-in page."],
  expired: ["warn", "Your sign-in has ended", "Sign in again, and you are back where you were."],
  refused: ["bad", "Your sign-in is not valid here", "The server does not take it. Ask whoever runs it."],
  needed: ["calm", "Sign in first", "Then comes the page that you asked for."],
  "not-asked": ["warn", "That sign-in was not begun in this tab", "It was not taken. Begin here."],
  unfinished: ["warn", "The sign-in was not finished", "Try again, or ask an admin whether you may sign in here."],
  unreachable: ["bad", "The sign-in page does not answer", "Check the connection and try again."],
};

/** Asks who it is. */
export function welcome() {
  document.title = "Sign in · Attendance";
  const reason = (hosted ? BY_POOL : BY_LINK)[reasonToSignIn()];
  const title = h("h2", {}, "Sign in");
  const said = reason ? notice(reason[0], reason[1], h("p", { class: "small" }, reason[2])) : null;
  replace(
    byId("main"),
    h(
      "div",
      { class: "welcome" },
      h(
        "div",
        {},
        h("h1", {}, "A face is all it takes to be counted."),
        h(
          "p",
          { class: "lead" },
          "Attendance turns a photo of a face into one trustworthy record: with consent, never twice, and erased when asked.",
        ),
      ),
      hosted ? byPool(title, said) : byLink(title, said),
    ),
  );
}

function byLink(title, said) {
  const link = field({
    label: "Your link",
    hint: "The address printed when the desk started, or the one an admin gave you. A bare token works too.",
    name: "link",
    type: "text",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    enterkeyhint: "go",
    placeholder: "http://…/#token=…",
  });
  const submit = (event) => {
    event.preventDefault();
    const found = tokenIn(link.value);
    link.error(found ? "" : "That is no link with a token. Copy the whole line, up to its last character.");
    if (!found) return link.input.focus();
    signIn(found);
    location.reload();
  };
  return h(
    "form",
    { class: "card stack", onsubmit: submit, novalidate: true },
    title,
    said,
    link.element,
    button("Sign in", { kind: "primary", type: "submit" }),
  );
}

function byPool(title, said) {
  const fault = h("div", { hidden: true });
  const leave = async () => {
    try {
      await goToSignIn();
    } catch {
      // Without https a browser does not compute what the sign-in page wants.
      replace(fault, notice("bad", "Signing in needs an https address."));
      fault.hidden = false;
    }
  };
  const go = button("Sign in", { kind: "primary", onclick: () => busy(go, leave) });
  return h(
    "div",
    { class: "card stack" },
    title,
    said,
    h("p", { class: "muted small" }, "You sign in on your organization’s own page and come back here."),
    go,
    fault,
  );
}
