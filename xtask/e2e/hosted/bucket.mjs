// A bucket that takes pictures by signed forms only, and tells who listens of each.

import { randomUUID } from "node:crypto";

import { serve } from "./server.mjs";

/** A bucket; `onPicture(key, blob)` is called for each picture that it took from a page of the origin `pages()`. */
export class Bucket {
  /** Refuses everything while it is set, with this status. */
  refuses = null;
  #pages;
  #onPicture;
  #forms = new Map();

  constructor(pages, onPicture) {
    this.#pages = pages;
    this.#onPicture = onPicture;
  }

  async start() {
    this.server = await serve((request) => this.#answer(request));
    return this;
  }

  /** `{ url, fields }` with which one picture of this type can be stored under the key. */
  sign(key, type) {
    const fields = {
      "Content-Type": type,
      key,
      "x-amz-algorithm": "AWS4-HMAC-SHA256",
      policy: Buffer.from(JSON.stringify({ key, type })).toString("base64"),
      "x-amz-signature": randomUUID(),
    };
    this.#forms.set(fields["x-amz-signature"], fields);
    return { url: `${this.server.origin}/`, fields };
  }

  async #answer({ method, headers, body }) {
    if (method !== "POST" || headers.origin !== this.#pages()) return { status: 403 };
    const allowed = { "access-control-allow-origin": headers.origin };
    if (this.refuses) return { status: this.refuses, headers: allowed };
    const form = await new Response(body, { headers: { "content-type": headers["content-type"] } }).formData();
    const entries = [...form];
    const [last, file] = entries.pop() ?? [];
    const sent = Object.fromEntries(entries);
    const signed = this.#forms.get(sent["x-amz-signature"]);
    // The very fields, in their order; then the file; and no token that would not be the bucket's to see.
    const good =
      signed &&
      JSON.stringify(sent) === JSON.stringify(signed) &&
      last === "file" &&
      file.size > 0 &&
      file.size <= 5 * 1024 * 1024 &&
      !("authorization" in headers) &&
      !("cookie" in headers);
    if (!good) return { status: 403, headers: allowed };
    this.#onPicture(signed.key, new Blob([file], { type: signed["Content-Type"] }));
    return { status: 204, headers: allowed };
  }
}
