// A server on a free port of this machine that remembers what it was asked.

import { createServer } from "node:http";

const MOST_BYTES = 20_000_000;

/**
 * Starts it. `answer({ method, url, headers, body })` gives `{ status, headers, body }`; `url` is a URL, `body` a Buffer.
 * `seen` has each request as `{ method, url, headers, bytes }`, with the URL as text.
 */
export async function serve(answer) {
  const seen = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    let bytes = 0;
    for await (const chunk of request) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) return request.destroy();
      chunks.push(chunk);
    }
    const { method, headers } = request;
    const url = new URL(request.url, origin);
    seen.push({ method, url: url.href, headers, bytes });
    let said;
    try {
      said = await answer({ method, url, headers, body: Buffer.concat(chunks) });
    } catch (error) {
      console.log(`    ${method} ${url.pathname}: ${error.stack}`);
      said = { status: 500 };
    }
    response.writeHead(said.status ?? 200, said.headers);
    return response.end(said.body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { origin, seen, stop };
}

/** An answer of JSON. */
export function json(status, value, headers = {}) {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) };
}

/** An answer with a page. */
export function html(body) {
  const headers = { "content-type": "text/html; charset=utf-8" };
  return { headers, body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>${body}</html>` };
}

/** The way elsewhere. */
export function redirect(location, headers = {}) {
  return { status: 302, headers: { location, ...headers } };
}
