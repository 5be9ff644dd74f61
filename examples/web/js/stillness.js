// Notices that somebody stepped before the camera and holds still. It compares tiny grey pictures, here in the page.

// Mean difference of two pictures, 0 to 255: above CHANGED it shows something else, below STILL nothing moves.
const CHANGED = 10;
const STILL = 4;
const HOLD_MS = 600;

/** Fed with one small grey picture after another, says when to take a picture: once per change. */
export class Stillness {
  #scene = null;
  #empty = null;
  #previous = null;
  #changed = false;
  #stillSince = null;

  /**
   * Takes the next grey picture (bytes, always as many) at this instant (ms) and answers "waiting" (nothing new),
   * "moving", "steady" (about to take one) or "take".
   */
  next(grey, now) {
    const motion = difference(this.#previous ?? grey, grey);
    this.#previous = grey;
    this.#scene ??= grey;
    if (!this.#changed) {
      const change = difference(this.#scene, grey);
      if (change <= CHANGED) {
        // Daylight moves slowly: the scene follows it.
        if (motion < STILL && change < CHANGED / 2) this.#scene = grey;
        return "waiting";
      }
      this.#changed = true;
      this.#stillSince = null;
    }
    if (motion >= STILL) {
      this.#stillSince = null;
      return "moving";
    }
    this.#stillSince ??= now;
    if (now - this.#stillSince < HOLD_MS) return "steady";
    this.#changed = false;
    const asBefore = difference(this.#scene, grey) <= CHANGED;
    const emptied = this.#empty !== null && difference(this.#empty, grey) <= CHANGED;
    this.#scene = grey;
    return asBefore || emptied ? "waiting" : "take";
  }

  /** The picture taken last had no face in it: a scene like it is not worth another. */
  wasEmpty() {
    this.#empty = this.#scene;
  }
}

/** How bright the middle of a grey picture is, 0 to 255. */
export function brightness(grey, width) {
  const height = grey.length / width;
  let sum = 0;
  let counted = 0;
  for (let y = Math.floor(height * 0.2); y < height * 0.8; y += 1) {
    for (let x = Math.floor(width * 0.3); x < width * 0.7; x += 1) {
      sum += grey[y * width + x];
      counted += 1;
    }
  }
  return sum / counted;
}

/** A small grey picture of a video's frame. */
export class Sampler {
  #context;

  /** Pictures of that many columns and rows. */
  constructor(width = 32, height = 24) {
    this.width = width;
    this.height = height;
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    this.#context = canvas.getContext("2d", { willReadFrequently: true });
  }

  /** The grey picture (bytes, row by row) of this instant. */
  take(video) {
    this.#context.drawImage(video, 0, 0, this.width, this.height);
    const { data } = this.#context.getImageData(0, 0, this.width, this.height);
    const grey = new Uint8Array(this.width * this.height);
    for (let i = 0; i < grey.length; i += 1) {
      grey[i] = (data[4 * i] * 54 + data[4 * i + 1] * 183 + data[4 * i + 2] * 19) >> 8;
    }
    return grey;
  }
}

function difference(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += Math.abs(a[i] - b[i]);
  return sum / a.length;
}
