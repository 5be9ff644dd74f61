// Every page, for whom it is, and the dialogs that belong to it.

import { seed } from "./seed.mjs";

const press = (name) => (page) => page.getByRole("button", { name }).first().click();

/**
 * `path`, the `role` that opens it, and `views`: what else it shows, by name, after `open(page)`. A page without a role
 * is looked at signed out; one with a `camera` sees Grace Hopper; one that is `ready` later has a button of that name.
 */
export const PAGES = [
  { name: "sign-in", path: () => "/" },
  { name: "start", path: () => "/", role: "admin", views: { link: press("Make a link") } },
  {
    name: "kiosk",
    path: () => "/kiosk.html",
    role: "kiosk",
    camera: true,
    ready: "Check in",
    views: { answer: checkIn },
  },
  { name: "kiosk-without-camera", path: () => "/kiosk.html", role: "kiosk", ready: "Try the camera again" },
  { name: "people", path: () => "/people.html", role: "admin", views: { register: press("Register somebody") } },
  {
    name: "person",
    path: ({ grace }) => `/people.html?id=${grace}`,
    role: "admin",
    camera: true,
    views: {
      change: press("Change"),
      camera: enrolByCamera,
      consent: press("Record a new one"),
      link: press("Link to their page"),
      erase: press("Erase this person…"),
    },
  },
  { name: "groups", path: () => "/groups.html", role: "admin", views: { make: press("Make a group") } },
  {
    name: "roll-call",
    path: () => "/groups.html?group=everyone",
    role: "operator",
    views: { close: press("Close the session") },
  },
  {
    name: "roll-call-of-last-week",
    path: ({ lastWeek }) => `/groups.html?group=everyone&date=${lastWeek}`,
    role: "operator",
    views: { correct: correctGrace },
  },
  {
    name: "members",
    path: () => "/groups.html?group=5B&view=members",
    role: "admin",
    views: { add: press("Add somebody") },
  },
  {
    name: "reports",
    path: () => "/reports.html",
    role: "operator",
    views: { correct: press("Correct Grace Hopper"), history: press("History of Grace Hopper"), weeks: someWeeks },
  },
  {
    name: "strangers",
    path: () => "/strangers.html",
    role: "admin",
    views: { "this-is": press(/^This is…/), mark: press(/^Mark present/) },
  },
  { name: "me", path: () => "/me.html", role: "attendee" },
];

/** A desk with people in it, and two browsers: one whose camera sees Grace Hopper, one that gets no camera. */
export async function prepare(machine) {
  let seeded;
  await machine.step("people, classes and weeks of records are there", async () => {
    seeded = await seed(machine);
  });
  const camera = await machine.browser({ film: machine.people[0].film });
  const plain = await machine.browser();
  return { ...seeded, browserFor: (page) => (page.camera ? camera : plain) };
}

/** Opens a page in a profile of its own, waits until it has come to rest, and gives it to `work`. */
export async function visit(machine, prepared, { path, role, ...entry }, options, work) {
  const { context } = await machine.profile(prepared.browserFor(entry), options);
  const page = await context.newPage();
  await page.goto(`${machine.origin}${path(prepared)}${role ? `#token=${prepared.tokens[role]}` : ""}`);
  await settled(page);
  if (entry.ready) await page.getByRole("button", { name: entry.ready }).waitFor();
  const done = await work(page);
  // Not if it failed: the page is still to be pictured.
  await context.close();
  return done;
}

/** Gives a page to `work` as it is, and with each of its views; the name comes along. */
export async function eachView(page, { name, views = {} }, work) {
  await work(name);
  for (const [view, open] of Object.entries(views)) {
    await open(page);
    await settled(page);
    await work(`${name}-${view}`);
    const dialog = page.locator("dialog[open]");
    if (!(await dialog.count())) continue;
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  }
}

/** Waits until a page has its heading, nothing on it is still loading, and nothing moves. */
export async function settled(page) {
  await page.locator("main h1").first().waitFor();
  await page.waitForFunction(() => !document.querySelector("main .loading, dialog .loading, [aria-busy=true]"));
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((animation) => animation.effect?.getComputedTiming().endTime < 1000)
        .map((animation) => animation.finished.catch(() => {})),
    ),
  );
}

async function checkIn(page) {
  await page.getByRole("button", { name: "Check in" }).click();
  await page.getByRole("heading", { level: 1, name: /Grace Hopper/ }).waitFor();
}

async function enrolByCamera(page) {
  await page.getByRole("button", { name: "Use the camera" }).click();
  await page.locator("dialog button:enabled", { hasText: "Take the picture" }).waitFor();
}

// She was present: whoever presses something else is asked why.
async function correctGrace(page) {
  await page.getByRole("group", { name: "Grace Hopper" }).getByRole("button", { name: "Late" }).click();
  await page.getByRole("dialog").waitFor();
}

async function someWeeks(page) {
  await page.getByRole("button", { name: "Other days" }).click();
  const from = page.getByLabel("From");
  const week = new Date(Date.now() - 30 * 86_400_000).toISOString().slice(0, 10);
  await from.fill(week);
  await from.blur();
  await page.locator("main img").first().waitFor();
}
