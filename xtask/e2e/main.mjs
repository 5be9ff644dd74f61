// One part of `cargo xtask e2e`. What to do comes as a line of JSON on the input; when the input ends, so
// does this.

import { createInterface } from "node:readline";

import { Machine } from "./machine.mjs";

const PARTS = ["story", "axe", "screenshots", "keyboard", "roll-call", "shutter", "cloud", "terraform"];

const input = createInterface({ input: process.stdin });
const task = await new Promise((resolve) => input.once("line", (line) => resolve(JSON.parse(line))));
input.once("close", () => process.exit(1));

if (!PARTS.includes(task.part)) throw new Error(`unknown part: ${task.part}`);
const { run } = await import(`./${task.part}.mjs`);
const machine = new Machine(task);
let failed = false;
try {
  await run(machine);
} catch (error) {
  failed = true;
  console.log(String(error.stack ?? error).replace(/^/gm, "    "));
} finally {
  await machine.close();
}
process.exit(failed ? 1 : 0);
