// The pages as a bucket behind a content delivery network serves them: files by their names, and the headers that
// examples/web/README.md tells a deployment to send.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { serve } from "./server.mjs";

const FOLDER = new URL("../../../examples/web/", import.meta.url);
const TYPES = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  webmanifest: "application/manifest+json",
};

/** Starts them. `config()` gives the text of config.json, or null; `origins` fill the places in the headers. */
export async function pages(config, origins) {
  const headers = await documented(origins);
  return serve(async ({ url: { pathname } }) => {
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    if (name === "config.json")
      return found(config(), { ...headers, "content-type": "application/json", "cache-control": "no-store" });
    const type = TYPES[name.split(".").at(-1)];
    const file = new URL(name, FOLDER);
    const known = type && file.href.startsWith(FOLDER.href);
    const body = known ? await readFile(fileURLToPath(file)).catch(() => null) : null;
    return found(body, { ...headers, "content-type": type, "cache-control": "no-cache" });
  });
}

function found(body, headers) {
  return body === null ? { status: 404 } : { headers, body };
}

/** The block of headers in the README, with these origins. */
async function documented(origins) {
  const readme = await readFile(fileURLToPath(new URL("README.md", FOLDER)), "utf8");
  const [, block] = /## Headers\n\n```text\n(.*?)```/s.exec(readme);
  const filled = block.replace(/\{([\w-]+)\}/g, (_, name) => origins[name]);
  return Object.fromEntries(
    filled
      .trim()
      .split("\n")
      .map((line) => line.split(/: (.*)/s).slice(0, 2)),
  );
}
