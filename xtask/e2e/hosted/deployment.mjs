// A deployment in the cloud as its pages meet it, on four origins of this machine: the pages, the API, the user pool, the
// bucket. Who is recognised, a desk says.

import { CloudApi } from "./api.mjs";
import { Bucket } from "./bucket.mjs";
import { pages } from "./pages.mjs";
import { CLIENT, Pool } from "./pool.mjs";

/**
 * Starts one over a desk, `{ origin, tokens }` with tokens by role: `{ origin, api, pool, bucket, config, seen(), stop() }`.
 * `config` can be changed: it is what config.json says, text as it is, null for none.
 */
export async function deploy(desk) {
  let web = null;
  const origin = () => web.origin;
  const pool = await new Pool(() => `${origin()}/index.html`).start();
  const api = new CloudApi(origin, desk, pool);
  const bucket = await new Bucket(origin, (key, picture) => api.ingest(key, picture)).start();
  await api.start(bucket);
  const deployment = {
    pool,
    api,
    bucket,
    config: {
      api: api.server.origin,
      sign_in: { kind: "cognito", domain: pool.server.origin, client_id: CLIENT },
      upload: "presigned",
    },
  };
  const text = ({ config }) => (typeof config === "object" && config !== null ? JSON.stringify(config) : config);
  web = await pages(() => text(deployment), {
    api: api.server.origin,
    "sign-in": pool.server.origin,
    store: bucket.server.origin,
  });
  const servers = [web, api.server, pool.server, bucket.server];
  return Object.assign(deployment, {
    origin: web.origin,
    /** What the servers were asked, as they would log it. */
    seen: () => servers.flatMap(({ seen }) => seen),
    stop: () => servers.forEach(({ stop }) => stop()),
  });
}
