// Asks how the code stands, and shows the page anew when something happened to it.
"use strict";

const scan = document.getElementById("scan");
const FAILED = 5;

const ask = async () => {
  let wait = FAILED;
  try {
    const answer = await fetch(`${scan.dataset.ask}?seen=${scan.dataset.state}`, { cache: "no-store" });
    if (answer.ok) {
      const told = await answer.json();
      if (told.state !== scan.dataset.state) {
        location.reload();
        return;
      }
      wait = told.again_in;
    } else if (answer.status === 404) {
      return;
    }
  } catch {
    // No connection just now: the next question will tell.
  }
  setTimeout(ask, wait * 1000);
};

setTimeout(ask, 500);
