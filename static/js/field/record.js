// The one version that both sides sign: the same bytes give the same hash on every phone.
import * as log from "./log.js";
import * as sealing from "./seal.js";

/** Canonical JSON: keys in order, nothing between. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  return JSON.stringify(value);
}

const photosOf = (found, item) => {
  const taken = log.operations(found.id).filter((row) => row.item === item);
  const gone = new Set(taken.filter((row) => row.kind === "unphoto").map((row) => row.payload.sha256));
  const mine = taken.filter((row) => row.kind === "photo").map((row) => row.payload.sha256);
  return [...new Set([...(found.photos?.[item] || []), ...mine])].filter((digest) => !gone.has(digest)).sort();
};
const voicesOf = (found, item) => log.operations(found.id).filter((row) => row.item === item && row.kind === "voice").map((row) => row.payload.sha256).sort();

/** The record as this phone sees it now; text and SHA-256. */
export async function recordOf(found, { present, objection, summary, without }) {
  const record = {
    format: "shanyu-visit-1",
    number: found.number,
    facility: found.facility.code,
    team: found.team.map((one) => one.code),
    lists: found.lists.map((list) => ({ name: list.name, number: list.number, version: list.version })),
    answers: log.itemsOf(found).map((item) => {
      const answer = log.answerOf(found, item.id);
      return { item: item.id, key: item.key, value: answer.value, note: answer.note.trim(), mended: Boolean(answer.mended && answer.value === "bad"), photos: photosOf(found, item.id), voices: voicesOf(found, item.id) };
    }),
    present: present.trim(), objection: objection.trim(), summary: summary.trim(), without: without.trim(),
  };
  const content = canonical(record);
  return { content, sha256: await sealing.sha256(new TextEncoder().encode(content)) };
}

/** What a phone has done so far of a visit, as a count and a hash. */
export async function partOf(id) {
  const rows = log.operations(id);
  const lines = rows.map((row) => `${row.sequence} ${row.uuid}`).join("\n");
  return { count: rows.length, sha256: await sealing.sha256(new TextEncoder().encode(lines)) };
}
