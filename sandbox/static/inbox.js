// Shows new messages as they arrive: the list is fetched anew, and the reader's place is kept.
const look = async () => {
  try {
    const answer = await fetch(window.location.href, { cache: "no-store" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = document.querySelector(".inbox");
    const next = page.querySelector(".inbox");
    if (now && next && now.textContent !== next.textContent) now.replaceWith(next);
  } catch {
    // The phone is away for a moment; look again next time.
  }
};
window.setInterval(look, 2000);
