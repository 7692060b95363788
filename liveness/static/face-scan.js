// <face-scan>: asks, shows, and follows the provider; what is seen is judged there and never here.

import { Camera, CameraTrouble, obstacle } from "./face-scan/camera.js";
import { icon, make } from "./face-scan/elements.js";
import { pause } from "./face-scan/pauses.js";
import { Scan } from "./face-scan/scan.js";
import * as screens from "./face-scan/screens.js";
import { Stage } from "./face-scan/stage.js";
import { NOTICE, speaker, spoken } from "./face-scan/strings.js";
import { Voice } from "./face-scan/voice.js";
import { Over, Wire } from "./face-scan/wire.js";

const STYLE = new URL("./face-scan/face-scan.css", import.meta.url).href;
const READING = 2000; // milliseconds to read what to mend
const FAREWELL = 1500; // milliseconds to give a scan up before another way is taken
const LEFT = "left"; // the page was hidden
const CANNOT = "cannot"; // the movement is impossible

/** What an end is told as: its sentence, and whether a new scan may help. */
const ENDS = {
  expired: ["expired_text", true],
  face_scan_over: ["expired_text", true],
  face_scan_step: ["interrupted_text", true],
  face_ticket_invalid: ["expired_text", true],
  face_consent_missing: ["consent_text", false],
  face_guardian_needed: ["guardian_text", false],
  unreachable: ["unreachable_text", true],
  interrupted: ["interrupted_text", true],
  face_locked: ["locked_text", false],
  face_steps_spent: ["steps_spent_text", false],
  too_many_requests: ["too_many_text", false],
  face_not_offered: ["closed_text", false],
};
const LATE = new Set(["expired", "face_scan_over", "face_ticket_invalid"]);
const MENDABLE = new Set(["face_capture_poor", "face_not_confirmed", "authority_unavailable"]);

export class FaceScan extends HTMLElement {
  static observedAttributes = ["ticket"];
  #life = new AbortController();
  #halt = new AbortController();
  #left = false;

  connectedCallback() {
    if (!this.shadowRoot) this.#furnish();
    document.addEventListener("visibilitychange", this.#hidden);
    this.#restart();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#hidden);
    this.#stop();
  }

  attributeChangedCallback(_name, before, now) {
    if (this.isConnected && this.shadowRoot && before !== now) this.#restart();
  }

  #furnish() {
    const root = this.attachShadow({ mode: "open" });
    this.body = make("div", { class: "body" });
    this.foot = make("div", { class: "foot" });
    const whole = make("div", { class: "whole", hidden: true }, this.body, this.foot);
    const reveal = () => (whole.hidden = false);
    root.append(make("link", { rel: "stylesheet", href: STYLE, onload: reveal, onerror: reveal }), whole);
  }

  #stop() {
    const given = this.running ? this.wire.giveUp() : null;
    this.running = false;
    this.#life.abort(new DOMException("stopped", "AbortError"));
    this.camera?.close();
    this.voice?.hush();
    return given;
  }

  #restart() {
    this.#stop();
    this.language = spoken(this.getAttribute("lang") || document.documentElement.lang);
    this.body.lang = this.foot.lang = this.language;
    this.said = speaker(this.language);
    this.voice = new Voice(this.language, this.hasAttribute("voice"));
    this.stage = new Stage(this.said, () => this.#halt.abort(CANNOT));
    this.camera = new Camera(this.stage.video);
    this.#left = false;
    this.#furnishFoot();
    const { signal } = (this.#life = new AbortController());
    this.#run(signal).catch((error) => signal.aborted || this.#fail(error, signal));
  }

  #furnishFoot() {
    const label = this.getAttribute("another-way-label") || this.said("another_way");
    const other = make("button", { type: "button", class: "link", onclick: () => this.#anotherWay() }, icon("signpost"), label);
    const speech = make("button", { type: "button", class: "link", onclick: () => (this.voice.toggle(), shown()) });
    const shown = () => {
      speech.setAttribute("aria-pressed", String(this.voice.on));
      speech.replaceChildren(icon(this.voice.on ? "speaker" : "mute"), this.said(this.voice.on ? "voice_on" : "voice_off"));
    };
    shown();
    this.foot.hidden = false;
    this.foot.replaceChildren(...(this.voice.possible ? [speech] : []), other);
  }

  // The road

  async #run(signal) {
    const choose = (build) => this.#choose(build, signal);
    const skip = await choose((go) => screens.notice(this.said, { go }));
    const blocked = obstacle();
    if (blocked) return this.#hopeless(blocked);
    await choose((go) => screens.camera(this.said, { go }));
    await this.#openCamera(signal);
    await this.#ready(signal);
    const scan = this.#newScan();
    this.stage.offer();
    this.stage.tone("check", this.said("beginning"));
    let step = await scan.begin({ consent: NOTICE, skip }, signal);
    this.running = true;
    for (;;) {
      const answer = await this.#step(scan, step, signal);
      if (!answer) continue; // broken off before anything was sent: the same step once more
      if (answer.status === "passed" || answer.status === "refused") return this.#finish(answer);
      await this.#between(answer, signal);
      step = answer.step;
    }
  }

  #newScan() {
    const tell = (what, seconds) => what && this.stage.tone("check", this.said(what, { seconds }));
    const { language } = this;
    const endpoint = new URL(this.getAttribute("endpoint") || "/face", document.baseURI).href;
    this.wire = new Wire({ endpoint, ticket: this.getAttribute("ticket") ?? "", language, tell });
    return new Scan(this.wire, this.camera);
  }

  async #openCamera(signal) {
    for (;;) {
      this.#show(this.stage.root, "live");
      this.stage.ask("rest", this.said("camera_opening"));
      this.stage.tone("calm");
      this.stage.offer();
      try {
        await this.camera.open();
        if (signal.aborted) return this.camera.close();
        return this.stage.fit(this.camera);
      } catch (error) {
        if (!(error instanceof CameraTrouble)) throw error;
        this.camera.close();
        await this.#choose((go) => screens.trouble(this.said, error.kind, { go }), signal);
      }
    }
  }

  /** Let the person find the oval; nothing is sent before they say so. */
  async #ready(signal) {
    this.stage.ask("rest", this.said("ready_title"));
    this.stage.tone("calm", this.said("ready_text"));
    this.voice.say(`${this.said("ready_title")} ${this.said("ready_text")}`);
    await new Promise((resolve, reject) => {
      const begin = screens.button(this.said("begin"), resolve);
      this.stage.offer(begin);
      begin.focus();
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  /** Perform one step; return its answer, or null when it was broken off and must begin anew. */
  async #step(scan, step, signal) {
    const halt = (this.#halt = new AbortController());
    signal.addEventListener("abort", () => halt.abort(signal.reason), { once: true });
    try {
      if (this.#left || document.hidden) throw LEFT;
      if (!this.camera.alive) throw new CameraTrouble("lost");
      this.#prepare(step);
      await this.camera.wake();
      const watching = () => this.#watch(step);
      return await scan.perform(step, { watching, checking: () => this.#check() }, halt.signal, signal);
    } catch (reason) {
      if (reason === CANNOT) return this.#change(scan, step, signal);
      if (reason !== LEFT && !(reason instanceof CameraTrouble)) throw reason;
      await this.#recover(reason, signal);
      return null;
    }
  }

  #prepare(step) {
    this.#show(this.stage.root, "live");
    this.stage.progress(step);
    this.stage.ask("rest", this.said("hold"));
    this.stage.offer(...(step.kind === "rest" ? [] : [this.stage.cannot]));
  }

  #watch(step) {
    const text = this.said(step.kind) || this.said("hold");
    this.stage.ask(step.kind, text);
    this.stage.tone("watch", this.said("capturing"));
    this.stage.sweep(step.window);
    this.voice.say(text);
  }

  #check() {
    this.stage.offer();
    this.stage.sweep(0);
    this.stage.ask("rest", this.said("hold"));
    this.stage.tone("check", this.said("checking"));
  }

  /** Tell how the step went, and leave time to read what could be better. */
  async #between(answer, signal) {
    if (answer.changed) return;
    if (answer.status !== "again") return this.stage.tone("good", this.said("good"));
    const text = this.#coaching(answer)[0] ?? (answer.message || this.said("coach_other"));
    this.stage.ask("rest", text);
    this.stage.tone("mend", this.said("mend"));
    this.voice.say(text);
    await pause(READING, signal);
  }

  async #change(scan, step, signal) {
    this.stage.offer();
    this.stage.sweep(0);
    this.stage.tone("check", this.said("changing"));
    return { ...(await scan.skip(step, signal)), changed: true };
  }

  async #recover(reason, signal) {
    this.voice.hush();
    await this.#choose((go) => (reason === LEFT ? screens.paused(this.said, { go }) : screens.trouble(this.said, reason.kind, { go })), signal);
    this.#left = false;
    if (!this.camera.alive) await this.#openCamera(signal);
  }

  // The ends

  #finish({ status, code = "", message = "", next = "", coach = [] }) {
    const detail = { code, message, next };
    if (status === "passed") {
      this.foot.hidden = true; // nothing is left to choose
      this.#close(screens.passed(this.said, { message }), "passed", detail);
      return this.voice.say(this.said("passed_title"));
    }
    const label = MENDABLE.has(code) ? this.said("try_again") : "";
    const told = message || this.said("refused_text");
    this.#tellEnd({ tone: "bad", heading: this.said("refused_title"), message: told, coach: this.#coaching({ coach }), label }, "refused", detail);
  }

  #fail(error) {
    if (!(error instanceof Over)) console.error(error);
    const code = error.code ?? "broken";
    if (this.running && !LATE.has(code)) this.wire.giveUp();
    const [key, anew] = ENDS[code] ?? ["broken_text", true];
    const late = LATE.has(code);
    const detail = { code, message: this.said(key), next: error.next ?? "" };
    const heading = this.said(late ? "expired_title" : "ended_title");
    this.#tellEnd({ tone: late ? "late" : "bad", heading, message: detail.message, coach: [], label: anew ? this.said("anew") : "" }, "ended", detail);
  }

  #tellEnd(told, name, detail) {
    const go = () => this.#say("again", detail);
    this.#close(screens.ended(this.said, { ...told, go }), name, detail);
    this.voice.say(told.message);
  }

  #hopeless(kind) {
    const detail = { code: `camera_${kind}`, message: this.said(`trouble_${kind}`), next: "" };
    this.#close(screens.trouble(this.said, kind, {}), "ended", detail);
  }

  #close(shown, name, detail) {
    this.running = false;
    this.camera.close();
    this.#show(shown, name);
    this.#say(name, detail);
  }

  /** Leave the scan, and wait a moment for the provider to know, before the page goes elsewhere. */
  async #anotherWay() {
    const given = this.#stop();
    await Promise.race([given, new Promise((done) => setTimeout(done, FAREWELL))]);
    this.#say("anotherway", { code: "another_way", message: "", next: "" });
  }

  // Smaller pieces

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #coaching({ coach = [] }) {
    return coach.map((code) => this.said(`coach_${code}`)).filter(Boolean);
  }

  /** Show a screen, and let its heading be read; on arrival the page keeps the focus. */
  #show(shown, name) {
    const first = !this.body.firstChild;
    this.setAttribute("stage", name);
    if (this.body.firstChild === shown) return;
    this.body.replaceChildren(shown);
    if (first) return;
    shown.querySelector("[tabindex='-1']")?.focus({ preventScroll: true });
    this.scrollIntoView({ block: "nearest" });
  }

  #choose(build, signal) {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      this.#show(build(resolve), "asking");
    });
  }

  #hidden = () => {
    if (!document.hidden || !this.running) return;
    this.#left = true;
    this.#halt.abort(LEFT);
  };
}

customElements.define("face-scan", FaceScan);
