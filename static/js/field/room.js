// Room on the phone: asked before a picture is taken, so that none is taken that could not be kept. What the browser
// estimates is a guess (some say ten gigabytes to everybody), so as much as a picture needs is written and taken away.
import { change } from "./store.js";

const A_PICTURE = 3 * 1024 * 1024;
const AT_A_TIME = 65536;

/** Whether there is room for one more picture or voice. */
export async function room() {
  const estimate = await navigator.storage?.estimate?.().catch(() => null);
  if (estimate?.quota && estimate.quota - estimate.usage < A_PICTURE) return false;
  const bytes = new Uint8Array(A_PICTURE);
  for (let at = 0; at < A_PICTURE; at += AT_A_TIME) crypto.getRandomValues(bytes.subarray(at, at + AT_A_TIME));
  try {
    await change(["keep"], (stores) => { stores.keep.put({ name: "room", value: bytes }); });
    await change(["keep"], (stores) => { stores.keep.delete("room"); });
    return true;
  } catch {
    return false;
  }
}
