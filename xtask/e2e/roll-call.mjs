// The roll call beside everything else that happens: without network, beside faces that check in, and upon rows that are
// no longer what the page shows. Nobody's record is overwritten unseen, and no mark is lost unsaid.

import { Api, dateOf } from "./api.mjs";
import { violations } from "./axe.mjs";
import { assert, PHONE, until } from "./machine.mjs";
import { settled } from "./pages.mjs";

const NAMES = ["Ada Lovelace", "Emmy Noether", "Grace Hopper", "Hedy Lamarr", "Katherine Johnson", "Mileva Marić"];
const [ADA, EMMY, GRACE, HEDY, KATHERINE, LAST] = NAMES;
const REASON = "Roll call";

export async function run(machine) {
  const api = new Api(machine.origin, machine.token);
  const browser = await machine.browser();
  const axe = machine.file("axe-core/axe.min.js");
  const ids = {};
  let roll;
  await machine.step("a class is there", async () => {
    for (const name of NAMES) {
      const { id } = await api.ask("POST", "attendees", { name, consent: "My face may be used." });
      ids[name] = id;
    }
    await api.picture(`attendees/${ids[GRACE]}/faces`, machine.people[0].photo);
    await api.picture(`attendees/${ids[EMMY]}/faces`, machine.people[1].photo);
    const date = await dateOf(api, 0);
    roll = { session: `everyone.${date}.0`, date };
  });

  /** Opens the roll call in a profile of its own; `before(page, context)` prepares it. */
  async function open(options, before = () => {}) {
    const { context, watch } = await machine.profile(browser, { ...options, reducedMotion: "reduce", script: axe });
    const page = await context.newPage();
    await before(page, watch);
    await page.goto(`${machine.origin}/groups.html?group=everyone#token=${machine.token}`);
    await settled(page);
    await page.getByRole("group", { name: LAST }).waitFor();
    return { page, context, watch };
  }

  const row = (page, name) => page.getByRole("listitem").filter({ has: page.getByRole("group", { name }) });
  const press = (page, name, word) => row(page, name).getByRole("button", { name: word, exact: true }).click();
  const shows = (page, name, word) =>
    until(`${name} is ${word}`, async () => {
      const pressed = row(page, name).getByRole("button", { name: word, exact: true });
      return (await pressed.getAttribute("aria-pressed")) === "true";
    });
  const recorded = async (name) => {
    const { items } = await api.ask("GET", `reports?from=${roll.date}&to=${roll.date}&attendee=${ids[name]}`);
    assert(items.length <= 1, `${name} has ${items.length} records`);
    return items[0] ?? null;
  };
  const accessible = async (page) => {
    const found = await violations(page);
    assert(!found.length, `axe found\n${found.join("\n")}`);
  };
  const nothingWaits = (page) =>
    until("nothing waits", () => page.evaluate(() => sessionStorage.getItem("attendance.marks") === null));

  const phone = await open({ viewport: PHONE, hasTouch: true });
  phone.watch.expect(/^no answer: .*ERR_INTERNET_DISCONNECTED$/);

  await machine.step("without network the last row says that it waits, where it was tapped", async () => {
    await phone.context.setOffline(true);
    await press(phone.page, LAST, "Present");
    const note = row(phone.page, LAST).getByText("Waiting for the network");
    await note.waitFor();
    const box = await note.boundingBox();
    assert(box.y >= 0 && box.y + box.height <= PHONE.height, "one can't see it from there");
    await shows(phone.page, LAST, "Present");
    assert((await recorded(LAST)) === null, "it was recorded without network");
    await phone.page.screenshot({ path: machine.screenshot("roll-call-waiting-phone") });
    await accessible(phone.page);
  });

  await machine.step("nobody else is marked, and nothing is closed, while one waits", async () => {
    await phone.page.getByRole("button", { name: "Mark the rest absent" }).click();
    await phone.page.getByRole("dialog").getByRole("button", { name: "Mark them absent" }).click();
    await phone.page.getByText("1 mark waits for the network").waitFor();
  });

  await machine.step("once the network is back it is sent and recorded", async () => {
    await phone.context.setOffline(false);
    await nothingWaits(phone.page);
    await row(phone.page, LAST).getByText(`by hand: ${REASON}`).waitFor();
    assert((await row(phone.page, LAST).getByText("Waiting for the network").count()) === 0, "it says that it waits");
    const record = await recorded(LAST);
    assert(record?.status === "present" && record.version === 1, JSON.stringify(record));
  });

  await machine.step("a mark that waits is still there after a reload, without a name", async () => {
    const cut = (route) => (route.request().method() === "PUT" ? route.abort("internetdisconnected") : route.continue());
    await phone.page.route("**/records/*", cut);
    await press(phone.page, KATHERINE, "Late");
    await row(phone.page, KATHERINE).getByText("Waiting for the network").waitFor();
    const kept = await phone.page.evaluate(() => JSON.stringify(sessionStorage));
    assert(kept.includes(ids[KATHERINE]) && !kept.includes("Katherine"), `kept: ${kept}`);
    await phone.page.reload();
    await settled(phone.page);
    await row(phone.page, KATHERINE).getByText("Waiting for the network").waitFor();
    await shows(phone.page, KATHERINE, "Late");
    await phone.page.unroute("**/records/*", cut);
    await nothingWaits(phone.page);
    await shows(phone.page, KATHERINE, "Late");
    assert((await recorded(KATHERINE))?.status === "late", "it was not recorded");
  });

  await machine.step("a mark whose answer is lost is sent again and recorded once", async () => {
    let lost = 0;
    await phone.page.route("**/records/*", async (route) => {
      if (route.request().method() !== "PUT" || lost > 0) return route.continue();
      lost += 1;
      await route.fetch();
      return route.abort("internetdisconnected");
    });
    await press(phone.page, HEDY, "Excused");
    await row(phone.page, HEDY).getByText(`by hand: ${REASON}`).waitFor();
    await nothingWaits(phone.page);
    const record = await recorded(HEDY);
    assert(lost === 1 && record.status === "excused" && record.version === 1, JSON.stringify(record));
  });

  const stale = await open({}, async (page, watch) => {
    watch.expect(/^no answer: .*ERR_INTERNET_DISCONNECTED$/);
    // It learns of nothing by itself.
    for (const path of ["**/live", "**/reports?*"]) await page.route(path, (route) => route.abort("internetdisconnected"));
  });
  const asking = await open({}, async (page, watch) => {
    watch.expect(/\/live 404$/);
    await page.route("**/live", (route) => route.fulfill({ status: 404, contentType: "application/json", body: "{}" }));
    await page.clock.install();
  });

  await machine.step("a face that checks in meanwhile shows by itself", async () => {
    await phone.page.getByText("Live", { exact: true }).waitFor();
    await api.picture("check-ins", machine.people[0].photo);
    await shows(phone.page, GRACE, "Present");
    await row(phone.page, GRACE).getByText(/by face/).waitFor();
  });

  await machine.step("where the host has no live feed, the page asks now and then", async () => {
    await asking.page.clock.runFor(16_000);
    await shows(asking.page, GRACE, "Present");
  });

  await machine.step("a row that is out of date is refused, and says what stands", async () => {
    stale.watch.expect(/^PUT .*\/records\/.* 412$/);
    await press(stale.page, GRACE, "Absent");
    const note = row(stale.page, GRACE).getByText(/^Not marked absent\. Meanwhile: Present, .*by face/);
    await note.waitFor();
    await shows(stale.page, GRACE, "Present");
    await stale.page.screenshot({ path: machine.screenshot("roll-call-refused-desktop"), fullPage: true });
    await accessible(stale.page);
    await row(stale.page, GRACE).getByRole("button", { name: `Seen, ${GRACE}` }).click();
    await note.waitFor({ state: "detached" });
    assert((await recorded(GRACE)).version === 1, "she was overwritten");
  });

  await machine.step("the rest is marked at once, and leaves who came meanwhile", async () => {
    await api.picture("check-ins", machine.people[1].photo);
    await stale.page.getByRole("button", { name: "Mark the rest absent" }).click();
    await stale.page.getByRole("dialog").getByRole("button", { name: "Mark them absent" }).click();
    await stale.page.getByText("1 person marked absent.").waitFor();
    const [ada, emmy] = [await recorded(ADA), await recorded(EMMY)];
    assert(ada.status === "absent" && ada.version === 1, JSON.stringify(ada));
    assert(emmy.method.by === "face" && emmy.version === 1, JSON.stringify(emmy));
    await shows(phone.page, ADA, "Absent");
    await shows(phone.page, EMMY, "Present");
    assert((await phone.page.getByRole("button", { name: /^Mark the rest/ }).count()) === 0, "somebody is left");
  });

  await machine.step("a correction of what was corrected meanwhile shows that first", async () => {
    stale.watch.expect(/^PUT .*\/records\/.* 412$/);
    await press(stale.page, GRACE, "Excused");
    const dialog = stale.page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("Brought a note.");
    const why = { status: "late", reason: "Seen at the gate." };
    const path = `sessions/${roll.session}/records/${ids[GRACE]}`;
    await api.ask("PUT", path, why, { "if-match": '"1"' });
    await dialog.getByRole("button", { name: "Correct it" }).click();
    await dialog.getByText("It was changed meanwhile").waitFor();
    assert((await recorded(GRACE)).status === "late", "it was overwritten");
    await dialog.getByRole("button", { name: "Correct it" }).click();
    await dialog.waitFor({ state: "detached" });
    const record = await recorded(GRACE);
    assert(record.status === "excused" && record.version === 3, JSON.stringify(record));
    await shows(phone.page, GRACE, "Excused");
  });
}
