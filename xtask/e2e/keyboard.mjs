// The kiosk without a mouse, and every page on the narrowest phone.

import { assert } from "./machine.mjs";
import { eachView, PAGES, prepare, visit } from "./pages.mjs";

const NARROW = { width: 360, height: 740 };

// Before the shutter come the way to skip and the header.
const MOST_TABS = 20;

export async function run(machine) {
  const prepared = await prepare(machine);
  const kiosk = PAGES.find(({ name }) => name === "kiosk");
  for (const key of ["Enter", "Space"]) {
    await machine.step(`the kiosk by Tab and ${key}`, async () =>
      visit(machine, prepared, kiosk, {}, async (page) => {
        const tabs = await tabTo(page, page.getByRole("button", { name: "Check in" }));
        await page.keyboard.press(key);
        await page.locator("main[data-state=answered]").waitFor();
        await page.getByRole("heading", { level: 1, name: /Grace Hopper/ }).waitFor();
        return `after ${tabs} tabs`;
      }),
    );
  }
  await machine.each(
    PAGES,
    ({ name }) => `${name}: nothing to scroll sideways at ${NARROW.width} pixels`,
    (entry) =>
      visit(machine, prepared, entry, { viewport: NARROW, hasTouch: true }, (page) =>
        eachView(page, entry, (name) => fits(page, name)),
      ),
  );
}

async function tabTo(page, target) {
  for (let tabs = 1; tabs <= MOST_TABS; tabs += 1) {
    await page.keyboard.press("Tab");
    if (!(await target.evaluate((element) => element === document.activeElement))) continue;
    const seen = await target.evaluate((element) => {
      const { outlineStyle, boxShadow } = getComputedStyle(element);
      return outlineStyle !== "none" || boxShadow !== "none";
    });
    assert(seen, "one can't see that the focus is there");
    return tabs;
  }
  throw new Error(`not reached with ${MOST_TABS} tabs`);
}

async function fits(page, name) {
  const [wide, narrow, widest] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const right = (element) => element.getBoundingClientRect().right;
    const out = [...document.querySelectorAll("body *")].filter((element) => right(element) > clientWidth + 1);
    const text = out.slice(0, 3).map((element) => element.outerHTML.slice(0, 120));
    return [scrollWidth, clientWidth, text.join("\n  ")];
  });
  assert(wide <= narrow, `${name} is ${wide} pixels wide, in a window of ${narrow}:\n  ${widest}`);
}
