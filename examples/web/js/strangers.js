// Strangers: pictures in which a face matched nobody, and what can be done about it.

import { blob, get } from "./api.js";
import { h, replace, svg } from "./dom.js";
import { count, dateTime } from "./format.js";
import { icon } from "./icons.js";
import { busy, button, empty, loading, problem } from "./parts.js";
import { announce, open } from "./shell.js";
import { markByHand, thisIs } from "./stranger-actions.js";

const PAGE = 24;
const { main, organization, can } = await open({ page: "strangers", title: "Strangers", least: "operator" });
const gallery = h("ul", { class: "plain-list gallery" });
const foot = h("div", { class: "stack" }, loading());
const kept = organization.policy?.check_in_image_days;
main.append(
  h(
    "div",
    { class: "page-head" },
    h(
      "div",
      {},
      h("h1", {}, "Strangers"),
      h(
        "p",
        { class: "lead" },
        "Faces that came and matched nobody, the latest first. Somebody new, somebody badly lit, or somebody who does not belong.",
      ),
    ),
  ),
  gallery,
  foot,
);

// A picture is fetched when it comes near the screen.
const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      waiting.get(target)?.();
    }
  },
  { rootMargin: "400px" },
);
const waiting = new WeakMap();
await load();

async function load(after) {
  try {
    const { items, next } = await get("strangers", { limit: PAGE, after });
    gallery.append(...items.map(card));
    const more = button("Show earlier ones", { onclick: () => busy(more, () => load(next)) });
    const none = empty(
      "face",
      "No strangers",
      "When a face at a kiosk matches nobody, its picture appears here.",
      h("a", { class: "button", href: "kiosk.html" }, "Open a kiosk"),
    );
    replace(foot, gallery.children.length ? null : none, next ? h("div", { class: "more" }, more) : null);
    if (after) announce(`${count(items.length, "more picture")}`);
  } catch (error) {
    replace(foot, problem(error), h("div", {}, button("Try again", { onclick: () => load(after) })));
  }
}

function card(stranger) {
  const strange = stranger.faces.filter(({ decision }) => decision === "stranger");
  const when = dateTime(stranger.captured_at);
  const picture = h("div", { class: "picture" });
  const done = h("div", { "aria-live": "polite" });
  const tell = (...said) => replace(done, ...said);
  const identify = button("This is…", {
    kind: "primary",
    "aria-label": `This is… somebody in the picture of ${when}`,
    onclick: () =>
      fetchPicture(stranger).then(
        (image) => thisIs(stranger, image, tell),
        () => gone(picture),
      ),
  });
  const mark = button("Mark present", {
    "aria-label": `Mark present somebody in the picture of ${when}`,
    onclick: () => markByHand(stranger, tell),
  });
  const several = stranger.faces.length > 1;
  const line = several
    ? `${count(strange.length, "stranger")} among ${count(stranger.faces.length, "face")}`
    : "One face";
  const note =
    can("admin") && several ? h("p", { class: "tiny muted" }, "Only a picture of one face can be enrolled.") : null;
  const actions = h("div", { class: "row" }, mark);
  const element = h(
    "li",
    { class: "card stranger" },
    picture,
    h(
      "div",
      { class: "stack-tight stranger-text" },
      h("h2", {}, h("time", { datetime: stranger.captured_at }, when)),
      h("p", { class: "small muted" }, `${line} · ${stranger.by}`),
      actions,
      note,
      done,
    ),
  );
  if (!stranger.has_image) {
    gone(picture);
    return element;
  }
  replace(picture, loading("Picture…"));
  if (can("admin") && !several) actions.prepend(identify);
  waiting.set(picture, async () => {
    try {
      await show(picture, await fetchPicture(stranger), strange, when);
    } catch (error) {
      identify.remove();
      if (error.status === 404) gone(picture);
      else replace(picture, problem(error));
    }
  });
  near.observe(picture);
  return element;
}

function fetchPicture(stranger) {
  return blob(`check-ins/${encodeURIComponent(stranger.id)}/image`);
}

async function show(place, picture, strange, when) {
  const url = URL.createObjectURL(picture);
  const image = h("img", { alt: `${count(strange.length, "unknown face")}, ${when}` });
  image.src = url;
  await image.decode();
  URL.revokeObjectURL(url);
  const { naturalWidth: width, naturalHeight: height } = image;
  const boxes = strange.map(({ box }) =>
    svg("rect", {
      x: box.left * width,
      y: box.top * height,
      width: box.width * width,
      height: box.height * height,
      rx: 0.04 * box.width * width,
    }),
  );
  replace(
    place,
    image,
    svg(
      "svg",
      { class: "boxes", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
      svg("g", { class: "boxes-edge" }, boxes),
      boxes.map((box) => box.cloneNode()),
    ),
  );
}

function gone(place) {
  replace(
    place,
    h(
      "p",
      { class: "gone" },
      icon("clock"),
      "The picture is gone",
      h("span", { class: "tiny" }, kept ? `Pictures are kept for ${count(kept, "day")}.` : "It is not kept any more."),
    ),
  );
}
