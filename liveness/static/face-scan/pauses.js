// Waiting that can be broken off.

/** Wait *ms*; reject with the signal's reason as soon as it is aborted. */
export const pause = (ms, signal) =>
  new Promise((resolve, reject) => {
    const leave = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", leave);
      resolve();
    }, ms);
    signal.aborted ? leave() : signal.addEventListener("abort", leave, { once: true });
  });
