// Keys of this browser, by party: made here, kept in IndexedDB, saved to a file and brought
// back from one. The newest is sealed to; all of them open. None is ever sent.

import { encoded, headerOf, open as openWith, privateKey, publicPart } from "./jwe.js";

const DATABASE = "assay";
const STORE = "keys";

function finished(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function database() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "party" });
  return finished(request);
}

/** The keys of a party, newest first: `{ thumbprint, publicKey, privateKey }` each. */
export async function held(party) {
  const db = await database();
  const row = await finished(db.transaction(STORE).objectStore(STORE).get(party));
  db.close();
  return row?.keys ?? [];
}

async function keep(party, added) {
  const before = await held(party);
  const keys = [...added, ...before.filter((old) => !added.some((one) => one.thumbprint === old.thumbprint))];
  const db = await database();
  await finished(db.transaction(STORE, "readwrite").objectStore(STORE).put({ party, keys }));
  db.close();
  return keys;
}

/** The thumbprint of a public key (RFC 7638), by which two of them are compared. */
export async function thumbprint(jwk) {
  const { kty, crv, x, y } = jwk;
  const members = kty === "EC" ? { crv, kty, x, y } : { crv, kty, x };
  return encoded(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(members))));
}

async function entry(jwk) {
  if (jwk?.kty !== "EC" || jwk.crv !== "P-256" || typeof jwk.d !== "string") {
    throw new Error("The file holds no private key on P-256.");
  }
  const kid = await thumbprint(jwk);
  // Extractable, so that it can be saved to a file again.
  return { thumbprint: kid, publicKey: { ...publicPart(jwk), kid }, privateKey: await privateKey(jwk, true) };
}

/** Makes a key and keeps it. */
export async function make(party) {
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  return keep(party, [await entry(await crypto.subtle.exportKey("jwk", pair.privateKey))]);
}

/** All keys of a party as a JWK Set, for a file. */
export async function exported(party) {
  const keys = [];
  for (const one of await held(party)) {
    const { kty, crv, x, y, d } = await crypto.subtle.exportKey("jwk", one.privateKey);
    keys.push({ kty, crv, x, y, d, kid: one.thumbprint, use: "enc" });
  }
  return JSON.stringify({ keys }, null, 2);
}

/** Keeps the keys of a file: a JWK, or a set of them. */
export async function imported(party, file) {
  let given;
  try {
    given = JSON.parse(file);
  } catch {
    throw new Error("The file is not JSON.");
  }
  const added = [];
  for (const jwk of Array.isArray(given?.keys) ? given.keys : [given]) added.push(await entry(jwk));
  if (added.length === 0) throw new Error("The file holds no key.");
  return keep(party, added);
}

/** Opens a JWE with whichever key of the party it is for. */
export async function opened(party, jwe) {
  const keys = await held(party);
  const { kid } = headerOf(jwe);
  const named = keys.filter((key) => key.thumbprint === kid);
  for (const key of named.length > 0 ? named : keys) {
    try {
      return await openWith(key.privateKey, jwe);
    } catch {
      // Another one may fit.
    }
  }
  throw new Error("No key in this browser opens it.");
}

/** What a protected field holds: the `value` of its JSON, or the text itself. */
export function valueOf(plaintext) {
  try {
    const { value } = JSON.parse(plaintext);
    if (typeof value === "string") return value;
  } catch {
    // It is a text of somebody's own.
  }
  return plaintext;
}
