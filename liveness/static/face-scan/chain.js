// What makes a batch of pictures this scan's own: a key that cannot leave, a chain, a signature.

const ASCII = new TextEncoder();
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNED = { name: "ECDSA", hash: "SHA-256" };
const LABEL = "manyou-face-1\n";

export const TYPE = "application/vnd.manyou.frames";

const digest = async (octets) => new Uint8Array(await crypto.subtle.digest("SHA-256", octets));
const hex = (octets) => Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
const base64url = (octets) =>
  btoa(String.fromCharCode(...octets)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const uint32 = (number) => {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, number);
  return octets;
};

const join = (...parts) => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

export const newKey = () => crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);

/** Return the public half as the members of a JWK that name it (RFC 7518 §6.2.1). */
export const publicKey = async ({ publicKey }) => {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  return { kty, crv, x, y };
};

export const firstLink = (scan, nonce) => digest(ASCII.encode(`${LABEL}${scan}\n${nonce}`));

/** Return the chain's head after *frames*, each {octets, at}. */
export const extend = async (head, frames) => {
  for (const { octets, at } of frames) head = await digest(join(head, await digest(octets), uint32(at)));
  return head;
};

/**
 * Return the octets of a batch.
 *
 * *rest* is the rest frame that is sent again in front, or null; *frames* are the new ones, which
 * *head* already covers.
 */
export const pack = async ({ key, scan, version, head, rest, frames, parcel, hints }) => {
  const end = hex(head);
  const signature = await crypto.subtle.sign(
    SIGNED,
    key.privateKey,
    ASCII.encode(`${LABEL}${scan}\n${version}\n${end}`),
  );
  const sent = rest ? [rest, ...frames] : frames;
  const told = ASCII.encode(
    JSON.stringify({
      version,
      frames: sent.map(({ octets, at, media }) => ({ size: octets.length, at, media })),
      rest: Boolean(rest),
      head: end,
      signature: base64url(new Uint8Array(signature)),
      parcel,
      hints,
    }),
  );
  return join(uint32(told.length), told, ...sent.map(({ octets }) => octets));
};
