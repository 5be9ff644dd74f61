// The kiosk: a picture, one answer in words, and back to the camera. Nothing is stored in the browser.

import { ApiError, get, serverNow } from "./api.js";
import { drawBoxes } from "./boxes.js";
import { Camera, drawFile, toJpeg } from "./camera.js";
import { sendCheckIn } from "./check-in.js";
import { h, replace, svg } from "./dom.js";
import { groupName, session as sessionParts, time } from "./format.js";
import { icon } from "./icons.js";
import { brief, describe, describeFailure } from "./outcome.js";
import { button, toggle } from "./parts.js";
import { onSignOut } from "./session.js";
import { announce, open } from "./shell.js";
import { brightness, Sampler, Stillness } from "./stillness.js";

const SHOWN_MS = 6_000;
const CHOICE_MS = 30_000;
const DARK = 45;

const { main } = await open({ page: "kiosk", title: "Kiosk", least: "kiosk" });

// ---- What is on the page -------------------------------------------------------------------------------------------

const video = h("video", { muted: true, playsinline: true, "aria-label": "Camera preview" });
const still = h("canvas", { role: "img", "aria-label": "The picture that was taken", hidden: true });
const boxes = svg("svg", { class: "boxes", "aria-hidden": "true" });
const oval = h("div", { class: "oval" });
const hint = h("p", { class: "stage-hint", role: "status" });
const off = h("div", { class: "stage-off", hidden: true });
const stage = h("section", { class: "stage", "aria-label": "Camera" }, video, still, boxes, oval, hint, off);

const say = h("div", { class: "say" });
const shutter = button("Check in", { kind: "primary big", icon: "camera", onclick: press });
shutter.classList.add("shutter");
const handsFree = toggle("Hands-free", { onchange: () => restartWatching() });
const everyone = toggle("Several people");
const file = h("input", { type: "file", accept: "image/jpeg,image/png,image/webp", onchange: upload });
const uploadInstead = h("label", { class: "button button-quiet upload" }, icon("upload"), "Upload a picture", file);
const options = h("div", { class: "options no-print" }, handsFree.element, everyone.element, uploadInstead);
const keys = h("p", { class: "keys" }, "or press ", h("kbd", {}, "Space"));
const panel = h("section", { class: "panel", "aria-label": "Check-in" }, say, shutter, keys, options);
main.append(stage, panel);

// ---- The state: "ready", "sending" or "answered" ---------------------------------------------------------------------

let state = "ready";
let sending = null;
let comeBack = null;
let measured = 0;
let watching = 0;
let stillness = new Stillness();

const sampler = new Sampler();
const camera = new Camera(video, { onLost: showNoCamera });
onSignOut(() => camera.stop());
document.addEventListener("visibilitychange", () =>
  document.visibilityState === "visible" ? startCamera() : camera.stop(),
);
document.addEventListener("keydown", (event) => {
  const busyElsewhere = event.target.closest?.("button, a, input, select, textarea, label, dialog");
  if (![" ", "Enter"].includes(event.key) || event.repeat || busyElsewhere) return;
  event.preventDefault();
  press(event);
});
keepAwake();
ready();
await startCamera();

function press(event) {
  if (state === "ready") return camera.running ? take(event.timeStamp) : file.click();
  if (state === "sending") return sending?.abort();
  return ready();
}

function ready() {
  clearTimeout(comeBack);
  state = "ready";
  main.dataset.state = "ready";
  delete main.dataset.outcome;
  delete panel.dataset.tone;
  stage.classList.remove("is-file");
  still.hidden = true;
  still.width = 0;
  boxes.replaceChildren();
  oval.hidden = !camera.running;
  panel.querySelector(".countdown")?.remove();
  options.hidden = false;
  keys.hidden = !camera.running;
  // Without a camera the big button is the upload.
  main.dataset.camera = camera.running ? "on" : "off";
  handsFree.element.hidden = !camera.running;
  uploadInstead.hidden = !camera.running;
  label(camera.running ? ["camera", "Check in"] : ["upload", "Choose a picture"]);
  speak(
    camera.running
      ? { title: "Look into the oval", text: "Then press the button." }
      : { title: "Check in with a picture", text: "The camera is off." },
  );
}

async function startCamera() {
  if (document.visibilityState !== "visible" || camera.running) return;
  try {
    await camera.start();
  } catch (error) {
    return showNoCamera(error);
  }
  off.hidden = true;
  video.hidden = false;
  if (state === "ready") ready();
  return restartWatching();
}

function showNoCamera(said) {
  video.hidden = true;
  off.hidden = false;
  replace(
    off,
    icon("camera"),
    h("h2", {}, said.title),
    h("p", {}, said.detail),
    button("Try the camera again", { onclick: startCamera }),
  );
  replace(hint);
  announce(`${said.title}. ${said.detail}`, true);
  if (state === "ready") ready();
}

// ---- Taking and sending a picture ------------------------------------------------------------------------------------

async function take(pressedAt, { byItself = false } = {}) {
  if (state !== "ready" || !camera.running) return;
  camera.draw(still);
  still.classList.toggle("is-mirrored", camera.mirrored);
  await offer({ pressedAt, mirrored: camera.mirrored, byItself });
}

async function upload() {
  const [chosen] = file.files;
  file.value = "";
  if (!chosen || state === "sending") return;
  const pressedAt = performance.now();
  ready();
  try {
    await drawFile(still, chosen, 1920);
  } catch {
    showAnswer(
      describeFailure(
        new ApiError({
          code: "image-unsupported",
          detail: "The browser can’t read this file. Choose a JPEG or PNG picture.",
        }),
      ),
    );
    main.dataset.outcome = "image-unsupported";
    return;
  }
  still.classList.remove("is-mirrored");
  stage.classList.add("is-file");
  await offer({ pressedAt, mirrored: false });
}

/** Shows the frozen picture, sends it, shows the answer. */
async function offer({ pressedAt, mirrored, byItself = false }) {
  freeze();
  const picture = { capturedAt: serverNow().toISOString(), blob: await toJpeg(still), mirrored };
  await ask(picture, { pressedAt, byItself });
}

function freeze() {
  state = "sending";
  main.dataset.state = "sending";
  clearTimeout(comeBack);
  panel.querySelector(".countdown")?.remove();
  panel.dataset.tone = "busy";
  still.hidden = false;
  oval.hidden = true;
  keys.hidden = true;
  replace(hint);
  label(["cross", "Cancel"]);
  speak({ title: "One moment", text: "Looking who you are…" });
}

async function ask(picture, { pressedAt, session = null, byItself = false }) {
  sending = new AbortController();
  try {
    const faces = everyone.input.checked ? "all" : "largest";
    const answer = await sendCheckIn(picture, { faces, session, signal: sending.signal, onWait: sayWaiting });
    showCheckIn(answer, picture);
  } catch (error) {
    if (sending.signal.aborted) return ready();
    if (byItself && error.code === "no-face") {
      stillness.wasEmpty();
      return ready();
    }
    showAnswer(
      describeFailure(
        error instanceof ApiError ? error : new ApiError({ code: "failed", detail: "This page made a mistake." }),
      ),
    );
    main.dataset.outcome = error.code ?? "failed";
  } finally {
    sending = null;
  }
  return measure(pressedAt);
}

function sayWaiting() {
  speak({ title: "No answer yet", text: "Trying again. You are recorded only once." });
  announce("No answer yet. Trying again.");
}

// ---- Showing the answer ----------------------------------------------------------------------------------------------

function showCheckIn(answer, picture) {
  const { faces } = answer;
  const sizes = faces.map(({ box }) => box.width * box.height);
  const first = faces[sizes.indexOf(Math.max(...sizes))];
  const { width, height } = still;
  drawBoxes(boxes, faces, { width, height, mirrored: picture.mirrored, whole: stage.classList.contains("is-file") });
  main.dataset.outcome = faces.length === 1 ? first.outcome : "several";
  if (faces.length > 1) return showAnswer(several(faces), { list: faces });
  const said = describe(first);
  if (first.outcome === "choose-session")
    return showAnswer(said, { choices: choices(first.sessions, picture), shownFor: CHOICE_MS });
  if (answer.unsearched > 0 && !said.text)
    said.text = "One after another, please: only the nearest face was looked at.";
  return showAnswer(said);
}

function several(faces) {
  const here = faces.filter(({ outcome }) => ["marked", "already-marked"].includes(outcome)).length;
  const all = here === faces.length;
  return {
    tone: all ? "ok" : "warn",
    icon: all ? "check" : "people",
    title: all ? `Welcome, all ${here}` : `${here} of ${faces.length} checked in`,
    text: "",
  };
}

function showAnswer(said, { list = null, choices: extra = null, shownFor = SHOWN_MS } = {}) {
  state = "answered";
  main.dataset.state = "answered";
  panel.dataset.tone = said.tone;
  options.hidden = true;
  keys.hidden = true;
  oval.hidden = true;
  label(said.tone === "ok" || list || said.done ? ["arrow", "Next"] : ["camera", extra ? "Not now" : "Try again"]);
  speak(said, list ? listOf(list) : extra);
  const told = list ? list.map(brief).map(({ name, says }) => `${name} ${says}`) : [];
  announce([said.title, said.time, said.text, ...told].filter(Boolean).join(". "), true);
  const countdown = h("div", { class: "countdown", "aria-hidden": "true" });
  countdown.style.setProperty("--for", `${shownFor}ms`);
  panel.append(countdown);
  comeBack = setTimeout(ready, shownFor);
}

function listOf(faces) {
  const line = (face, index) => {
    const { name, says } = brief(face);
    return h(
      "li",
      {},
      h("span", { class: "say-number" }, index + 1),
      h("strong", {}, name),
      h("span", { class: "small muted" }, says),
    );
  };
  return h("ol", { class: "say-list" }, faces.map(line));
}

function choices(ids, picture) {
  const choose = (id) => (event) => {
    freeze();
    ask(picture, { pressedAt: event.timeStamp, session: id });
  };
  const shown = ids.map((id) => {
    const when = h("span", { class: "muted" });
    // The times come when they come; the choice does not wait for them.
    get(`sessions/${encodeURIComponent(id)}`).then(
      (found) => replace(when, `${time(found.opens_at)} – ${time(found.closes_at)}`),
      () => {},
    );
    return h(
      "button",
      { class: "button", type: "button", onclick: choose(id) },
      groupName(sessionParts(id).group),
      when,
    );
  });
  return h("div", { class: "say-choices" }, shown);
}

function speak({ icon: name, title, time: when, text }, extra = null) {
  replace(
    say,
    name ? h("div", { class: "say-icon" }, icon(name)) : null,
    h("h1", {}, title),
    when ? h("p", { class: "say-time" }, when) : null,
    text ? h("p", {}, text) : null,
    extra,
  );
}

function label([name, text]) {
  replace(shutter, icon(name), text);
}

/** From the press until the answer is on the screen; a benchmark reads these entries. */
function measure(pressedAt) {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      measured += 1;
      if (measured % 1000 === 0) performance.clearMeasures("shutter-to-answer");
      performance.measure("shutter-to-answer", { start: pressedAt, end: performance.now() });
    }),
  );
}

// ---- Watching the picture: the hint that it is dark, and hands-free ------------------------------------------------------

function restartWatching() {
  clearInterval(watching);
  stillness = new Stillness();
  delete stage.dataset.motion;
  watching = setInterval(watch, handsFree.input.checked ? 120 : 1000);
}

function watch() {
  if (state !== "ready" || !camera.running) return;
  const grey = sampler.take(video);
  const dark = brightness(grey, sampler.width) < DARK ? "It is dark: turn towards the light." : "";
  if (hint.textContent !== dark) replace(hint, dark);
  if (!handsFree.input.checked) return;
  const motion = stillness.next(grey, performance.now());
  stage.dataset.motion = motion;
  if (motion === "take") take(performance.now(), { byItself: true });
}

// ---- Small things ------------------------------------------------------------------------------------------------------

/** A kiosk's screen stays on, where the browser can do that. */
function keepAwake() {
  const hold = () => document.visibilityState === "visible" && navigator.wakeLock?.request("screen").catch(() => {});
  document.addEventListener("visibilitychange", hold);
  hold();
}
