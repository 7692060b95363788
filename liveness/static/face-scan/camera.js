// The camera: opened, explained when it cannot be, and read picture by picture.

const QUALITY = 0.85;
const LONG = 640;
const SHORT = 480;
const PATIENCE = 1900; // milliseconds without a new picture, after which the camera is lost

export class CameraTrouble extends Error {
  /** *kind* is insecure, unsupported, denied, missing, occupied or lost. */
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

const KINDS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "occupied",
  AbortError: "occupied",
};

/** Return what stands against a scan here, or null. */
export const obstacle = () => {
  if (!window.isSecureContext) return "insecure";
  const modern = window.AbortSignal && "reason" in AbortSignal.prototype; // the youngest thing used here
  return modern && navigator.mediaDevices?.getUserMedia && window.crypto?.subtle ? null : "unsupported";
};

export class Camera {
  #stream = null;
  #canvas = document.createElement("canvas");

  constructor(video) {
    this.video = video;
  }

  /** Ask for the camera that faces the person, and show it. */
  async open() {
    const wish = { facingMode: "user", width: { ideal: LONG }, height: { ideal: SHORT }, frameRate: { ideal: 30 } };
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: wish, audio: false });
    } catch (error) {
      throw new CameraTrouble(KINDS[error.name] ?? "missing");
    }
    this.video.srcObject = this.#stream;
    await this.wake();
    for (let left = 40; !this.video.videoWidth && left; left -= 1) await new Promise((done) => setTimeout(done, 100));
    if (!this.video.videoWidth) throw new CameraTrouble("lost");
    const upright = this.video.videoHeight > this.video.videoWidth;
    this.width = this.#canvas.width = upright ? SHORT : LONG;
    this.height = this.#canvas.height = upright ? LONG : SHORT;
  }

  /** Go on after the view was taken off the page, which pauses a video. */
  async wake() {
    if (this.video.paused) await this.video.play().catch(() => {});
  }

  get alive() {
    return this.#stream?.getVideoTracks()[0]?.readyState === "live";
  }

  close() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = this.video.srcObject = null;
  }

  /** Return what the browser says of the camera: the server records it, and believes none of it. */
  hints() {
    const track = this.#stream?.getVideoTracks()[0];
    const { width, height, frameRate, aspectRatio, facingMode } = track?.getSettings?.() ?? {};
    return {
      label: (track?.label ?? "").slice(0, 200),
      webdriver: navigator.webdriver === true,
      settings: { width, height, frameRate, aspectRatio, facingMode },
    };
  }

  /**
   * Return the pictures of the next *span* ms, at most *most*, *rate* a second: {octets, at, media}.
   *
   * *since* is the moment, by performance.now(), from which `at` counts; *after* the last `at`.
   */
  async capture({ span, rate, most, since, after, signal }) {
    const pictures = [];
    const end = performance.now() + span;
    let due = 0;
    let last = after;
    for (;;) {
      const seen = await this.#next(signal);
      const at = Math.max(Math.round(seen.at - since), last + 1);
      if (seen.at >= due) {
        due = Math.max(due + 1000 / rate, seen.at + 500 / rate);
        last = at;
        pictures.push(this.#picture().then((octets) => ({ octets, at, media: Math.round(seen.media) })));
      }
      if (pictures.length >= most || performance.now() >= end) return Promise.all(pictures);
    }
  }

  /** Wait for the camera's next picture; say when it was taken, and its place in the stream. */
  #next(signal) {
    const { video } = this;
    const stale = video.currentTime;
    return new Promise((resolve, reject) => {
      let cancel = () => {};
      const stop = (error) => {
        clearTimeout(watch);
        signal.removeEventListener("abort", leave);
        cancel();
        error ? reject(error) : null;
      };
      const leave = () => stop(signal.reason);
      const watch = setTimeout(() => stop(new CameraTrouble("lost")), PATIENCE);
      const found = (at, media) => {
        stop();
        resolve({ at, media });
      };
      if (signal.aborted) return leave();
      signal.addEventListener("abort", leave);
      if (video.requestVideoFrameCallback) {
        const handle = video.requestVideoFrameCallback((now, frame) => found(frame.captureTime ?? now, frame.mediaTime * 1000));
        cancel = () => video.cancelVideoFrameCallback(handle);
        return;
      }
      const look = (now) => (video.currentTime !== stale ? found(now, video.currentTime * 1000) : (handle = requestAnimationFrame(look)));
      let handle = requestAnimationFrame(look);
      cancel = () => cancelAnimationFrame(handle);
    });
  }

  /** Cut the middle of what is shown, as the preview does, and write it as a baseline JPEG. */
  #picture() {
    const { video, width, height } = this;
    const scale = Math.min(video.videoWidth / width, video.videoHeight / height);
    const [across, down] = [width * scale, height * scale];
    const [left, top] = [(video.videoWidth - across) / 2, (video.videoHeight - down) / 2];
    this.#canvas.getContext("2d").drawImage(video, left, top, across, down, 0, 0, width, height);
    return new Promise((resolve, reject) => {
      const written = async (blob) => (blob ? resolve(new Uint8Array(await blob.arrayBuffer())) : reject(new CameraTrouble("lost")));
      this.#canvas.toBlob(written, "image/jpeg", QUALITY);
    });
  }
}
