// axe-core on every page and what belongs to it: light and dark, phone and desktop.

import { DESKTOP, PHONE } from "./machine.mjs";
import { eachView, PAGES, prepare, visit } from "./pages.mjs";

const LOOKS = [
  ["phone", "light", PHONE],
  ["phone", "dark", PHONE],
  ["desktop", "light", DESKTOP],
  ["desktop", "dark", DESKTOP],
];

export async function run(machine) {
  const prepared = await prepare(machine);
  const source = machine.file("axe-core/axe.min.js");
  const found = new Map();
  const each = async (entry) => {
    for (const [size, colorScheme, viewport] of LOOKS) {
      const options = { viewport, colorScheme, reducedMotion: "reduce", script: source };
      await visit(machine, prepared, entry, options, (page) =>
        eachView(page, entry, (name) => look(page, `${name}, ${size}, ${colorScheme}`, found)),
      );
    }
    return `${LOOKS.length} looks`;
  };
  let failure = null;
  await machine.each(PAGES, ({ name }) => `${name}: axe`, each).catch((error) => (failure = error));
  if (found.size)
    throw new Error(`axe found\n${[...found].map(([text, places]) => `${text}\n    ${places.join("; ")}`).join("\n")}`);
  if (failure) throw failure;
}

/** Adds each violation with the first elements that it concerns, once for all places where it is. */
async function look(page, place, found) {
  for (const text of await violations(page)) found.set(text, [...(found.get(text) ?? []), place]);
}

/** What axe finds on a page in which its script was put: each with the first elements that it concerns. */
export async function violations(page) {
  return page.evaluate(async () => {
    // To preload, axe would write the styles that are imported into the page, which its policy forbids. What needs it is
    // one rule: that no style turns the page by its orientation. None asks for the orientation.
    const { violations } = await globalThis.axe.run({ resultTypes: ["violations"], preload: false });
    return violations.map(({ id, impact, help, nodes }) => {
      const elements = nodes
        .slice(0, 3)
        .map(({ html, any, all, none }) => `${html.slice(0, 160)} (${[...any, ...all, ...none][0]?.message ?? ""})`);
      return `${id} (${impact}): ${help}: ${nodes.length} elements\n      ${elements.join("\n      ")}`;
    });
  });
}
