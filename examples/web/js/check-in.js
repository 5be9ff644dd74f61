// A check-in is sent until there is an answer, and made once: straight to the API, or by way of the store of pictures,
// where a function finds it.

import { ApiError, get, send, sendImage } from "./api.js";
import { config } from "./config.js";
import { upload } from "./upload.js";

const ANSWER_MS = 10_000;
// A lost answer is asked for again, with the same key.
const WAITS_MS = [1_000, 2_000, 4_000, 8_000];
// How often the outcome of an uploaded picture is asked for, ever more seldom, and for how long.
const ASK_MS = { first: 300, longer: 1.3, longest: 1_500, all: 30_000 };

/**
 * Sends a picture and gives the answer. `faces` is "largest" or "all"; `onWait()` is called before each new attempt.
 */
export const sendCheckIn = config.upload === "presigned" ? byUpload : directly;

async function directly({ blob, capturedAt }, { faces, session, signal, onWait }) {
  const query = { faces, session, captured_at: capturedAt };
  const headers = { "idempotency-key": newKey() };
  return insist(() => sendImage("check-ins", blob, { query, headers, signal, timeout: ANSWER_MS }), signal, onWait);
}

async function byUpload({ blob, capturedAt }, { faces, session, signal, onWait }) {
  const check_in = newKey();
  const wanted = { check_in, content_type: blob.type, faces, session: session ?? undefined, captured_at: capturedAt };
  const place = await insist(() => send("POST", "uploads", wanted, { signal, timeout: ANSWER_MS }), signal, onWait);
  await insist(() => upload(place, blob, signal), signal, onWait);
  return outcome(place.check_in, signal);
}

async function insist(attempt, signal, onWait) {
  for (let turn = 0; ; turn += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ApiError) || !error.passing || turn === WAITS_MS.length) throw error;
      onWait();
      await pause(error.retryAfter ? error.retryAfter * 1000 : WAITS_MS[turn], signal);
    }
  }
}

/** What became of an uploaded picture: asked for until somebody has looked at it. */
async function outcome(id, signal) {
  const end = performance.now() + ASK_MS.all;
  let wait = ASK_MS.first;
  while (performance.now() + wait < end) {
    await pause(wait, signal);
    try {
      const timeout = Math.ceil(Math.min(ANSWER_MS, end - performance.now()));
      return await get(`check-ins/${encodeURIComponent(id)}`, {}, { signal, timeout });
    } catch (error) {
      if (!(error instanceof ApiError) || !(error.code === "not-found" || error.passing)) throw error;
      wait = Math.max(Math.min(wait * ASK_MS.longer, ASK_MS.longest), (error.retryAfter ?? 0) * 1000);
    }
  }
  throw new ApiError({
    code: "timeout",
    detail: "The picture has arrived and will be counted, but nobody has looked at it yet.",
    body: { check_in: id },
  });
}

// Keys sort by time, as the API's own do. `crypto.randomUUID` is missing on insecure addresses, from which pictures can
// still be uploaded.
function newKey() {
  const random = [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => byte.toString(16).padStart(2, "0"));
  return Date.now().toString(16).padStart(12, "0") + random.join("");
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const give = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", give);
      resolve();
    }, ms);
    signal.addEventListener("abort", give);
  });
}
