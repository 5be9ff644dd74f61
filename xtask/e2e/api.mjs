// The API for what the pages are not asked to do: to prepare a desk, and to look behind them.

import { readFileSync } from "node:fs";

/** An API's client with a token. */
export class Api {
  #origin;
  #token;

  constructor(origin, token) {
    this.#origin = origin;
    this.#token = token;
  }

  /** Sends a request below the organization and gives the answer's JSON; an answer that is no success throws. */
  async ask(method, path, json, headers = {}) {
    const body = json === undefined ? undefined : JSON.stringify(json);
    const type = json === undefined ? {} : { "content-type": "application/json" };
    return this.#send(method, path, body, { ...type, ...headers });
  }

  /** Sends a picture's file. */
  async picture(path, file, headers = {}) {
    const type = file.endsWith(".png") ? "image/png" : "image/jpeg";
    return this.#send("POST", path, readFileSync(file), { "content-type": type, ...headers });
  }

  async #send(method, path, body, headers) {
    const url = path.startsWith("/") ? path : `/v1/orgs/default/${path}`;
    for (;;) {
      const response = await fetch(this.#origin + url, {
        method,
        body,
        headers: { authorization: `Bearer ${this.#token}`, ...headers },
      });
      const text = await response.text();
      if (response.ok) return text ? JSON.parse(text) : null;
      const wait = Number(response.headers.get("retry-after"));
      if (!wait) throw new Error(`${method} ${url}: ${response.status} ${text}`);
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
}

/** The date so many days from today, such as 2026-11-21, in the zone of the organization. */
export async function dateOf(api, days) {
  const { zone } = await api.ask("GET", "/v1/orgs/default");
  const parts = { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" };
  return new Intl.DateTimeFormat("en-CA", parts).format(new Date(Date.now() + days * 86_400_000));
}
