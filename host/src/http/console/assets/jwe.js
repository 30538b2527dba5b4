// JWE in compact form (RFC 7516) with ECDH-ES+A256KW and A256GCM (RFC 7518), for P-256 and
// X25519, on WebCrypto alone. What one JOSE library seals, another opens.

const ALGORITHM = "ECDH-ES+A256KW";
const ENCRYPTION = "A256GCM";
const text = new TextEncoder();

const crypto = globalThis.crypto;

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Bytes as base64url without padding. */
export function encoded(bytes) {
  let binary = "";
  for (const byte of new Uint8Array(bytes)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decoded(base64url) {
  if (!/^[A-Za-z0-9_-]*$/.test(base64url)) throw new Error("not base64url");
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function number(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

const counted = (bytes) => joined(number(bytes.length), bytes);

/** The curve of a JWK, as WebCrypto calls it. */
function curve(jwk) {
  if (jwk.kty === "EC" && jwk.crv === "P-256") return { name: "ECDH", namedCurve: "P-256" };
  if (jwk.kty === "OKP" && jwk.crv === "X25519") return { name: "X25519" };
  throw new Error("the key is on neither P-256 nor X25519");
}

/** The public members of a JWK. */
export function publicPart(jwk) {
  const { kty, crv, x, y } = jwk;
  return kty === "EC" ? { kty, crv, x, y } : { kty, crv, x };
}

/** A private key from its JWK, for `open`. */
export function privateKey(jwk, extractable = false) {
  const { kty, crv, x, y, d } = jwk;
  const members = kty === "EC" ? { kty, crv, x, y, d } : { kty, crv, x, d };
  return crypto.subtle.importKey("jwk", members, curve(jwk), extractable, ["deriveBits"]);
}

/** The key that wraps, from one party's private and the other's public key: Concat KDF
 *  (NIST SP 800-56A) over SHA-256, one round, since 256 bits are one digest. */
async function wrappingKey(own, other, apu, apv) {
  const theirs = await crypto.subtle.importKey("jwk", publicPart(other), curve(other), false, []);
  const shared = await crypto.subtle.deriveBits({ name: own.algorithm.name, public: theirs }, own, 256);
  const input = joined(
    number(1),
    new Uint8Array(shared),
    counted(text.encode(ALGORITHM)),
    counted(apu),
    counted(apv),
    number(256),
  );
  const key = await crypto.subtle.digest("SHA-256", input);
  return crypto.subtle.importKey("raw", key, "AES-KW", false, ["wrapKey", "unwrapKey"]);
}

/** Seals a text to a public JWK. */
export async function seal(recipient, plaintext) {
  const pair = await crypto.subtle.generateKey(curve(recipient), true, ["deriveBits"]);
  const epk = publicPart(await crypto.subtle.exportKey("jwk", pair.publicKey));
  const header = { alg: ALGORITHM, enc: ENCRYPTION, epk };
  if (typeof recipient.kid === "string") header.kid = recipient.kid;
  const head = encoded(text.encode(JSON.stringify(header)));

  const none = new Uint8Array();
  const wrapping = await wrappingKey(pair.privateKey, recipient, none, none);
  const content = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  const wrapped = await crypto.subtle.wrapKey("raw", content, wrapping, "AES-KW");

  const iv = crypto.getRandomValues(new Uint8Array(12));
  const how = { name: "AES-GCM", iv, additionalData: text.encode(head), tagLength: 128 };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(how, content, text.encode(plaintext)));
  const [ciphertext, tag] = [sealed.slice(0, -16), sealed.slice(-16)];
  return [head, ...[wrapped, iv, ciphertext, tag].map(encoded)].join(".");
}

/** The header of a JWE. */
export function headerOf(jwe) {
  return JSON.parse(new TextDecoder().decode(decoded(jwe.split(".")[0])));
}

/** Opens a JWE with a private CryptoKey; throws when it is not for it or was changed. */
export async function open(own, jwe) {
  const parts = jwe.split(".");
  if (parts.length !== 5) throw new Error("not a JWE in compact form");
  const header = headerOf(jwe);
  if (header.alg !== ALGORITHM || header.enc !== ENCRYPTION || "crit" in header || "zip" in header) {
    throw new Error(`sealed with ${header.alg} and ${header.enc}, which this page does not open`);
  }
  const [wrapped, iv, ciphertext, tag] = parts.slice(1).map(decoded);
  const information = (value) => (value === undefined ? new Uint8Array() : decoded(value));
  const wrapping = await wrappingKey(own, header.epk, information(header.apu), information(header.apv));
  const content = await crypto.subtle.unwrapKey(
    "raw", wrapped, wrapping, "AES-KW", { name: "AES-GCM" }, false, ["decrypt"],
  );
  const how = { name: "AES-GCM", iv, additionalData: text.encode(parts[0]), tagLength: 128 };
  const plain = await crypto.subtle.decrypt(how, content, joined(ciphertext, tag));
  return new TextDecoder("utf-8", { fatal: true }).decode(plain);
}
