// Notices that the provider has signed this browser out: the page then shows itself anew.
const ask = async () => {
  try {
    const answer = await fetch("/session.json", { cache: "no-store" });
    if (answer.ok && !(await answer.json()).signed_in) {
      window.location.assign("/");
    }
  } catch {
    // The site is away for a moment; ask again next time.
  }
};
window.setInterval(ask, 2500);
