// What a camera wrote into a JPEG: when, where, which; read before scaling, because the scaled picture has none of it.
const NAMES = { 0x0110: "camera", 0x9003: "exif_time" };

export function exif(bytes) {
  try {
    return read(new DataView(bytes));
  } catch {
    return {}; // a picture with broken metadata is a picture all the same
  }
}

function read(view) {
  if (view.getUint16(0) !== 0xffd8) return {};
  let at = 2;
  while (at + 4 < view.byteLength) {
    const marker = view.getUint16(at);
    const size = view.getUint16(at + 2);
    if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return tiff(view, at + 10);
    if ((marker & 0xff00) !== 0xff00 || marker === 0xffda) return {};
    at += 2 + size;
  }
  return {};
}

function tiff(view, start) {
  const little = view.getUint16(start) === 0x4949;
  const u16 = (at) => view.getUint16(start + at, little);
  const u32 = (at) => view.getUint32(start + at, little);
  const text = (at, length) => {
    let out = "";
    for (let i = 0; i < length; i += 1) { const code = view.getUint8(start + at + i); if (!code) break; out += String.fromCharCode(code); }
    return out.trim();
  };
  const ratio = (at) => (u32(at + 4) ? u32(at) / u32(at + 4) : 0);
  const found = {};
  const degrees = {};
  const walk = (at, gps) => {
    for (let n = u16(at), i = 0; i < n; i += 1) {
      const entry = at + 2 + i * 12;
      const tag = u16(entry);
      const count = u32(entry + 4);
      const place = u16(entry + 2) === 2 && count <= 4 ? entry + 8 : u32(entry + 8);
      if (gps) {
        if (tag === 1 || tag === 3) degrees[tag] = text(entry + 8, 1);
        if (tag === 2 || tag === 4) degrees[tag] = ratio(place) + ratio(place + 8) / 60 + ratio(place + 16) / 3600;
      } else if (NAMES[tag]) found[NAMES[tag]] = text(place, Math.min(count, 80));
      else if (tag === 0x8769) walk(u32(entry + 8), false);
      else if (tag === 0x8825) walk(u32(entry + 8), true);
    }
  };
  walk(u32(4), false);
  if (degrees[2] !== undefined && degrees[4] !== undefined) {
    found.exif_latitude = ((degrees[1] === "S" ? -1 : 1) * degrees[2]).toFixed(6);
    found.exif_longitude = ((degrees[3] === "W" ? -1 : 1) * degrees[4]).toFixed(6);
  }
  return found;
}
