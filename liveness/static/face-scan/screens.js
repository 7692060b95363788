// The still screens: notice, camera, trouble, pause, result. Each calls `go` with what was chosen.

import { icon, make } from "./elements.js";

const MOVEMENTS = { turn: ["turn_left", "turn_right"], nod: ["nod"], open_mouth: ["open_mouth"], blink: ["blink"] };
const LEAST = 2; // kinds of movement that must be left

export const button = (text, press, kind = "main") =>
  make("button", { type: "button", class: `button ${kind}`, onclick: press }, text);

const title = (text) => make("h2", { tabindex: -1 }, text);

const screen = (mark, tone, heading, ...parts) =>
  make("section", { class: "still" }, make("span", { class: `emblem ${tone}` }, icon(mark)), title(heading), ...parts);

const tick = (value, text) => {
  const box = make("input", { type: "checkbox", value });
  return { box, label: make("label", { class: "tick" }, box, make("span", {}, text)) };
};

/** Ask for the consent; `go` gets the movements that the person cannot make. */
export const notice = (said, { go }) => {
  const points = ["compare", "kept", "free"].map((key) => make("li", {}, said(`notice_${key}`)));
  const purpose = make("li", {}, make("slot", { name: "purpose" }, said("notice_purpose")));
  const unable = Object.keys(MOVEMENTS).map((key) => tick(key, said(`unable_${key}`)));
  const wrong = make("p", { class: "wrong", role: "alert" });
  const agree = () => {
    const skip = unable.filter(({ box }) => box.checked).flatMap(({ box }) => MOVEMENTS[box.value]);
    const left = Object.values(MOVEMENTS).flat().length - skip.length;
    wrong.textContent = left < LEAST ? said("unable_too_many") : "";
    if (left >= LEAST) go(skip);
  };
  const more = make(
    "details",
    {},
    make("summary", {}, said("unable_title")),
    make("p", { class: "small" }, said("unable_hint")),
    make("div", { role: "group", "aria-label": said("unable_title") }, ...unable.map(({ label }) => label)),
  );
  return make(
    "section",
    { class: "still" },
    title(said("notice_title")),
    make("ul", { class: "points" }, purpose, ...points),
    more,
    make("slot", { name: "notice" }),
    make("p", { class: "small" }, said("notice_consent")),
    wrong,
    make("div", { class: "actions" }, button(said("agree"), agree)),
  );
};

/** Explain what the browser is about to ask. */
export const camera = (said, { go }) =>
  screen(
    "camera", "", said("camera_title"),
    make("p", { class: "lead" }, said("camera_text")),
    make("div", { class: "actions" }, button(said("camera_open"), go)),
  );

/** Say what stands against the camera, and what can be done about it. */
export const trouble = (said, kind, { go }) =>
  screen(
    "alert", "mend", said(`trouble_${kind}_title`),
    make("p", { class: "lead" }, said(`trouble_${kind}`)),
    make("div", { class: "actions" }, ["insecure", "unsupported"].includes(kind) ? null : button(said("try_again"), go)),
  );

export const paused = (said, { go }) =>
  screen(
    "pause", "mend", said("paused_title"),
    make("p", { class: "lead" }, said("paused_text")),
    make("div", { class: "actions" }, button(said("go_on"), go)),
  );

export const passed = (said, { message }) =>
  screen("check", "good", said("passed_title"), make("p", { class: "lead" }, message || said("passed_text")));

/** Tell a refusal or an end: why, what to mend, and, where it makes sense, the way to try again. */
export const ended = (said, { tone, heading, message, coach, label, go }) =>
  screen(
    tone === "late" ? "clock" : "alert", tone === "late" ? "mend" : "bad", heading,
    make("p", { class: "lead" }, message),
    coach.length ? make("ul", { class: "points" }, ...coach.map((text) => make("li", {}, text))) : null,
    make("div", { class: "actions" }, label ? button(label, go) : null),
  );
