// A check-in is sent until there is an answer, and made once.

import { ApiError, sendImage } from "./api.js";

const ANSWER_MS = 10_000;
// A lost answer is asked for again, with the same key.
const WAITS_MS = [1_000, 2_000, 4_000, 8_000];

/**
 * Sends a picture and gives the answer. `faces` is "largest" or "all"; `onWait()` is called before each new attempt.
 */
export async function sendCheckIn({ blob, capturedAt }, { faces, session, signal, onWait }) {
  const query = { faces, session, captured_at: capturedAt };
  const headers = { "idempotency-key": newKey() };
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await sendImage("check-ins", blob, { query, headers, signal, timeout: ANSWER_MS });
    } catch (error) {
      if (!(error instanceof ApiError) || !error.passing || attempt === WAITS_MS.length) throw error;
      onWait();
      await pause(error.retryAfter ? error.retryAfter * 1000 : WAITS_MS[attempt], signal);
    }
  }
}

// Keys sort by time, as the API's own do. `crypto.randomUUID` is missing on insecure addresses, from which pictures can
// still be uploaded.
function newKey() {
  const random = [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => byte.toString(16).padStart(2, "0"));
  return Date.now().toString(16).padStart(12, "0") + random.join("");
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
