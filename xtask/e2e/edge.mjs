// What a browser meets of a deployment on AWS, in front of an emulator that has neither CloudFront nor names: one server
// with TLS that goes by the name it is called by. Each host does what Terraform's resources say, and nothing else.

import { readFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";

/**
 * Starts it for `{ endpoint, tls, region, distribution, headers_policy, pages_bucket, images_bucket, api, sign_in }` and
 * gives `{ port, seen, stop }`. `distribution` and `headers_policy` are resources as Terraform's state has them; `seen` has
 * each request as `{ method, host, path, origin, status }`.
 */
export async function edge(stack) {
  const seen = [];
  const images = `${stack.images_bucket}.s3.${stack.region}.amazonaws.com`;
  const hosts = {
    [stack.distribution.domain_name]: cloudFront(stack, images),
    [new URL(stack.sign_in).host]: (asked) => forward(stack.endpoint, asked.path, asked),
    [images]: (asked) => forward(stack.endpoint, `/${stack.images_bucket}${asked.path}`, asked),
  };
  const answer = async (incoming, response) => {
    const { method, headers } = incoming;
    const asked = { method, headers, path: incoming.url, body: await bytesOf(incoming) };
    const host = hosts[headers.host];
    const said = host ? await host(asked) : { status: 421, headers: {}, body: "" };
    const path = asked.path.split("?")[0];
    seen.push({ method, host: headers.host, path, origin: headers.origin, status: said.status, url: asked.path });
    response.writeHead(said.status, said.headers).end(said.body);
  };
  const tls = { key: readFileSync(stack.tls.key), cert: readFileSync(stack.tls.certificate) };
  const server = createServer(tls, (incoming, response) => {
    answer(incoming, response).catch((error) => {
      console.log(`    ${incoming.method} ${incoming.url}: ${error.stack}`);
      response.destroy();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port: server.address().port, seen, stop };
}

/** The distribution: its behaviours lead to the API or to the bucket of the pages, whose answers get the policy's headers. */
function cloudFront({ endpoint, distribution, headers_policy, pages_bucket, api }, images) {
  const rules = distribution.ordered_cache_behavior.map(({ path_pattern, allowed_methods }) => ({
    fits: new RegExp(`^${path_pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`),
    allowed_methods,
  }));
  const added = headersOf(headers_policy);
  return async (asked) => {
    const path = asked.path.split("?")[0];
    const rule = rules.find(({ fits }) => fits.test(path));
    const { allowed_methods } = rule ?? distribution.default_cache_behavior[0];
    if (!allowed_methods.includes(asked.method)) return { status: 403, headers: {}, body: "" };
    if (rule) return outwards(await forward(endpoint, api + asked.path, asked), endpoint, images);
    const key = path === "/" ? `/${distribution.default_root_object}` : path;
    const page = await forward(endpoint, `/${pages_bucket}${key}`, { method: asked.method, headers: {} });
    return { ...page, headers: { ...page.headers, ...added } };
  };
}

/** An address at the emulator, as AWS would have it. */
function outwards(said, endpoint, images) {
  const { pathname, host } = new URL(endpoint);
  const inside = new RegExp(`http://${host.replaceAll(".", "\\.")}${pathname}${images.split(".")[0]}/?`, "g");
  const body = Buffer.from(said.body.toString("latin1").replace(inside, `https://${images}/`), "latin1");
  return { ...said, headers: { ...said.headers, "content-length": body.length }, body };
}

function headersOf({ security_headers_config: [security], custom_headers_config: [custom] }) {
  const strict = security.strict_transport_security[0].access_control_max_age_sec;
  return {
    "content-security-policy": security.content_security_policy[0].content_security_policy,
    "x-content-type-options": "nosniff",
    "x-frame-options": security.frame_options[0].frame_option,
    "referrer-policy": security.referrer_policy[0].referrer_policy,
    "strict-transport-security": `max-age=${strict}`,
    ...Object.fromEntries(custom.items.map(({ header, value }) => [header, value])),
  };
}

function forward(endpoint, path, { method, headers, body }) {
  const { hostname, port, host } = new URL(endpoint);
  const { connection: _, ...kept } = headers;
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path, method, headers: { ...kept, host } }, async (incoming) => {
      const { connection: _, "transfer-encoding": __, ...answered } = incoming.headers;
      resolve({ status: incoming.statusCode, headers: answered, body: await bytesOf(incoming) });
    });
    outgoing.on("error", reject).end(body);
  });
}

async function bytesOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
