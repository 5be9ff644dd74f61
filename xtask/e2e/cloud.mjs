// The same pages as a deployment in the cloud serves them: other origins, people who sign in at a user pool, pictures by
// way of a bucket. See hosted/ for what plays the cloud.

import { Api } from "./api.mjs";
import { violations } from "./axe.mjs";
import { deploy } from "./hosted/deployment.mjs";
import { assert, DESKTOP, PHONE, until } from "./machine.mjs";
import { settled } from "./pages.mjs";

const GRACE = "Grace Hopper";
const HOUR = 3600;

export async function run(machine) {
  const people = await enrolled(machine);
  const cloud = await deploy({ origin: machine.origin, tokens: people.tokens });
  try {
    const camera = await machine.browser({ film: machine.people[0].film });
    await misconfigured(machine, cloud, camera);
    await strangersLinks(machine, cloud, camera);
    await anAdmin(machine, cloud, camera, people);
    await aKiosk(machine, cloud, camera);
    await anAttendee(machine, cloud, camera, people);
    await machine.step("no token was ever part of an address", () => nothingLogged(cloud));
  } finally {
    cloud.stop();
  }
}

/**
 * Grace Hopper and her face, and a desk's tokens for what the user pool's people may do. The attendee among those is
 * nobody yet: whom the token was made for is erased.
 */
async function enrolled(machine) {
  const api = new Api(machine.origin, machine.token);
  const { id } = await api.ask("POST", "attendees", { name: GRACE, external_id: "1906" });
  await api.ask("PUT", `attendees/${id}/consent`, { wording: "My face may be used to record my attendance." });
  await api.picture(`attendees/${id}/faces`, machine.people[0].photo);
  const issue = async (role, attendee) => (await api.ask("POST", "tokens", { role, attendee })).token;
  const { id: user } = await api.ask("POST", "attendees", { name: "Nobody" });
  const attendee = await issue("attendee", user);
  await api.ask("DELETE", `attendees/${user}`);
  return {
    grace: id,
    user,
    tokens: { admin: machine.token, operator: await issue("operator"), kiosk: await issue("kiosk"), attendee },
  };
}

// ---- What is wrong is said -------------------------------------------------------------------------------------------

async function misconfigured(machine, cloud, browser) {
  const { sign_in } = cloud.config;
  const wrong = [
    ["none", null, "There is no config.json"],
    ["one that is no JSON", "{", "it is no JSON object"],
    ["a path behind the API's origin", { ...cloud.config, api: "https://api.example.org/v1" }, "“api” must be"],
    ["an API that is not encrypted", { ...cloud.config, api: "http://api.example.org" }, "“api” must be"],
    ["another kind of sign-in", { ...cloud.config, sign_in: { kind: "saml" } }, "the kind of “sign_in”"],
    ["no client", { ...cloud.config, sign_in: { ...sign_in, client_id: undefined } }, "the client_id"],
    ["another way of upload", { ...cloud.config, upload: "pigeon" }, "“upload” must be"],
  ];
  const good = cloud.config;
  await machine.step("a config.json that is wrong is said, on every page", async () => {
    const { context, watch } = await profile(machine, browser);
    watch.expect(/^GET \/config\.json 404$/);
    const page = await context.newPage();
    for (const [name, config, said] of wrong) {
      cloud.config = config;
      for (const path of ["", "kiosk.html"]) {
        await page.goto(`${cloud.origin}/${path}`);
        await page.getByText(said).waitFor();
        assert(await page.getByRole("button", { name: "Try again" }).isVisible(), name);
      }
    }
    await look(machine, page, "cloud-misconfigured");
    cloud.config = good;
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("Sign in first").waitFor();
    await context.close();
    return `${wrong.length} kinds`;
  });
  assert(cloud.api.server.seen.length === 0, "the API was asked although nobody knew where it is");
}

// ---- Signing in ------------------------------------------------------------------------------------------------------

/** Sign-ins that this tab did not begin. */
async function strangersLinks(machine, cloud, browser) {
  const { context, watch } = await profile(machine, browser);
  watch.expect(/^POST \/oauth2\/token 400$/);
  const page = await context.newPage();
  const refused = async (address, said) => {
    await page.goto(`${cloud.origin}${address}`);
    await page.getByText(said).waitFor();
    assert(new URL(page.url()).search === "", `the address is ${page.url()}`);
    assert((await stored(page)).token === undefined, "it signed in");
  };
  const begin = async () => {
    await page.goto(cloud.origin);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Username").waitFor();
  };

  await machine.step("a code that nobody here asked for is not taken", async () => {
    await refused(`/index.html?code=${cloud.pool.codeFor("admin", "x")}&state=made-up`, "not begun in this tab");
    await refused(`/?code=${cloud.pool.codeFor("admin", "x")}`, "not begun in this tab");
    await refused("/?error=access_denied&error_description=Call+555", "not begun in this tab");
    await begin();
    await refused(`/index.html?code=${cloud.pool.codeFor("admin", "x")}&state=made-up`, "not begun in this tab");
    assert(cloud.pool.granted.length === 0, "the code was sent on");
    assert(!("pending" in (await stored(page))), "what was begun can still be answered");
  });

  await machine.step("a link with a token signs nobody in", async () => {
    await page.goto("about:blank");
    await page.goto(`${cloud.origin}/#token=somebody.elses.token`);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert((await stored(page)).token === undefined, "it signed in");
  });

  await machine.step("another verifier than the one of the challenge is refused", async () => {
    await page.goto(cloud.origin);
    await page.evaluate(() => {
      const begun = Storage.prototype.setItem;
      Storage.prototype.setItem = function (key, value) {
        begun.call(this, key, value.replace(/"verifier":".{43}"/, `"verifier":"${"x".repeat(43)}"`));
      };
    });
    await page.getByRole("button", { name: "Sign in" }).click();
    await asPerson(page, "admin");
    await page.getByText("The sign-in was not finished").waitFor();
    assert(cloud.pool.granted.join() === "authorization_code 400", cloud.pool.granted.join());
  });

  await machine.step("who may not sign in is told so", async () => {
    await context.clearCookies();
    await begin();
    await asPerson(page, "nobody");
    await page.getByText("The sign-in was not finished").waitFor();
  });

  await machine.step("who is in no group is told so", async () => {
    await begin();
    await asPerson(page, "visitor");
    await page.getByText("You are in no group that gives a right here.").waitFor();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
  });
  await context.close();
}

async function anAdmin(machine, cloud, browser, { grace }) {
  const { context, watch } = await profile(machine, browser);
  // The live feed is a desk's; an outcome is not there at first.
  watch.expect(/^GET \/v1\/orgs\/default\/live 404$/);
  watch.expect(/ 401$/);
  const page = await context.newPage();

  await machine.step("signing in comes back to the page that was asked for", async () => {
    await page.goto(`${cloud.origin}/reports.html?range=week`);
    await page.getByText("Sign in first").waitFor();
    await look(machine, page, "cloud-signed-out");
    cloud.pool.granted = [];
    await page.getByRole("button", { name: "Sign in" }).click();
    await asPerson(page, "admin");
    await page.waitForURL(`${cloud.origin}/reports.html?range=week`);
    await settled(page);
    await page.getByText("Not live: refresh to see what is new").waitFor();
    assert(cloud.pool.granted.join() === "authorization_code 200", cloud.pool.granted.join());
  });

  await machine.step("the tokens are in this tab alone", async () => {
    const { token, renewal } = await stored(page);
    assert(token?.startsWith("access.") && JSON.parse(renewal).refresh.startsWith("refresh."), "no token is kept");
    assert((await page.evaluate(() => localStorage.length)) === 0, "something is in localStorage");
    assert((await page.evaluate(() => document.cookie)) === "", "there is a cookie");
    const databases = await page.evaluate(
      async () => (await indexedDB.databases()).length + (await caches.keys()).length,
    );
    assert(databases === 0, "there is a database or a cache");
    const other = await context.newPage();
    await other.goto(cloud.origin);
    await other.getByRole("button", { name: "Sign in" }).waitFor();
    await other.close();
  });

  await machine.step("a page elsewhere is not gone to", async () => {
    for (const elsewhere of ["https://example.org/", "//example.org/", "javascript:alert(1)"]) {
      const other = await context.newPage();
      await other.goto(cloud.origin);
      await other.evaluate((to) => sessionStorage.setItem("attendance.wanted", to), elsewhere);
      await other.getByRole("button", { name: "Sign in" }).click();
      // The user pool knows who it is by now.
      await other.getByRole("heading", { name: "Today" }).waitFor();
      assert(other.url() === `${cloud.origin}/`, `it went to ${other.url()}`);
      await other.close();
    }
  });

  await machine.step("the start page says where rights come from, and makes no links", async () => {
    await page.goto(cloud.origin);
    await settled(page);
    await page.getByText("default:operator").waitFor();
    assert((await page.getByText("Make a link").count()) === 0, "it offers links");
    await look(machine, page, "cloud-start");
    await page.goto(`${cloud.origin}/people.html?id=${grace}`);
    await page.getByRole("heading", { level: 1, name: GRACE }).waitFor();
    assert((await page.getByRole("button", { name: "Link to their page" }).count()) === 0, "it offers a link");
  });

  await machine.step("a token that has ended is renewed once, whoever asks", async () => {
    cloud.pool.granted = [];
    cloud.pool.endAccess();
    const answers = await page.evaluate(async (api) => {
      const { get } = await import(api);
      return (await Promise.all(Array.from({ length: 8 }, () => get("groups")))).length;
    }, `${cloud.origin}/js/api.js`);
    assert(answers === 8, `${answers} answers`);
    assert(cloud.pool.granted.join() === "refresh_token 200", cloud.pool.granted.join());
    await page.goto(`${cloud.origin}/people.html?id=${grace}`);
    await page.getByText("Face enrolled", { exact: true }).waitFor();
    await settled(page);
    assert(cloud.pool.granted.length === 1, cloud.pool.granted.join());
  });

  await machine.step("a token that is about to end is renewed before", async () => {
    cloud.pool.endAccess();
    cloud.pool.lifetime = 30;
    await page.reload();
    await settled(page);
    const { token: ending } = await stored(page);
    const from = cloud.api.server.seen.length;
    cloud.pool.lifetime = HOUR;
    await page.reload();
    await settled(page);
    const asked = cloud.api.server.seen.slice(from).filter(({ method }) => method !== "OPTIONS");
    assert(asked.length > 0, "nothing was asked");
    assert(!asked.some(({ headers }) => headers.authorization.endsWith(ending)), "it was asked with the old one");
    const renewals = cloud.pool.granted.length;
    await page.reload();
    await settled(page);
    assert(cloud.pool.granted.length === renewals, "a token that is good was renewed");
  });

  await machine.step("a picture that is too large for a function is drawn anew", async () => {
    watch.expect(/^POST \/v1\/orgs\/default\/attendees\/[^/]+\/faces 422$/);
    const from = cloud.api.server.seen.length;
    await page.goto(`${cloud.origin}/people.html?id=${grace}`);
    const large = await picture(page, 1800, 1500, { noisy: true });
    assert(large.buffer.length > 6_000_000, `${large.buffer.length} bytes are not large`);
    await page.locator("input[type=file]").setInputFiles(large);
    await page.getByText("No face in this picture").waitFor();
    const sent = cloud.api.server.seen
      .slice(from)
      .find(({ method, url }) => method === "POST" && url.endsWith("/faces"));
    assert(sent.headers["content-type"] === "image/jpeg" && sent.bytes <= 4_000_000, `${sent.bytes} bytes`);
    return `${(sent.bytes / 1e6).toFixed(1)} MB`;
  });

  await machine.step("an API that does not take the sign-in is told as that", async () => {
    cloud.api.closed = true;
    await page.goto(`${cloud.origin}/strangers.html`);
    await page.getByText("Your sign-in is not valid here").waitFor();
    cloud.api.closed = false;
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(`${cloud.origin}/strangers.html`);
    await settled(page);
  });

  await machine.step("when nothing can be renewed any more, one signs in again and is back", async () => {
    watch.expect(/^POST \/oauth2\/token 400$/);
    cloud.pool.endAccess();
    cloud.pool.endRefresh();
    await page.goto(`${cloud.origin}/groups.html?group=everyone`);
    await page.getByText("Your sign-in has ended").waitFor();
    const left = await stored(page);
    assert(!("token" in left) && !("renewal" in left), "tokens are left");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(`${cloud.origin}/groups.html?group=everyone`);
    await settled(page);
  });

  await machine.step("signing out ends it here and there", async () => {
    assert(cloud.pool.renewable === 1, `${cloud.pool.renewable} refresh tokens`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out").waitFor();
    assert(page.url() === `${cloud.origin}/index.html`, page.url());
    const left = Object.keys(await stored(page));
    assert(left.length === 0, `left: ${left.join()}`);
    await until("the refresh token is revoked", () => cloud.pool.renewable === 0);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Password").waitFor();
  });
  await context.close();
}

// ---- Checking in -----------------------------------------------------------------------------------------------------

async function aKiosk(machine, cloud, browser) {
  const { context, watch } = await profile(machine, browser);
  watch.expect(/^GET \/v1\/orgs\/default\/check-ins\/[^/]+ (404|422)$/);
  await context.clock.install();
  const page = await context.newPage();
  const polls = () => cloud.api.polls.at(-1);

  await machine.step("a kiosk signs in and comes to its page", async () => {
    await page.goto(cloud.origin);
    await page.getByRole("button", { name: "Sign in" }).click();
    await asPerson(page, "kiosk");
    await page.getByRole("button", { name: "Check in" }).waitFor();
    assert(page.url() === `${cloud.origin}/kiosk.html`, page.url());
  });

  await machine.step("a picture goes to the bucket, and its outcome is asked for", async () => {
    await page.getByRole("button", { name: "Check in" }).click();
    await page.getByRole("heading", { level: 1, name: `Welcome, ${GRACE}` }).waitFor();
    await page.getByText(/^Present at /).waitFor();
    assert((await page.locator("svg.boxes rect").count()) > 0, "no box is drawn around her face");
    await look(machine, page, "cloud-kiosk");
    const [form, ...more] = cloud.bucket.server.seen;
    assert(form.method === "POST" && more.length === 0, "the bucket got something else than one form");
    assert(
      !cloud.api.server.seen.some(({ method, url }) => method === "POST" && /\/check-ins/.test(url)),
      "sent directly",
    );
    return `asked ${polls().length} times`;
  });

  await machine.step("she is recorded once", async () => {
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("button", { name: "Check in" }).click();
    await page.getByRole("heading", { level: 1, name: `Already here, ${GRACE}` }).waitFor();
  });

  await machine.step("a picture that can't be used is refused as ever", async () => {
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByLabel("Upload a picture").setInputFiles(await picture(page, 640, 480));
    await page.getByRole("heading", { level: 1, name: "I see no face" }).waitFor();
  });

  await machine.step("a bucket that has no time is asked again, one that refuses is not", async () => {
    await page.getByRole("button", { name: "Try again" }).click();
    watch.expect(/^POST \/ (403|503)$/);
    cloud.bucket.refuses = 503;
    await page.getByRole("button", { name: "Check in" }).click();
    await page.getByRole("heading", { level: 1, name: "No answer yet" }).waitFor();
    cloud.bucket.refuses = null;
    await page.clock.runFor(1000);
    await page.getByRole("heading", { level: 1, name: `Already here, ${GRACE}` }).waitFor();
    await page.getByRole("button", { name: "Next" }).click();
    cloud.bucket.refuses = 403;
    const asked = cloud.bucket.server.seen.length;
    await page.getByRole("button", { name: "Check in" }).click();
    await page.getByRole("heading", { level: 1, name: "That did not work" }).waitFor();
    assert(cloud.bucket.server.seen.length === asked + 1, "it was asked again");
    cloud.bucket.refuses = null;
  });

  await machine.step("asking ends when nobody looks at the picture", async () => {
    await page.getByRole("button", { name: "Try again" }).click();
    cloud.api.stuck = true;
    const before = cloud.api.polls.length;
    await page.getByRole("button", { name: "Check in" }).click();
    await until("it is asked for", () => cloud.api.polls.length > before && polls().length > 0);
    const answered = page.locator("main[data-state=answered]");
    while (!(await answered.count())) {
      const asked = polls().length;
      await page.clock.runFor(1500);
      await until("it asks once more, or gives up", async () => polls().length > asked || (await answered.count()) > 0);
    }
    await page.getByRole("heading", { level: 1, name: "Your picture has arrived" }).waitFor();
    assert((await page.locator("main").getAttribute("data-outcome")) === "timeout", "it is told as something else");
    await look(machine, page, "cloud-kiosk-later");
    const asked = polls().length;
    assert(asked >= 15 && asked <= 40, `asked ${asked} times`);
    await page.clock.runFor(60_000);
    await page.getByRole("button", { name: "Check in" }).waitFor();
    assert(polls().length === asked, "it went on asking");
    cloud.api.stuck = false;
    return `asked ${asked} times`;
  });

  await machine.step("a kiosk outlives its tokens", async () => {
    watch.expect(/ 401$/);
    cloud.pool.endAccess();
    await page.getByRole("button", { name: "Check in" }).click();
    await page.getByRole("heading", { level: 1, name: `Already here, ${GRACE}` }).waitFor();
    assert((await page.evaluate(() => localStorage.length)) === 0, "something is in localStorage");
  });
  await context.close();
}

// ---- Seeing what is one's own ----------------------------------------------------------------------------------------

async function anAttendee(machine, cloud, browser, { grace, user }) {
  const { context, watch } = await profile(machine, browser);
  const office = await profile(machine, browser);
  office.watch.expect(/^GET \/v1\/orgs\/default\/live 404$/);
  // Before anything is linked, nobody's data are meant.
  watch.expect(/^GET \/v1\/orgs\/default\/me 404$/);
  const page = await context.newPage();
  const admin = await office.context.newPage();
  const linkTo = async (id, name) => {
    await admin.goto(`${cloud.origin}/people.html?id=${id}`);
    await admin.getByRole("heading", { level: 1, name }).waitFor();
    await settled(admin);
    await admin.getByRole("button", { name: "Link sign-in" }).click();
  };

  await machine.step("an attendee whose sign-in is not linked is told what to do", async () => {
    await page.goto(cloud.origin);
    await page.getByRole("button", { name: "Sign in" }).click();
    await asPerson(page, "attendee");
    await page.getByRole("heading", { level: 1, name: "Your sign-in is not linked yet" }).waitFor();
    assert(page.url() === `${cloud.origin}/me.html`, page.url());
    assert((await page.getByLabel("Your user ID").inputValue()) === user, "it shows another id");
    await look(machine, page, "cloud-unlinked");
  });

  await machine.step("what is no user ID is not linked", async () => {
    await admin.goto(cloud.origin);
    await admin.getByRole("button", { name: "Sign in" }).click();
    await asPerson(admin, "admin");
    await admin.getByRole("heading", { name: "Today" }).waitFor();
    await linkTo(grace, GRACE);
    const from = cloud.api.server.seen.length;
    await admin.getByLabel("User ID").fill("grace.hopper");
    await admin.getByRole("button", { name: "Link", exact: true }).click();
    await admin.getByText("That is no user ID").waitFor();
    await look(machine, admin, "cloud-link-sign-in");
    assert(!cloud.api.server.seen.slice(from).some(({ method }) => method === "PUT"), "it was sent");
  });

  await machine.step("an admin links it, and the attendee sees what is their own", async () => {
    await admin.getByLabel("User ID").fill(`  ${user.toUpperCase()} `);
    await admin.keyboard.press("Enter");
    await admin.getByText(`this user sees what is kept of ${GRACE}`).waitFor();
    assert((await admin.getByRole("dialog").count()) === 0, "the dialog is still there");
    await page.reload();
    await page.getByRole("heading", { level: 1, name: GRACE }).waitFor();
    await page.getByRole("rowheader").first().waitFor();
  });

  await machine.step("a sign-in that was somebody else's is moved, and that is said", async () => {
    const api = new Api(machine.origin, machine.token);
    const { id } = await api.ask("POST", "attendees", { name: "Ada Lovelace" });
    await linkTo(id, "Ada Lovelace");
    await admin.getByLabel("User ID").fill(user);
    await admin.getByRole("button", { name: "Link", exact: true }).click();
    await admin.getByText("it was somebody else’s").waitFor();
    await look(machine, admin, "cloud-sign-in-moved");
    const before = admin.getByRole("dialog").getByRole("link", { name: "another person" });
    assert((await before.getAttribute("href")).endsWith(grace), "it names another person");
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Ada Lovelace" }).waitFor();
  });
  await context.close();
  await office.context.close();
}

// ---- What is looked at -----------------------------------------------------------------------------------------------

function nothingLogged(cloud) {
  const seen = cloud.seen();
  const { secrets } = cloud.pool;
  for (const { method, url, headers } of seen) {
    const told = `${url} ${headers.referer ?? ""}`;
    const leaked = [...secrets].find((secret) => told.includes(secret));
    assert(!leaked, `${method} ${url.split("?")[0]} has ${leaked?.split(".")[0]}`);
    assert(!headers.referer?.includes("code="), "a code is in a referrer");
  }
  assert(secrets.size > 10 && seen.length > 100, "nothing was looked at");
  return `${seen.length} requests, ${secrets.size} secrets`;
}

function profile(machine, browser) {
  return machine.profile(browser, { reducedMotion: "reduce", script: machine.file("axe-core/axe.min.js") });
}

/** What the tab keeps, by the names behind "attendance.". */
async function stored(page) {
  const entries = await page.evaluate(() => Object.entries(sessionStorage));
  return Object.fromEntries(entries.map(([key, value]) => [key.replace("attendance.", ""), value]));
}

async function asPerson(page, name) {
  await page.getByLabel("Username").fill(name);
  await page.getByLabel("Password").fill(name);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Takes pictures, and lets axe have a look. */
async function look(machine, page, name) {
  for (const [size, viewport] of [
    ["phone", PHONE],
    ["desktop", DESKTOP],
  ]) {
    await page.setViewportSize(viewport);
    await page.screenshot({ path: machine.screenshot(`${name}-${size}`), fullPage: true });
    const found = await violations(page);
    assert(!found.length, `axe found on ${name}, ${size}:\n${found.join("\n")}`);
  }
}

/** A PNG that shows nobody: grey, or of noise, which no format makes small. */
async function picture(page, width, height, { noisy = false } = {}) {
  const bytes = await page.evaluate(
    async ([width, height, noisy]) => {
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext("2d");
      const image = context.createImageData(width, height);
      image.data.forEach((_, index, data) => {
        data[index] = index % 4 === 3 ? 255 : noisy ? Math.random() * 256 : 128;
      });
      context.putImageData(image, 0, 0);
      const blob = await canvas.convertToBlob({ type: "image/png" });
      return new Uint8Array(await blob.arrayBuffer()).toString();
    },
    [width, height, noisy],
  );
  return { name: "picture.png", mimeType: "image/png", buffer: Buffer.from(bytes.split(",")) };
}
