// One person's way through the desk, from page to page: registered, enrolled, checked in, corrected, reported, erased.

import { readFileSync } from "node:fs";

import { assert, until } from "./machine.mjs";
import { settled } from "./pages.mjs";

const GRACE = "Grace Hopper";

export async function run(machine) {
  const [grace, eileen] = machine.people;
  const camera = await machine.browser({ film: grace.film });
  const { context: admins } = await machine.profile(camera);
  const admin = await admins.newPage();
  const links = {};

  await machine.step("the printed link signs in, and leaves the address bar", async () => {
    await admin.goto(machine.link);
    await settled(admin);
    assert(!(await admin.evaluate(() => location.href)).includes("token"), `the address is ${admin.url()}`);
    await admin.getByRole("heading", { name: "Nobody is enrolled yet" }).waitFor();
    await admin.goBack().catch(() => {});
    assert(!admin.url().includes("token="), "the token is in the history");
    await admin.goto(`${machine.origin}/people.html`);
    await settled(admin);
  });

  await machine.step("somebody is registered with a consent", async () => {
    await admin.getByRole("button", { name: "Register somebody" }).first().click();
    const form = admin.getByRole("dialog");
    await form.getByLabel("Name", { exact: true }).fill(GRACE);
    await form.getByLabel("External id").fill("1906");
    await form.getByLabel("They have read these words and agreed to them").check();
    await form.getByRole("button", { name: "Register" }).click();
    await admin.getByRole("heading", { level: 1, name: GRACE }).waitFor();
    await admin.getByText("Consent on record", { exact: true }).waitFor();
  });
  const person = admin.url();

  await machine.step("her face is enrolled by the camera", async () => {
    await admin.getByRole("button", { name: "Use the camera" }).click();
    const dialog = admin.getByRole("dialog");
    await dialog.getByRole("button", { name: "Take the picture" }).click();
    await dialog.getByText("Enrolled", { exact: true }).waitFor();
    await admin.keyboard.press("Escape");
    await admin.getByText("Face enrolled", { exact: true }).waitFor();
  });

  await machine.step("links are made for a kiosk and for her", async () => {
    await admin.getByRole("button", { name: "Link to their page" }).click();
    await admin.getByRole("button", { name: "Make the link" }).click();
    links.attendee = await admin.getByLabel("Their link").inputValue();
    await admin.keyboard.press("Escape");
    await admin.goto(`${machine.origin}/`);
    await admin.getByLabel("For", { exact: true }).selectOption("kiosk");
    await admin.getByRole("button", { name: "Make a link" }).click();
    links.kiosk = await admin.getByLabel("The link").inputValue();
  });

  const { context: kiosks } = await machine.profile(camera);
  const kiosk = await kiosks.newPage();
  await machine.step("she checks in at the kiosk, once", async () => {
    await kiosk.goto(links.kiosk);
    await kiosk.getByRole("button", { name: "Check in" }).click();
    await kiosk.getByRole("heading", { level: 1, name: `Welcome, ${GRACE}` }).waitFor();
    await kiosk.getByText(/^Present at /).waitFor();
    assert((await kiosk.locator("svg.boxes rect").count()) > 0, "no box is drawn around her face");
    await kiosk.getByRole("button", { name: "Next" }).click();
    await kiosk.getByRole("button", { name: "Check in" }).click();
    await kiosk.getByRole("heading", { level: 1, name: `Already here, ${GRACE}` }).waitFor();
    assert(!kiosk.url().includes("token"), "the token is in the kiosk's address");
  });

  await machine.step("the record is on the list", async () => {
    await admin.goto(`${machine.origin}/reports.html`);
    const row = admin.getByRole("row", { name: new RegExp(GRACE) });
    await row.getByText("Present").waitFor();
    assert((await admin.getByRole("row", { name: new RegExp(GRACE) }).count()) === 1, "there is a second record");
    await admin.getByText("Live", { exact: true }).waitFor();
  });

  await machine.step("the roll call corrects it, with a reason", async () => {
    await admin.goto(`${machine.origin}/groups.html?group=everyone`);
    const marks = admin.getByRole("group", { name: GRACE });
    await marks.getByRole("button", { name: "Late" }).click();
    const dialog = admin.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("The bus was late.");
    await dialog.getByRole("button", { name: "Correct it" }).click();
    await dialog.waitFor({ state: "detached" });
    await until(
      "Late is pressed",
      async () => (await marks.getByRole("button", { name: "Late" }).getAttribute("aria-pressed")) === "true",
    );
    await admin.getByRole("button", { name: `History of ${GRACE}` }).click();
    const versions = admin.getByRole("dialog").getByRole("listitem");
    await versions.first().getByText("The bus was late.").waitFor();
    assert((await versions.count()) === 2, "the history does not have both versions");
    await admin.keyboard.press("Escape");
  });

  await machine.step("the CSV has it", async () => {
    await admin.goto(`${machine.origin}/reports.html`);
    await settled(admin);
    const [download] = await Promise.all([
      admin.waitForEvent("download"),
      admin.getByRole("button", { name: "Download CSV" }).click(),
    ]);
    assert(
      /^attendance_\d{4}-\d\d-\d\d_\d{4}-\d\d-\d\d\.csv$/.test(download.suggestedFilename()),
      download.suggestedFilename(),
    );
    const lines = readFileSync(await download.path(), "utf8")
      .trim()
      .split(/\r?\n/);
    assert(lines.length === 2, `${lines.length} lines, not a head and a record:\n${lines.join("\n")}`);
    const record = Object.fromEntries(lines[0].split(",").map((column, index) => [column, lines[1].split(",")[index]]));
    assert(record.name === GRACE && record.external_id === "1906" && record.status === "late", JSON.stringify(record));
  });

  await machine.step("she sees it on her own page", async () => {
    const { context } = await machine.profile(camera);
    const own = await context.newPage();
    await own.goto(links.attendee);
    await own.getByRole("heading", { level: 1, name: GRACE }).waitFor();
    await own.getByRole("row").filter({ hasText: "Late" }).waitFor();
    assert(!own.url().includes("token"), "the token is in the address");
    await context.close();
  });

  await machine.step("a face that nobody knows is a stranger, and shown", async () => {
    await upload(kiosk, eileen.photo);
    await kiosk.getByRole("heading", { level: 1, name: "I don’t know you" }).waitFor();
    await admin.goto(`${machine.origin}/strangers.html`);
    await admin.getByRole("img", { name: /1 unknown face/ }).waitFor();
  });

  await machine.step("a refused camera is said, and an upload is the way out", async () => {
    const { context } = await machine.profile(await machine.browser());
    const refused = await context.newPage();
    await refused.goto(links.kiosk);
    await refused.getByRole("heading", { name: "The camera is not allowed" }).waitFor();
    await upload(refused, grace.photo);
    await refused.getByRole("heading", { level: 1, name: `Already here, ${GRACE}` }).waitFor();
    await context.close();
  });

  await machine.step("she is erased", async () => {
    await admin.goto(person);
    await admin.getByRole("button", { name: "Erase this person…" }).click();
    const dialog = admin.getByRole("dialog");
    await dialog.getByRole("checkbox").check();
    await dialog.getByRole("button", { name: "Erase for good" }).click();
    await admin.getByRole("heading", { level: 1, name: "Erased" }).waitFor();
    await admin.goto(`${machine.origin}/reports.html`);
    await admin.getByRole("row", { name: /Erased/ }).waitFor();
    assert((await admin.getByText(GRACE).count()) === 0, "the report still names her");
  });

  await machine.step("the kiosk knows her no more", async () => {
    await kiosk.goto(`${machine.origin}/kiosk.html`);
    await kiosk.getByRole("button", { name: "Check in" }).click();
    await kiosk.getByRole("heading", { level: 1, name: "I don’t know you" }).waitFor();
  });

  await machine.step("signing out forgets the link, and a made-up one is refused", async () => {
    await admin.getByRole("button", { name: "Sign out" }).click();
    await admin.getByRole("heading", { name: "Sign in" }).waitFor();
    const { context, watch } = await machine.profile(camera);
    watch.expect(/ 401$/);
    const other = await context.newPage();
    await other.goto(`${machine.origin}/#token=made.up.token`);
    await other.getByText("That link is not valid here").waitFor();
    await context.close();
  });
}

/** Offers a picture's file at the kiosk, once it has come back from its last answer. */
async function upload(kiosk, file) {
  const next = kiosk.getByRole("button", { name: /^(Next|Try again|Check in|Choose a picture)$/ });
  await next.waitFor();
  if (/^(Next|Try again)$/.test((await next.textContent()).trim())) await next.click();
  await kiosk.getByLabel("Upload a picture").setInputFiles(file);
}
