// Server-sent events with a bearer token, which EventSource can't send.

import { request } from "./api.js";

/**
 * Listens to `live` until the signal aborts, and connects again after 1, 2, 4, ... 30 s when the stream breaks.
 * `on(event, data)` gets the event's name and its parsed JSON; `onState` gets "open", "waiting" or "unavailable"
 * (this host has no live feed: ask for changes instead).
 */
export async function listen({ on, onState = () => {}, signal, path = "live" }) {
  let wait = 1000;
  while (!signal.aborted) {
    try {
      const response = await request(path, { signal, timeout: 0, headers: { accept: "text/event-stream" } });
      onState("open");
      wait = 1000;
      for await (const { event, data } of messages(response.body)) on(event, data);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 404 || error.status === 403 || error.status === 405) return onState("unavailable");
    }
    onState("waiting");
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(wait * 2, 30_000);
  }
}

async function* messages(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    pending += value.replaceAll("\r\n", "\n");
    for (let end = pending.indexOf("\n\n"); end >= 0; end = pending.indexOf("\n\n")) {
      const message = parse(pending.slice(0, end));
      pending = pending.slice(end + 2);
      if (message) yield message;
    }
  }
}

function parse(block) {
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? { event, data: JSON.parse(data.join("\n")) } : null;
}
