// Everything that waits, as a file: sealed as it lies here, whoever's it is. A member of the team brings it in at a desk.
import { all } from "./store.js";
import * as sealing from "./seal.js";
import { setting } from "./page.js";

const packed = (sealed) => ({ iv: sealing.toBase64(sealed.iv), data: sealing.toBase64(sealed.data) });

/** Lines of JSON: a head, then each operation and each file that has not wholly gone up. */
export async function lines() {
  const device = await sealing.deviceId();
  const out = [JSON.stringify({ shanyu_field: 1, district: setting.district, device, saved_at: new Date().toISOString() })];
  for (const row of await all("operations")) {
    if (row.district !== setting.district || row.state !== "here") continue;
    out.push(JSON.stringify({ operation: row.uuid, person: row.person, visit: row.visit, sequence: row.sequence, kind: row.kind, ...packed(row.sealed) }));
  }
  for (const row of await all("files")) {
    if (row.district !== setting.district || row.done || row.draft || !row.sealed) continue;
    out.push(JSON.stringify({ file: row.id, person: row.person, visit: row.visit, sha256: row.sha256, size: row.size, ...packed(row.sealed) }));
  }
  return out;
}

export async function saveFile() {
  const body = new Blob([(await lines()).join("\n")], { type: "application/x-ndjson" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(body);
  link.download = `shanyu-${setting.district}-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, "-")}.ndjson`;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
