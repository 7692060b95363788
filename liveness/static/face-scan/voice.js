// The voice that says what is written anyway; it needs nothing but what the browser brings.

export class Voice {
  constructor(language, on) {
    this.language = language;
    this.on = on && this.possible;
  }

  get possible() {
    return "speechSynthesis" in window;
  }

  toggle() {
    this.on = !this.on;
    if (!this.on) this.hush();
  }

  say(text) {
    if (!this.on || !text) return;
    this.hush();
    const spoken = new SpeechSynthesisUtterance(text);
    spoken.lang = this.language === "en" ? "en-GB" : "zh-CN";
    const fits = (voice) => voice.lang.replace("_", "-").toLowerCase().startsWith(this.language.slice(0, 2));
    spoken.voice = speechSynthesis.getVoices().find(fits) ?? null;
    speechSynthesis.speak(spoken);
  }

  hush() {
    if (this.possible) speechSynthesis.cancel();
  }
}
