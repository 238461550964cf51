// What lies on the phone: IndexedDB, written through to the disk before a promise is kept.
const NAME = "shanyu-field";
const STORES = {
  keep: { keyPath: "name" }, // device, who is here, counters; sealed, what is not finished
  keys: { keyPath: "person" }, // the key of who is signed in; the browser never gives its bytes away
  days: { keyPath: "id" }, // what was taken along, sealed
  passes: { keyPath: "id" }, // what a visit's operations are sent with, sealed
  operations: { keyPath: "uuid" }, // the log; sealed, with what is needed to send it
  files: { keyPath: "id" }, // photographs, voices, signatures; sealed
};
let opened = null;

function open() {
  opened ||= new Promise((done, fail) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      for (const [name, options] of Object.entries(STORES)) asked.result.createObjectStore(name, options);
    };
    asked.onsuccess = () => {
      asked.result.onversionchange = () => { asked.result.close(); opened = null; };
      done(asked.result);
    };
    asked.onerror = () => fail(asked.error);
    asked.onblocked = () => fail(new Error("blocked"));
  });
  return opened;
}

/** One transaction over some stores: `work(stores)` asks, the promise is kept when all of it is on the disk. */
export async function change(names, work) {
  const base = await open();
  return new Promise((done, fail) => {
    const transaction = base.transaction(names, "readwrite", { durability: "strict" });
    const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
    let result;
    transaction.oncomplete = () => done(result);
    transaction.onerror = () => fail(transaction.error);
    transaction.onabort = () => fail(transaction.error || new DOMException("aborted", "QuotaExceededError"));
    work(stores, (value) => { result = value; });
  });
}

async function asked(name, make) {
  const base = await open();
  return new Promise((done, fail) => {
    const request = make(base.transaction(name).objectStore(name));
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

export const get = (name, key) => asked(name, (store) => store.get(key));
export const all = (name) => asked(name, (store) => store.getAll());
export const names = (name, range) => asked(name, (store) => store.getAllKeys(range));
export const put = (name, row) => change([name], (stores) => { stores[name].put(row); });
export const remove = (name, key) => change([name], (stores) => { stores[name].delete(key); });
