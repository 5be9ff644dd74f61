// The hosted pages, as Terraform deployed them: people of the pool sign in, one is enrolled, and checks in at a kiosk.

import { edge } from "./edge.mjs";
import { assert } from "./machine.mjs";
import { settled } from "./pages.mjs";

const GRACE = "Grace Hopper";

export async function run(machine) {
  const { stack } = machine;
  const front = await edge(stack);
  try {
    // Every name is this machine's, and none has a certificate that anybody trusts.
    const args = [`--host-resolver-rules=MAP * 127.0.0.1:${front.port}`, "--ignore-certificate-errors"];
    const browser = await machine.browser({ film: machine.people[0].film, args });
    const admin = await enrolled(machine, browser);
    await checkedIn(machine, browser);
    await listed(machine, admin);
    await machine.step("pictures went to the bucket, and no token was part of an address", () => looked(front, stack));
  } finally {
    front.stop();
  }
}

async function enrolled(machine, browser) {
  const { origin, people } = machine.stack;
  const { context, watch } = await machine.profile(browser);
  // The live feed is a desk's.
  watch.expect(/^GET \/v1\/orgs\/[^/]+\/live 404$/);
  const page = await context.newPage();

  await machine.step("an admin signs in at the pool's page and comes back", async () => {
    await page.goto(`${origin}/people.html`);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(/^https:\/\/[^/]+\.auth\.[^/]+\.amazoncognito\.com\//);
    await asPerson(page, people.admin);
    await page.waitForURL(`${origin}/people.html`);
    await settled(page);
  });

  await machine.step("somebody is registered and enrolled", async () => {
    await page.getByRole("button", { name: "Register somebody" }).first().click();
    const form = page.getByRole("dialog");
    await form.getByLabel("Name", { exact: true }).fill(GRACE);
    await form.getByLabel("They have read these words and agreed to them").check();
    await form.getByRole("button", { name: "Register" }).click();
    await page.getByRole("heading", { level: 1, name: GRACE }).waitFor();
    await page.locator("input[type=file]").setInputFiles(machine.people[0].photo);
    await page.getByText("Face enrolled", { exact: true }).waitFor();
    assert(new URL(page.url()).origin === origin, page.url());
  });
  return page;
}

async function checkedIn(machine, browser) {
  const { origin, people } = machine.stack;
  const { context, watch } = await machine.profile(browser);
  watch.expect(/^GET \/v1\/orgs\/[^/]+\/check-ins\/[^/]+ 404$/);
  const page = await context.newPage();

  await machine.step("she checks in at the kiosk", async () => {
    await page.goto(origin);
    await page.getByRole("button", { name: "Sign in" }).click();
    await asPerson(page, people.kiosk);
    await page.waitForURL(`${origin}/kiosk.html`);
    await page.getByRole("button", { name: "Check in" }).click();
    await page.getByRole("heading", { level: 1, name: `Welcome, ${GRACE}` }).waitFor();
    await page.getByText(/^Present at /).waitFor();
    await page.screenshot({ path: machine.screenshot("terraform-kiosk") });
  });
}

async function listed(machine, page) {
  await machine.step("her record is on the list", async () => {
    await page.goto(`${machine.stack.origin}/reports.html`);
    await page.getByRole("row", { name: new RegExp(GRACE) }).getByText("Present").waitFor();
    await page.screenshot({ path: machine.screenshot("terraform-reports") });
  });
}

function looked({ seen }, { images_bucket }) {
  const uploads = seen.filter(({ method, host }) => method === "POST" && host.startsWith(`${images_bucket}.s3.`));
  assert(uploads.length === 1, `${uploads.length} forms were sent to the bucket`);
  const tokens = seen.filter(({ url }) => /eyJ|token=/.test(url));
  assert(tokens.length === 0, `a token is in ${tokens[0]?.path}`);
  return `${seen.length} requests`;
}

async function asPerson(page, { name, password }) {
  await page.getByLabel("Username").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}
