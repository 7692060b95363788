// Shows and hides what is typed in a password field; without it the button stays hidden.
"use strict";

for (const button of document.querySelectorAll(".reveal")) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  const label = button.querySelector(".unseen");
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.dataset.shown = String(shown);
    label.textContent = shown ? button.dataset.hide : button.dataset.show;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus();
  });
  // A browser remembers only what was sent from a password field.
  input.form.addEventListener("submit", () => show(false));
}
