// What is not finished: a note that is being spoken, a signature that is being drawn, the words of the end. Each lies
// sealed on the phone from the first moment, so that a closed browser or a flat battery takes nothing of it.
import { change, get, names } from "./store.js";
import * as sealing from "./seal.js";
import { setting } from "./page.js";

const all = () => `draft:${setting.district}:${sealing.person()}:`;
const nameOf = (visit, what) => `${all()}${visit}:${what}`;
const below = (name) => IDBKeyRange.bound(name, `${name}\uffff`);

let known = new Set();
const pending = new Map(); // what is still on its way to the disk: the newest value of each name
let line = Promise.resolve();

export async function load() {
  known = new Set(await names("keep", below(all())));
}

/** Keeps a value or bytes under a name; asked again before it is written, only the newest is. */
export function keep(visit, what, content) {
  const name = nameOf(visit, what);
  const waits = pending.has(name);
  pending.set(name, content);
  known.add(name);
  if (!waits) {
    line = line.catch(() => {}).then(async () => {
      while (pending.has(name)) {
        const value = pending.get(name);
        const row = { name, bytes: value instanceof ArrayBuffer, sealed: await sealing.seal(value, name) };
        if (!pending.has(name)) return;
        await change(["keep"], (stores) => { stores.keep.put(row); });
        if (pending.get(name) === value) pending.delete(name);
      }
    });
    const mine = line;
    mine.catch(() => pending.delete(name));
  }
  return line;
}

export async function of(visit, what) {
  const name = nameOf(visit, what);
  if (pending.has(name)) return pending.get(name);
  const row = await get("keep", name);
  if (!row) return null;
  return row.bytes ? sealing.openBytes(row.sealed, name) : sealing.openValue(row.sealed, name);
}

/** The names that begin so, in order, without what stands before them. */
export const listed = (visit, what) => [...known].filter((name) => name.startsWith(nameOf(visit, what))).sort().map((name) => name.slice(nameOf(visit, "").length));

/** The visits of this person that have a draft here, whether they are still on the list or not. */
export const visits = () => [...new Set([...known].map((name) => Number(name.slice(all().length).split(":")[0])))];

/** For a change of the store that ends drafts: deletes all whose name begins so, and forgets them once it is done. */
export function ending(visit, what) {
  const start = nameOf(visit, what);
  for (const name of [...pending.keys()]) if (name.startsWith(start)) pending.delete(name);
  return {
    written: line.catch(() => {}),
    within: (stores) => { stores.keep.delete(below(start)); },
    done: () => { for (const name of [...known]) if (name.startsWith(start)) known.delete(name); },
  };
}

export async function drop(visit, what) {
  const end = ending(visit, what);
  await end.written;
  await change(["keep"], end.within);
  end.done();
}
