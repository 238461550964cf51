// Sealing: AES-GCM with a key per person and phone. The server keeps it and gives it at sign-in; here it lies as a key
// that cannot be taken out, and signing out deletes it. What it sealed stays.
import { all, change, get, put } from "./store.js";

/** Days after the last sign-in at which a phone locks itself. */
const UNLOCKED_DAYS = 3;
const DAY = 86400000;
const NAME = "name";
let here = null; // {person, name, key}

export const person = () => here?.person;
export const personName = () => here?.name;

export const toBase64 = (bytes) => {
  let text = "";
  for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte);
  return btoa(text);
};
export const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

export async function deviceId() {
  const row = await get("keep", "device");
  if (row) return row.value;
  const value = crypto.randomUUID ? crypto.randomUUID() : madeId();
  await put("keep", { name: "device", value });
  return value;
}

export const madeId = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return text.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
};

/** Whoever signed in last and did not sign out; null when the phone is locked. */
export async function resume() {
  const [row] = await all("keys");
  here = row && Date.now() < row.until ? { person: row.person, key: row.key, name: "" } : null;
  if (row && !here) await lock();
  if (here && row.sealed) here.name = await openValue(row.sealed, NAME);
  return here;
}

/** The key that the server gave: what this person sealed opens, anybody else's is locked. */
export async function unlock(id, name, base64) {
  const key = await crypto.subtle.importKey("raw", fromBase64(base64), "AES-GCM", false, ["encrypt", "decrypt"]);
  here = { person: id, name, key };
  const row = { person: id, key, until: Date.now() + UNLOCKED_DAYS * DAY, sealed: await seal(name, NAME) };
  await change(["keys"], (stores) => { stores.keys.clear(); stores.keys.put(row); });
}

/** Takes the key away; what is sealed stays and waits for the same person. */
export async function lock() {
  here = null;
  await change(["keys"], (stores) => { stores.keys.clear(); });
}

/** Bytes or a value, sealed; `name` is bound to it, so that one row's content cannot stand in another's place. */
export async function seal(content, name) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = content instanceof ArrayBuffer || ArrayBuffer.isView(content) ? content : new TextEncoder().encode(JSON.stringify(content));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(name) }, here.key, plain);
  return { iv, data };
}

export async function openBytes(sealed, name) {
  return crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv, additionalData: new TextEncoder().encode(name) }, here.key, sealed.data);
}

export const openValue = async (sealed, name) => JSON.parse(new TextDecoder().decode(await openBytes(sealed, name)));

export async function sha256(bytes) {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
