// The browser, with or without a camera, and what is watched in every page: that nothing goes wrong unnoticed.

import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 800 };

export class Machine {
  #task;
  #require;
  #browsers = [];
  #watches = [];

  constructor(task) {
    this.#task = task;
    this.#require = createRequire(join(task.packages, "package.json"));
    mkdirSync(task.screenshots, { recursive: true });
  }

  /** The desk's origin, an admin's token and the link that it printed. */
  get origin() {
    return this.#task.origin;
  }

  get token() {
    return this.#task.token;
  }

  get link() {
    return this.#task.link;
  }

  /** What Terraform deployed. */
  get stack() {
    return this.#task.stack;
  }

  /** Two people: `{ photo, film }`, the paths of a portrait and of what a camera plays that sees it. */
  get people() {
    return this.#task.people;
  }

  /** Where the file of an installed package lies. */
  file(name) {
    return this.#require.resolve(name);
  }

  /**
   * A browser. `film` is what its camera plays; without one there is a camera, but nobody allows it. `args` are more of
   * Chromium's switches.
   */
  async browser({ film, args = [] } = {}) {
    const { chromium } = this.#require("playwright-core");
    const camera = ["--use-fake-device-for-media-stream"];
    if (film) camera.push("--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${film}`);
    const browser = await chromium.launch({ executablePath: this.#task.chromium, args: [...FLAGS, ...camera, ...args] });
    this.#browsers.push(browser);
    return browser;
  }

  /** A fresh profile in a browser: a context that is watched. Options are Playwright's; `script` runs in every page. */
  async profile(browser, { script, ...options } = {}) {
    const context = await browser.newContext({ locale: "en-GB", viewport: DESKTOP, acceptDownloads: true, ...options });
    context.setDefaultTimeout(15_000);
    const watch = new Watch();
    await watch.start(context);
    if (script) await context.addInitScript({ path: script });
    this.#watches.push({ context, watch });
    return { context, watch };
  }

  /** Does one step and says how it went; whatever a page complained about meanwhile is a failure too. */
  async step(name, work) {
    const start = performance.now();
    const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
    try {
      const said = await work();
      for (const { watch } of this.#watches) watch.check();
      console.log(`  ${name} (${seconds()})${said ? `: ${said}` : ""}`);
    } catch (error) {
      console.log(`  ${name}: FAILED (${seconds()})`);
      for (const file of await this.#picturesOf(name)) console.log(`    picture: ${file}`);
      for (const { watch } of this.#watches) watch.forget();
      throw error;
    }
  }

  /** Does a step for each of these and goes on after a failure; fails at the end, if one did. */
  async each(items, nameOf, work) {
    const failed = [];
    for (const item of items) {
      try {
        await this.step(nameOf(item), () => work(item));
      } catch (error) {
        console.log(String(error.message).replace(/^/gm, "    "));
        failed.push(nameOf(item));
      }
    }
    if (failed.length) throw new Error(`${failed.length} failed`);
  }

  /** Where a screenshot goes. */
  screenshot(name) {
    return join(this.#task.screenshots, `${name}.png`);
  }

  async close() {
    for (const browser of this.#browsers) await browser.close().catch(() => {});
  }

  async #picturesOf(name) {
    const files = [];
    const pages = this.#watches.flatMap(({ context }) => context.pages());
    for (const [index, page] of pages.entries()) {
      const words = name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .slice(0, 60);
      const file = this.screenshot(`failed-${this.#task.part}-${words}-${index}`);
      const taken = await page.screenshot({ path: file, fullPage: true, timeout: 5000 }).then(
        () => true,
        () => false,
      );
      if (taken) files.push(`${file} (${page.url().split("#")[0]})`);
    }
    return files;
  }
}

/** Complaints of a profile's pages: errors on the console, uncaught errors, violated policies, answers of 400 and above. */
class Watch {
  #complaints = [];
  #expected = [];

  async start(context) {
    await context.exposeBinding("attendanceViolation", (_, text) => this.#complaints.push(`violated policy: ${text}`));
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => {
        globalThis.attendanceViolation(
          `${event.violatedDirective}: ${event.blockedURI} (${event.sourceFile ?? ""}:${event.lineNumber})`,
        );
      });
    });
    context.on("console", (message) => {
      // Said of every answer of 400 and above, which are looked at below.
      const answer = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !answer) this.#complaints.push(`console: ${message.text()}`);
    });
    context.on("weberror", (error) => this.#complaints.push(`uncaught: ${error.error().stack}`));
    context.on("response", (response) => {
      if (response.status() < 400) return;
      const { pathname } = new URL(response.url());
      const text = `${response.request().method()} ${pathname} ${response.status()}`;
      if (!this.#expected.some((pattern) => pattern.test(text))) this.#complaints.push(`answer: ${text}`);
    });
    context.on("requestfailed", (request) => {
      // A page that is left gives up what it was asking for.
      const { errorText } = request.failure() ?? {};
      const text = `no answer: ${request.url().split("#")[0]}: ${errorText}`;
      const expected = this.#expected.some((pattern) => pattern.test(text));
      if (errorText !== "net::ERR_ABORTED" && !expected) this.#complaints.push(text);
    });
  }

  /** Answers such as `POST /v1/.../faces 422`, and `no answer: ...`, that this pattern fits are no complaints. */
  expect(pattern) {
    this.#expected.push(pattern);
  }

  forget() {
    this.#complaints = [];
  }

  check() {
    const complaints = this.#complaints.splice(0);
    if (complaints.length) throw new Error(`the page complained:\n${complaints.join("\n")}`);
  }
}

/** Throws unless it holds. */
export function assert(holds, message) {
  if (!holds) throw new Error(message);
}

/** Waits until `probe()` gives something true, and gives it; asks every 50 ms for at most 15 s. */
export async function until(what, probe) {
  const end = performance.now() + 15_000;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
