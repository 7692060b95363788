// What our own page does with what the component tells: it goes where the provider says.

const SEEN = 1800; // milliseconds to read that it worked

const scan = document.querySelector("face-scan");
const go = (path) => location.assign(new URL(path, location.href));

scan.addEventListener("passed", ({ detail }) => setTimeout(() => go(detail.next || location.href), SEEN));
scan.addEventListener("again", ({ detail }) => go(detail.next || scan.dataset.again || location.pathname + location.search));
scan.addEventListener("anotherway", () => go(scan.dataset.anotherWay));
