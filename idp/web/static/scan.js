// Asks how the code stands, and shows the page anew when something happened to it.
"use strict";

const scan = document.getElementById("scan");
const FAILED = 5;
let left = -Infinity;

// Whoever is already on the way to another page is not called back to this one.
addEventListener("beforeunload", () => {
  left = performance.now();
});
const isLeaving = () => performance.now() - left < FAILED * 1000;

const ask = async () => {
  let wait = FAILED;
  try {
    const answer = await fetch(`${scan.dataset.ask}?seen=${scan.dataset.state}`, { cache: "no-store" });
    if (answer.ok) {
      const told = await answer.json();
      if (told.state === scan.dataset.state) {
        wait = told.again_in;
      } else if (!isLeaving()) {
        location.reload();
        return;
      }
    } else if (answer.status === 404) {
      return;
    }
  } catch {
    // No connection just now: the next question will tell.
  }
  setTimeout(ask, wait * 1000);
};

setTimeout(ask, 500);
