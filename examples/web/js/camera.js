// The camera of this device: a mirrored preview, an unmirrored capture.

/** Why there is no camera; `title` and `detail` say it to a person. */
export class CameraError extends Error {
  constructor(code, title, detail) {
    super(title);
    this.name = "CameraError";
    this.code = code;
    this.title = title;
    this.detail = detail;
  }
}

/** One camera, shown in a `<video>`. Its tracks stop when the page is left. */
export class Camera {
  #video;
  #stream = null;
  #onLost;

  /** `onLost(error)` is called when a running camera is pulled out or taken away. */
  constructor(video, { onLost = () => {} } = {}) {
    this.#video = video;
    this.#onLost = onLost;
    video.muted = true;
    video.playsInline = true;
    addEventListener("pagehide", () => this.stop());
  }

  /** Whether pictures can be taken now. */
  get running() {
    return this.#stream !== null && this.#video.videoWidth > 0;
  }

  /** Asks for the camera and shows it. Throws a CameraError that says what to do. */
  async start({ facing = "user" } = {}) {
    this.stop();
    if (!navigator.mediaDevices?.getUserMedia) throw explain({ name: "InsecureContext" });
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: {
          facingMode: { ideal: facing },
          width: { ideal: 1280 },
          height: { ideal: 960 },
          frameRate: { ideal: 30, max: 30 },
        },
      });
    } catch (error) {
      throw explain(error);
    }
    const [track] = this.#stream.getVideoTracks();
    track.addEventListener("ended", () => {
      this.stop();
      this.#onLost(explain({ name: "NotReadableError" }));
    });
    // A camera that looks at the person shows a mirror; one that looks away doesn't.
    this.#video.classList.toggle("is-mirrored", track.getSettings().facingMode !== "environment");
    this.#video.srcObject = this.#stream;
    try {
      await this.#video.play();
    } catch (error) {
      this.stop();
      throw explain(error);
    }
    if (!this.#video.videoWidth) await once(this.#video, "loadedmetadata");
  }

  /** Stops the camera; its light goes out. */
  stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
  }

  /** Whether the preview is a mirror. */
  get mirrored() {
    return this.#video.classList.contains("is-mirrored");
  }

  /** Draws the picture of this instant, as others see it, onto the canvas, at most `maxEdge` pixels long. */
  draw(canvas, maxEdge = 1280) {
    drawOnto(canvas, this.#video, this.#video.videoWidth, this.#video.videoHeight, maxEdge);
  }
}

/** Takes a canvas's picture as a JPEG Blob. */
export function toJpeg(canvas, quality = 0.9) {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("The picture can't be encoded."))),
      "image/jpeg",
      quality,
    );
  });
}

/** Draws a picture file upright onto the canvas, at most `maxEdge` pixels long. Throws if it is no picture. */
export async function drawFile(canvas, file, maxEdge = 1280) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  drawOnto(canvas, bitmap, bitmap.width, bitmap.height, maxEdge);
  bitmap.close();
}

function drawOnto(canvas, source, width, height, maxEdge) {
  const scale = Math.min(1, maxEdge / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
}

function explain(error) {
  switch (error.name) {
    case "InsecureContext":
      return new CameraError(
        "insecure",
        "The browser keeps the camera shut on this address",
        "Cameras work on https addresses and on this machine's own 127.0.0.1. Until then, upload a picture.",
      );
    case "NotAllowedError":
    case "SecurityError":
      return new CameraError(
        "refused",
        "The camera is not allowed",
        "Allow the camera in the address bar's site settings, then try again. Or upload a picture.",
      );
    case "NotFoundError":
    case "OverconstrainedError":
      return new CameraError("none", "No camera was found", "Plug one in and try again. Or upload a picture.");
    case "NotReadableError":
    case "AbortError":
      return new CameraError(
        "taken",
        "The camera can't be used just now",
        "Another program may have it, or it was unplugged. Close that program and try again. Or upload a picture.",
      );
    default:
      return new CameraError("failed", "The camera did not start", "Try again, or upload a picture.");
  }
}

function once(target, event) {
  return new Promise((resolve) => target.addEventListener(event, resolve, { once: true }));
}
