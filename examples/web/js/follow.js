// What becomes of a session's records while somebody looks at it: told by the live feed where the host has one, asked for
// now and then where it has none.

import { items } from "./api.js";
import { session as parts } from "./format.js";
import { listen } from "./live.js";

const EVERY = 15_000;
const SOON = 250;
const AFTER_A_FAULT = 5_000;

/**
 * Gives `onRows` all records of the session, now and again whenever one may be new, until the signal aborts; `onState`
 * gets what the live feed is: "open", "waiting" or "unavailable". `look()` asks at once and resolves when that is done.
 */
export function follow({ session, onRows, onState, signal }) {
  const { group, date } = parts(session);
  let timer = 0;
  let polling = 0;
  let asked = Promise.resolve();

  // One after another: an answer never comes after a newer one.
  function look() {
    clearTimeout(timer);
    asked = asked.then(ask);
    return asked;
  }

  function soon(wait = SOON) {
    clearTimeout(timer);
    timer = setTimeout(look, wait);
  }

  async function ask() {
    if (signal.aborted) return;
    const rows = [];
    try {
      const query = { from: date, to: date, group, limit: 1000 };
      for await (const row of items("reports", query, { signal })) if (row.session === session) rows.push(row);
    } catch {
      if (!signal.aborted && !polling) soon(AFTER_A_FAULT);
      return;
    }
    if (!signal.aborted) onRows(rows);
  }

  const shown = () => document.hidden || look();

  listen({
    signal,
    onState(state) {
      if (state === "open") look();
      if (state === "unavailable") {
        polling = setInterval(shown, EVERY);
        document.addEventListener("visibilitychange", shown);
      }
      onState(state);
    },
    on(event, { data } = {}) {
      if (event === "missed" || data?.session === session) soon();
    },
  });
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    clearInterval(polling);
    document.removeEventListener("visibilitychange", shown);
  });
  return { look };
}
