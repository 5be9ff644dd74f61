// The faces of one person: enrol by camera or from files, see how many there are, remove one.

import { get, send } from "./api.js";
import { Camera, toJpeg } from "./camera.js";
import { h, replace } from "./dom.js";
import { enrolInto } from "./enrolment.js";
import { count } from "./format.js";
import { icon } from "./icons.js";
import { busy, button, confirm, dialog, loading, notice, problem } from "./parts.js";

/**
 * `{ element, draw() }`. `person()` gives the person as they are now; `required` says whether a consent comes first;
 * `changed()` is called after a face came or went; `askConsent()` asks for the consent.
 */
export function facesOf({ person, required, changed, askConsent }) {
  const list = h("div", {});
  const add = h("div", { class: "stack" });
  const results = h("ul", {
    class: "plain-list results",
    "aria-live": "polite",
    "aria-label": "What came of the pictures",
  });
  const element = h(
    "section",
    { class: "card stack", "aria-labelledby": "faces-title" },
    h("h2", { id: "faces-title" }, "Faces"),
    h(
      "p",
      { class: "small muted" },
      "Two or three pictures with a little change, such as with and without glasses, make recognition sure. Pictures become numbers; whether they are kept too is your policy’s choice.",
    ),
    list,
    add,
    results,
  );

  function draw() {
    drawList();
    if (required && !person().consent) {
      replace(
        add,
        notice(
          "warn",
          "First the consent",
          h("p", { class: "small" }, "Nobody’s face is enrolled without what they agreed to on record."),
          h("div", {}, button("Record the consent", { kind: "primary", onclick: askConsent })),
        ),
      );
      return;
    }
    const input = h("input", {
      type: "file",
      accept: "image/*",
      multiple: true,
      class: "visually-hidden",
      tabindex: "-1",
      "aria-hidden": "true",
      onchange: () => take([...input.files]),
    });
    const drop = h(
      "div",
      { class: "drop" },
      h(
        "div",
        { class: "row" },
        button("Use the camera", { kind: "primary", icon: "camera", onclick: () => byCamera(person(), changed) }),
        button("Choose pictures", { icon: "upload", onclick: () => input.click() }),
      ),
      h("p", { class: "small" }, "or drop pictures here, several at once"),
      input,
    );
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("is-over");
    });
    drop.addEventListener("dragleave", () => drop.classList.remove("is-over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("is-over");
      take([...event.dataTransfer.files]);
    });
    replace(add, drop);
  }

  async function drawList() {
    if (!list.children.length) replace(list, loading("Counting faces…"));
    try {
      const { items } = await get(`attendees/${person().id}/faces`);
      if (!items.length)
        return void replace(list, h("p", { class: "faces-none" }, icon("face"), "No face is enrolled yet."));
      replace(
        list,
        h("p", { class: "small muted" }, `${count(items.length, "face")} enrolled`),
        h(
          "ul",
          { class: "plain-list faces" },
          items.map((face, index) =>
            h(
              "li",
              {},
              icon("face"),
              h("span", {}, `Face ${index + 1}`),
              h("span", { class: "tiny muted mono" }, face.face.slice(0, 8)),
              remover(face.face, index),
            ),
          ),
        ),
      );
    } catch (error) {
      replace(list, problem(error));
    }
    return undefined;
  }

  function remover(face, index) {
    const remove = h(
      "button",
      { class: "button button-quiet button-icon", type: "button", "aria-label": `Remove face ${index + 1}` },
      icon("trash"),
    );
    remove.addEventListener("click", async () => {
      const sure = await confirm({
        title: `Remove face ${index + 1}?`,
        text: `${person().name} may be harder to recognise without it. It can be enrolled again from a picture.`,
        action: "Remove it",
      });
      if (!sure) return;
      await busy(remove, async () => {
        try {
          await send("DELETE", `attendees/${person().id}/faces/${face}`);
          changed();
        } catch (error) {
          list.append(problem(error));
        }
      });
    });
    return remove;
  }

  async function take(files) {
    replace(results);
    const waiting = files.map((file) => {
      const thumb = h("img", { alt: "", width: "56", height: "56" });
      const url = URL.createObjectURL(file);
      thumb.addEventListener("load", () => URL.revokeObjectURL(url));
      thumb.addEventListener("error", () => thumb.classList.add("is-broken"));
      thumb.src = url;
      const place = h("div", {}, h("p", { class: "small muted" }, "Waiting"));
      results.append(
        h(
          "li",
          {},
          thumb,
          h("div", { class: "result-of" }, h("p", { class: "tiny muted file-name" }, file.name), place),
        ),
      );
      return { file, place };
    });
    let enrolled = 0;
    // One after another: the second picture of a person is compared with the first.
    for (const { file, place } of waiting) {
      if (await enrolInto(place, person(), file, () => changed())) enrolled += 1;
    }
    if (waiting.length > 1)
      results.append(h("li", { class: "small muted" }, `${enrolled} of ${count(waiting.length, "picture")} enrolled.`));
  }

  return { element, draw };
}

/** A dialog with the camera: look, take, see what came of it, take another. */
export function byCamera(person, onEnrolled) {
  const video = h("video", { class: "preview-video", autoplay: true, "aria-label": "What the camera sees" });
  const still = h("canvas", {
    class: "preview-video",
    hidden: true,
    role: "img",
    "aria-label": "The picture that was taken",
  });
  const outcome = h("div", { "aria-live": "polite" });
  const camera = new Camera(video, { onLost: refused });
  const again = button("Another picture", { onclick: look });
  const shoot = button("Take the picture", {
    kind: "primary",
    icon: "camera",
    disabled: true,
    onclick: () =>
      busy(shoot, async () => {
        camera.draw(still);
        still.hidden = false;
        video.hidden = true;
        await enrolInto(outcome, person, await toJpeg(still, 0.92), () => onEnrolled());
        shoot.hidden = true;
        again.hidden = false;
        again.focus();
      }),
  });
  const asked = dialog({
    title: `Enrol ${person.name}`,
    body: [
      h("div", { class: "preview" }, video, still, h("div", { class: "preview-guide", "aria-hidden": "true" })),
      h("p", { class: "small muted" }, "One face, seen from the front, evenly lit. Hold still."),
      outcome,
    ],
    actions: [button("Done", { onclick: () => asked.close() }), again, shoot],
    onClose: () => camera.stop(),
  });

  function look() {
    again.hidden = true;
    shoot.hidden = false;
    still.hidden = true;
    video.hidden = false;
    replace(outcome);
    shoot.focus();
  }

  function refused(error) {
    shoot.disabled = true;
    replace(
      outcome,
      notice(
        "bad",
        error.title,
        h("p", { class: "small" }, error.detail),
        h("div", {}, button("Try again", { onclick: start })),
      ),
    );
  }

  async function start() {
    look();
    try {
      await camera.start();
      if (!asked.element.open) camera.stop();
      shoot.disabled = false;
      shoot.focus();
    } catch (error) {
      refused(error);
    }
  }
  start();
}
