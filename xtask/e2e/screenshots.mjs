// A picture of every page and what belongs to it: light and dark, phone and desktop.

import { DESKTOP, PHONE } from "./machine.mjs";
import { eachView, PAGES, prepare, visit } from "./pages.mjs";

export async function run(machine) {
  const prepared = await prepare(machine);
  const each = async (entry) => {
    let taken = 0;
    for (const [size, viewport] of [
      ["phone", PHONE],
      ["desktop", DESKTOP],
    ]) {
      for (const colorScheme of ["light", "dark"]) {
        await visit(machine, prepared, entry, { viewport, colorScheme, reducedMotion: "reduce" }, (page) =>
          eachView(page, entry, async (name) => {
            const path = machine.screenshot(`${name}-${size}-${colorScheme}`);
            // A dialog lies over what can be seen of the page; the header stays at the top of that.
            const fullPage = !(await page.locator("dialog[open]").count());
            if (fullPage) await page.evaluate(() => scrollTo(0, 0));
            await page.screenshot({ path, fullPage });
            taken += 1;
          }),
        );
      }
    }
    return `${taken}`;
  };
  await machine.each(PAGES, ({ name }) => `${name}: pictures`, each);
}
