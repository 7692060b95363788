// The live view: what to do in large letters, the person as in a mirror, and how it goes.

import { guide, head, icon, make } from "./elements.js";

const MARKS = { calm: "face", watch: "camera", check: "clock", good: "check", mend: "alert" };

export class Stage {
  /** *said* returns a sentence by its key; *cannot* is called when the movement is impossible. */
  constructor(said, cannot) {
    this.said = said;
    this.video = make("video", { playsinline: true, muted: true, autoplay: true, "aria-label": said("preview") });
    this.video.muted = true;
    this.picture = make("div", { class: "pictogram" });
    this.steps = make("p", { class: "steps" });
    this.cue = make("p", { class: "cue", "aria-live": "assertive", tabindex: -1 });
    this.note = make("p", { class: "note", role: "status" });
    this.frame = make("div", { class: "frame" }, this.video);
    this.cannot = make("button", { type: "button", class: "button quiet", onclick: cannot }, said("cannot"));
    this.actions = make("div", { class: "actions" });
    const instruction = make("div", { class: "instruction" }, this.picture, make("div", {}, this.steps, this.cue));
    this.root = make("section", { class: "live" }, instruction, this.frame, this.note, this.actions);
  }

  /** Fit the oval to the camera, whose picture stands upright on a phone. */
  fit({ width, height }) {
    this.frame.querySelector("svg")?.remove();
    this.frame.classList.toggle("upright", height > width);
    this.frame.append(guide(width, height));
  }

  /** Say what to do: *kind* picks the picture, *text* the words. */
  ask(kind, text) {
    if (this.kind !== kind) this.picture.replaceChildren(head(kind));
    this.kind = kind;
    this.cue.textContent = text;
  }

  progress({ number, of }) {
    this.steps.textContent = this.said("progress", { number, of });
  }

  /** Say how it goes: in colour, by a sign and in words. */
  tone(tone, text = "") {
    this.frame.dataset.tone = tone;
    this.note.dataset.tone = tone;
    this.note.replaceChildren(...(text ? [icon(MARKS[tone]), make("span", {}, text)] : []));
  }

  /** Let the oval fill in *ms*. */
  sweep(ms) {
    const line = this.frame.querySelector(".sweep");
    line.style.animation = "none";
    line.getBoundingClientRect(); // a new animation begins only after a layout without the old
    line.style.animation = ms ? `sweep ${ms}ms linear forwards` : "none";
  }

  offer(...buttons) {
    this.actions.replaceChildren(...buttons);
  }
}
