// Counts down until a code may be sent again; the server keeps count as well.
"use strict";

const button = document.getElementById("resend");
let left = Number(button?.dataset.wait ?? 0);

if (left > 0) {
  const ready = button.textContent;
  const tick = () => {
    button.disabled = left > 0;
    button.textContent = left > 0 ? button.dataset.waiting.replace("{seconds}", String(left)) : ready;
    left -= 1;
    if (button.disabled) {
      setTimeout(tick, 1000);
    }
  };
  tick();
}
