// One scan from its beginning to its answer: which step is due, and what ties the batches together.

import { extend, firstLink, newKey, pack, publicKey } from "./chain.js";
import { pause } from "./pauses.js";

const LATE = 6000; // milliseconds that a movement may begin after it was asked for; the provider allows eight
import { Over } from "./wire.js";

export class Scan {
  #parcel = null;
  #rest = null;
  #last = -1;
  #asked = 0;

  constructor(wire, camera) {
    this.wire = wire;
    this.camera = camera;
  }

  /** Begin, with what the person agreed to and cannot do; return the first step. */
  async begin(asked, signal) {
    this.key = await newKey();
    const begun = await this.wire.begin({ key: await publicKey(this.key), ...asked }, signal);
    this.since = performance.now();
    this.id = begun.scan;
    this.version = begun.version;
    this.head = await firstLink(begun.scan, begun.nonce);
    this.wire.deadline = this.since + begun.expires_in * 1000;
    this.#asked = this.since;
    return begun.step;
  }

  /** Stop whoever comes too late: the provider would not take it any more. */
  #inTime(step) {
    if (performance.now() > this.wire.deadline) throw new Over("expired");
    if (performance.now() > this.#asked + LATE) throw new Over("interrupted");
  }

  /**
   * Have *step* performed and judged; return the answer.
   *
   * *halt* breaks off the taking of pictures, after which the same step can be performed anew:
   * nothing of it has been sent. What is being sent stops only for *signal*.
   */
  async perform(step, { watching, checking }, halt, signal) {
    this.#inTime(step);
    await pause(step.wait, halt);
    watching();
    const { window: span, rate, frames: most } = step;
    const frames = await this.camera.capture({ span, rate, most, since: this.since, after: this.#last, signal: halt });
    checking();
    const head = await extend(this.head, frames);
    const { key, id: scan, version } = this;
    const body = await pack({ key, scan, version, head, rest: this.#rest, frames, parcel: this.#parcel, hints: this.camera.hints() });
    const answer = await this.wire.frames(body, signal);
    this.head = head;
    this.#last = frames.at(-1).at;
    if (step.kind === "rest") this.#rest = frames[answer.rest] ?? null;
    return this.#follow(answer);
  }

  /** Ask for another movement instead of *step*. */
  async skip(step, signal) {
    return this.#follow(await this.wire.skip({ version: this.version, step: step.kind }, signal));
  }

  #follow(answer) {
    this.#asked = performance.now();
    this.version = answer.version ?? this.version;
    this.#parcel = answer.parcel ?? this.#parcel;
    return answer;
  }
}
