// The conversation with the provider: what is lost on the way is sent again, octet by octet.

import { TYPE } from "./chain.js";
import { pause } from "./pauses.js";

const JSON_TYPE = "application/json";
const TIMEOUT = 30_000; // one answer; vision itself may take ten seconds, and a place in the queue six
const AGAIN = 1500; // after a broken connection, or while the first sending is being examined
const EXAMINED = 8; // how often we ask whether it still is
const PATIENCE = 120_000; // before a scan has begun; afterwards its own time is the limit
const UNANSWERED = 6; // tries to begin without any answer, as a stale ticket on a foreign page gets none
const PASSING = new Set(["vision_busy", "busy", "temporarily_unavailable", undefined]);
const MOST_WAIT = 20; // seconds, whatever Retry-After says

/** The scan cannot go on; *code* is the provider's, or expired or interrupted. */
export class Over extends Error {
  constructor(code, told = {}) {
    super(code);
    this.code = code;
    this.told = told.message ?? "";
    this.next = told.next ?? "";
  }
}

export class Wire {
  deadline = performance.now() + PATIENCE;

  /** *tell* is called with what is being waited for (busy, offline) and for how many seconds. */
  constructor({ endpoint, ticket, language, tell }) {
    Object.assign(this, { endpoint: endpoint.replace(/\/$/, ""), ticket, language, tell });
  }

  begin = (asked, signal) => this.#send("begin", JSON_TYPE, JSON.stringify(asked), signal);
  frames = (octets, signal) => this.#send("frames", TYPE, octets, signal);
  skip = (asked, signal) => this.#send("skip", JSON_TYPE, JSON.stringify(asked), signal);

  /** Say that the person will not go on; it is heard even if the page closes meanwhile. */
  giveUp() {
    return this.#fetch("give-up", JSON_TYPE, "{}", { keepalive: true }).catch(() => {});
  }

  async #send(path, type, body, signal) {
    let asked = 0; // how often the same was sent before
    for (let examined = 0; ; asked += 1) {
      const answer = await this.#once(path, type, body, signal);
      if (answer.ok) {
        this.tell("");
        return answer.told;
      }
      if (answer.status === 503 && PASSING.has(answer.told.error)) {
        await this.#countDown(answer.after, signal);
      } else if (answer.status === 0 || answer.status === 502 || answer.status === 504) {
        if (path === "begin" && asked >= UNANSWERED) throw new Over("unreachable");
        this.tell("offline");
        await this.#wait(AGAIN, signal);
      } else if (answer.status === 409 && asked && examined < EXAMINED && answer.told.error === "face_scan_step") {
        examined += 1; // what we sent first did arrive, and is being looked at
        await this.#wait(AGAIN, signal);
      } else {
        throw new Over(answer.told.error ?? "broken", answer.told);
      }
    }
  }

  async #once(path, type, body, signal) {
    const impatience = new AbortController();
    const leave = () => impatience.abort();
    const timer = setTimeout(leave, TIMEOUT);
    signal.addEventListener("abort", leave);
    try {
      const response = await this.#fetch(path, type, body, { signal: impatience.signal });
      const after = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
      const told = response.ok ? await response.json() : await response.json().catch(() => ({}));
      return { ok: response.ok, status: response.status, told, after: after || 3 };
    } catch {
      if (signal.aborted) throw signal.reason;
      return { ok: false, status: 0, told: {} };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
    }
  }

  #fetch(path, type, body, options) {
    const headers = { Authorization: `Bearer ${this.ticket}`, "Content-Type": type, "Accept-Language": this.language, Accept: JSON_TYPE };
    return fetch(`${this.endpoint}/${path}`, { method: "POST", headers, body, cache: "no-store", redirect: "error", referrerPolicy: "no-referrer", ...options });
  }

  async #countDown(seconds, signal) {
    for (let left = Math.min(seconds, MOST_WAIT); left > 0; left -= 1) {
      this.tell("busy", left);
      await this.#wait(1000, signal);
    }
  }

  async #wait(ms, signal) {
    if (performance.now() + ms > this.deadline) throw new Over("expired");
    await pause(ms, signal);
  }
}
