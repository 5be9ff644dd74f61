// A picture on its way to the store, by a form that the API has signed.

import { ApiError, reach } from "./api.js";

const UPLOAD_MS = 30_000;

/** Uploads it. The store looks at no field that comes after the file, and gets no token: the form is signed. */
export async function upload({ url, fields }, blob, signal) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", blob);
  const response = await reach(
    url,
    { method: "POST", body: form, referrerPolicy: "no-referrer" },
    { signal, timeout: UPLOAD_MS },
  );
  if (response.ok) return;
  throw new ApiError({
    // S3 asks to send again after any fault of its own.
    status: response.status >= 500 ? 503 : response.status,
    code: "upload-refused",
    detail: `The picture was not stored: the store answered ${response.status}.`,
  });
}
