// What this deployment is: `config.json` beside the pages says where the API is, how people sign in and how pictures
// travel. README.md beside it has the words.

import { byId, h, replace } from "./dom.js";
import { button, notice } from "./parts.js";

/** `{ api, sign_in: { kind, domain, client_id }, upload }`, as the file has it. Without a good one no page goes on. */
export const config = await read();

/** Whether people sign in on the pages of a user pool, rather than by a link. */
export const hosted = config.sign_in.kind === "cognito";

async function read() {
  let response;
  try {
    response = await fetch(new URL("../config.json", import.meta.url), { cache: "no-store", credentials: "omit" });
  } catch {
    return stop("config.json can’t be fetched: the server can’t be reached. Check the connection.");
  }
  if (!response.ok) return stop(`There is no config.json beside these pages: the server answered ${response.status}.`);
  const found = await response.json().catch(() => undefined);
  const fault = faultIn(found);
  return fault ? stop(`config.json is wrong: ${fault}.`) : found;
}

/** What is wrong with it, or null. */
function faultIn(found) {
  if (typeof found !== "object" || found === null) return "it is no JSON object";
  const { api, sign_in, upload } = found;
  if (api !== "" && !isOrigin(api))
    return "“api” must be the origin of the API, such as https://api.example.org, or empty";
  if (!["link", "cognito"].includes(sign_in?.kind)) return "the kind of “sign_in” must be link or cognito";
  if (sign_in.kind === "cognito" && !isOrigin(sign_in.domain))
    return "the domain of “sign_in” must be an origin, such as https://school.auth.eu-west-1.amazoncognito.com";
  if (sign_in.kind === "cognito" && !/^[\w+]{1,128}$/.test(sign_in.client_id ?? ""))
    return "the client_id of “sign_in” must be that of the app client";
  if (!["direct", "presigned"].includes(upload)) return "“upload” must be direct or presigned";
  return null;
}

// A token goes nowhere in the clear, except within one machine.
function isOrigin(text) {
  if (typeof text !== "string" || !URL.canParse(text)) return false;
  const { origin, protocol, hostname } = new URL(text);
  return origin === text && (protocol === "https:" || ["127.0.0.1", "localhost", "[::1]"].includes(hostname));
}

function stop(text) {
  document.title = "Not set up · Attendance";
  replace(
    byId("main"),
    h(
      "div",
      { class: "stack" },
      h("h1", {}, "These pages are not set up"),
      notice("bad", text, h("p", { class: "small" }, "Whoever runs this deployment can mend it.")),
      h("div", {}, button("Try again", { onclick: () => location.reload() })),
    ),
  );
  return new Promise(() => {});
}
