// Keys that this browser keeps for people who registered it: made here, never readable, only used.
// Without them, or without scripts, every page that knows them offers another way.

const encode = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const HASH = { name: "ECDSA", hash: "SHA-256" };
const MOST = 8; // keys that one browser answers with

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("manyou", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("device-keys", { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function store(mode, act) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction("device-keys", mode);
      const asked = act(transaction.objectStore("device-keys"));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

async function keys() {
  try {
    return await store("readonly", (kept) => kept.getAll());
  } catch {
    return []; // private windows of some browsers keep nothing
  }
}

// A button called "submit" would stand in the way of the method of that name.
const send = (form) => HTMLFormElement.prototype.submit.call(form);

async function signature(key, message) {
  return encode(await crypto.subtle.sign(HASH, key, new TextEncoder().encode(message)));
}

async function answer(form, kept) {
  const newest = kept.sort((a, b) => b.made - a.made).slice(0, MOST);
  const words = await Promise.all(
    newest.map(async ({ id, key }) => `${id}.${await signature(key, form.dataset.deviceAnswer)}`),
  );
  form.elements.answers.value = words.join(" ");
  send(form);
}

async function register(form) {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(CURVE, false, ["sign"]);
  const point = await crypto.subtle.exportKey("raw", publicKey);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", point)).slice(0, 16);
  const id = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  form.elements.public_key.value = encode(point);
  form.elements.signature.value = await signature(privateKey, form.dataset.deviceRegister);
  await store("readwrite", (kept) => kept.put({ id, key: privateKey, made: Date.now() }));
  send(form);
}

function show(selector, shown) {
  for (const part of document.querySelectorAll(selector)) part.hidden = !shown;
}

function offerRegistration() {
  const able = Boolean(globalThis.isSecureContext && crypto.subtle && globalThis.indexedDB);
  show("[data-device-able]", able);
  show("[data-device-unable]", !able);
  for (const form of document.querySelectorAll("[data-device-register]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      form.querySelector("button").disabled = true;
      register(form).catch(() => {
        show("[data-device-able]", false);
        show("[data-device-unable]", true);
      });
    });
  }
}

async function start() {
  offerRegistration();
  const kept = await keys();
  if (kept.length === 0) return;
  show("[data-device-only]", true);
  show("[data-device-missing]", false);
  for (const form of document.querySelectorAll("form[data-device-hint]")) {
    form.elements.device.value = "1";
  }
  for (const { id } of kept) {
    show(`[data-device-here="${id}"]`, true);
    for (const form of document.querySelectorAll(`form[data-device-forget="${id}"]`)) {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        store("readwrite", (all) => all.delete(id)).finally(() => send(form));
      });
    }
  }
  const asked = document.querySelector("form[data-device-answer]");
  if (asked) await answer(asked, kept);
}

start();
