// From the kiosk's shutter to the answer on the screen, as the page measures it.

import { assert, until } from "./machine.mjs";
import { PAGES, prepare, visit } from "./pages.mjs";

const TIMES = 30;

export async function run(machine) {
  const prepared = await prepare(machine);
  const kiosk = PAGES.find(({ name }) => name === "kiosk");
  await machine.step(`${TIMES} check-ins at the kiosk`, () =>
    visit(machine, prepared, kiosk, {}, async (page) => {
      const main = page.locator("main");
      for (let turn = 1; turn <= TIMES; turn += 1) {
        await page.getByRole("button", { name: "Check in" }).click();
        await until(`answer ${turn}`, async () => (await measures(page)).length >= turn);
        assert(
          ["marked", "already-marked"].includes(await main.getAttribute("data-outcome")),
          "she was not recognised",
        );
        await page.getByRole("button", { name: "Next" }).click();
        await page.locator("main[data-state=ready]").waitFor();
      }
      const sorted = (await measures(page)).sort((a, b) => a - b);
      const percentile = (share) => `${sorted[Math.ceil(share * sorted.length) - 1].toFixed(0)} ms`;
      return `shutter to answer: median ${percentile(0.5)}, 95th percentile ${percentile(0.95)}, longest ${percentile(1)}`;
    }),
  );
}

function measures(page) {
  return page.evaluate(() => performance.getEntriesByName("shutter-to-answer").map(({ duration }) => duration));
}
