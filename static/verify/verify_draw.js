// Re-computes one published draw (双随机) of protocol shuangsuiji-1 from its evidence file alone, in the browser.
//
// verify(bytes, published) asks nothing of any server: WebCrypto does the hashing, everything else is below. Written
// from the protocol's text like verify_draw.py, and names what differs by the same names. The second half fills the
// page in which it stands; the page can be saved as one file and works from disk.

const FROZEN = [
  "protocol", "district", "scheme", "year", "month", "anchor", "rates_permille", "team_size", "objects", "capped",
  "inspectors", "replaces",
];
const DRAWN = ["frozen_sha256", "link_index", "link", "entropy", "seed", "results"];
const LONGEST_NUMBER = 4000;
const utf8 = new TextEncoder();

class Differs extends Error {
  constructor(name, zh, en) {
    super(name);
    Object.assign(this, { name, zh, en });
  }
}

// ---- The file: JSON by the letter, so that a number that is no integer or a key that stands twice is seen

function readJson(bytes) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Differs("file", "不是 UTF-8 文本", "is not UTF-8");
  }
  const wrong = () => new Differs("file", "不是 JSON", "is not JSON");
  let at = 0;
  const blank = () => {
    while (at < text.length && " \t\n\r".includes(text[at])) at += 1;
  };
  const number = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
  const plain = /[^"\\\u0000-\u001f]*/y;
  const escapes = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

  function string() {
    let value = "";
    at += 1;
    for (;;) {
      plain.lastIndex = at;
      value += plain.exec(text)[0];
      at = plain.lastIndex;
      const next = text[at];
      if (next === '"') {
        at += 1;
        return value;
      }
      if (next !== "\\") throw wrong();
      const letter = text[at + 1];
      if (letter === "u") {
        const digits = text.slice(at + 2, at + 6);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw wrong();
        value += String.fromCharCode(parseInt(digits, 16));
        at += 6;
      } else if (letter !== undefined && Object.hasOwn(escapes, letter)) {
        value += escapes[letter];
        at += 2;
      } else throw wrong();
    }
  }

  function value() {
    const first = text[at];
    if (first === '"') return string();
    if (first === "{") {
      const pairs = new Map();
      let count = 0;
      at += 1;
      blank();
      if (text[at] === "}") {
        at += 1;
        return pairs;
      }
      for (;;) {
        blank();
        if (text[at] !== '"') throw wrong();
        const key = string();
        blank();
        if (text[at] !== ":") throw wrong();
        at += 1;
        blank();
        pairs.set(key, value());
        count += 1;
        blank();
        if (text[at] === "}") break;
        if (text[at] !== ",") throw wrong();
        at += 1;
      }
      at += 1;
      if (pairs.size !== count) throw new Differs("json", "同一个键出现两次", "a key stands twice");
      return pairs;
    }
    if (first === "[") {
      const items = [];
      at += 1;
      blank();
      if (text[at] === "]") {
        at += 1;
        return items;
      }
      for (;;) {
        blank();
        items.push(value());
        blank();
        if (text[at] === "]") break;
        if (text[at] !== ",") throw wrong();
        at += 1;
      }
      at += 1;
      return items;
    }
    for (const [word, meaning] of [["true", true], ["false", false], ["null", null]]) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return meaning;
      }
    }
    for (const word of ["NaN", "Infinity", "-Infinity"]) {
      if (text.startsWith(word, at)) throw new Differs("json", "协议只用整数", "a number that is no integer");
    }
    number.lastIndex = at;
    const found = number.exec(text);
    if (!found) throw wrong();
    at = number.lastIndex;
    if (found[1] || found[2]) throw new Differs("json", "协议只用整数", "a number that is no integer");
    if (found[0].length > LONGEST_NUMBER) {
      throw new Differs("json", "数字过长", "a number of too many digits");
    }
    const whole = Number(found[0]);
    return Number.isSafeInteger(whole) ? whole : BigInt(found[0]);
  }

  blank();
  let read;
  try {
    read = value();
  } catch (error) {
    if (error instanceof RangeError) throw new Differs("file", "嵌套过深", "is nested too deeply");
    throw error;
  }
  blank();
  if (at !== text.length) throw wrong();
  if (!(read instanceof Map)) throw new Differs("file", "不是抽取证据", "is no evidence of a draw");
  return read;
}

// By code points, not by the 16-bit units that JavaScript compares.
function byCodePoint(a, b) {
  const left = [...a];
  const right = [...b];
  for (let n = 0; n < Math.min(left.length, right.length); n += 1) {
    if (left[n] !== right[n]) return left[n].codePointAt(0) - right[n].codePointAt(0);
  }
  return left.length - right.length;
}

function toCanonical(value) {
  if (value === true) return "true";
  if (value === false) return "false";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "string") {
    // eslint-disable-next-line no-control-regex
    if (/[\u0000-\u001f\u007f-\u009f]/.test(value)) {
      throw new Differs("json", "含有控制字符", "a control character occurs");
    }
    if (/\p{Surrogate}/u.test(value)) throw new Differs("json", "含有半个代理对", "half of a surrogate pair");
    return '"' + value.replaceAll("\\", "\\\\").replaceAll('"', '\\"') + '"';
  }
  if (Array.isArray(value)) return "[" + value.map(toCanonical).join(",") + "]";
  if (value instanceof Map) {
    const keys = [...value.keys()].sort(byCodePoint);
    return "{" + keys.map((key) => toCanonical(key) + ":" + toCanonical(value.get(key))).join(",") + "}";
  }
  throw new Differs("json", "协议不用 null", "null has no place here");
}

function canonicalBytes(value) {
  try {
    return utf8.encode(toCanonical(value));
  } catch (error) {
    if (error instanceof RangeError) throw new Differs("file", "嵌套过深", "is nested too deeply");
    throw error;
  }
}

// ---- Its shape

function must(condition, name, zh, en) {
  if (!condition) throw new Differs(name, zh, en);
}

function mustHave(value, keys, name) {
  must(value instanceof Map, name, "不是对象", "is no object");
  for (const key of keys) must(value.has(key), name ? `${name}.${key}` : key, "缺少", "is missing");
}

function mustBeExactly(value, keys, name) {
  mustHave(value, keys, name);
  must(value.size === keys.length, name, "有协议之外的键", "has a key that the protocol does not know");
}

const isInteger = (value, low, high) => typeof value === "number" && low <= value && value <= high;
const isHash = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);

function mustBeHash(value, name) {
  must(isHash(value), name, "不是 64 位小写十六进制", "is no SHA-256 in lower-case hex");
}

function mustBeCode(value, name) {
  must(
    typeof value === "string" && /^[A-Za-z0-9-]+$/.test(value),
    name, "不是由字母、数字、连字符组成的公开代码", "is no public code of letters, digits and hyphens",
  );
}

function mustBeList(value, name) {
  must(Array.isArray(value), name, "不是列表", "is no list");
}

function mustBeSortedCodes(values, name) {
  mustBeList(values, name);
  values.forEach((value, n) => {
    mustBeCode(value, `${name}[${n}]`);
    must(
      n === 0 || values[n - 1] < value,
      `${name}[${n}]`, "未按码位排序或重复", "is out of code-point order, or stands twice",
    );
  });
}

function mustBeLine(value, name) {
  must(typeof value === "string" && value !== "", name, "为空", "is missing");
  must([...value].length <= 200, name, "超过 200 个字符", "has more than 200 characters");
  must(value === value.trim(), name, "首尾有空白", "is not trimmed");
  must(!/[\u2028\u2029]/.test(value), name, "不是一行", "is more than one line");
}

function checkFrozen(e) {
  const get = (key) => e.get(key);
  must(get("protocol") === "shuangsuiji-1", "protocol", "不是 shuangsuiji-1", "is not shuangsuiji-1");
  mustBeCode(get("district"), "district");
  mustBeCode(get("scheme"), "scheme");
  must(isInteger(get("year"), 1000, 9999), "year", "不是年份", "is no year");
  must(isInteger(get("month"), 1, 12), "month", "不是 1 到 12", "is not 1 to 12");
  mustBeHash(get("anchor"), "anchor");
  mustBeExactly(get("rates_permille"), ["A", "B", "C", "D"], "rates_permille");
  for (const grade of "ABCD") {
    const rate = get("rates_permille").get(grade);
    must(isInteger(rate, 0, 1000), `rates_permille.${grade}`, "不是 0 到 1000", "is not 0 to 1000");
  }
  must(isInteger(get("team_size"), 2, 1e6), "team_size", "少于两人", "is less than two");
  mustBeList(get("objects"), "objects");
  get("objects").forEach((item, n) => {
    const name = `objects[${n}]`;
    mustBeExactly(item, ["id", "street", "grade", "visited"], name);
    mustBeCode(item.get("street"), `${name}.street`);
    must(["A", "B", "C", "D"].includes(item.get("grade")), `${name}.grade`, "不是 A 到 D", "is not A to D");
    must(typeof item.get("visited") === "boolean", `${name}.visited`, "不是真或假", "is not true or false");
  });
  const ids = get("objects").map((item) => item.get("id"));
  mustBeSortedCodes(ids, "objects");
  mustBeSortedCodes(get("capped"), "capped");
  const known = new Set(ids);
  must(
    !get("capped").some((one) => known.has(one)),
    "capped", "达到上限的机构仍在抽取对象中", "a capped facility is among the objects",
  );
  mustBeList(get("inspectors"), "inspectors");
  get("inspectors").forEach((row, n) => {
    const name = `inspectors[${n}]`;
    mustBeExactly(row, ["id", "unit", "streets", "recused"], name);
    mustBeCode(row.get("unit"), `${name}.unit`);
    mustBeSortedCodes(row.get("streets"), `${name}.streets`);
    mustBeSortedCodes(row.get("recused"), `${name}.recused`);
  });
  mustBeSortedCodes(get("inspectors").map((row) => row.get("id")), "inspectors");
  if (get("replaces") !== "") mustBeHash(get("replaces"), "replaces");
}

function checkDrawn(e) {
  mustBeHash(e.get("frozen_sha256"), "frozen_sha256");
  must(isInteger(e.get("link_index"), 0, 12), "link_index", "不是 0 到 12", "is not 0 to 12");
  mustBeHash(e.get("link"), "link");
  mustBeHash(e.get("seed"), "seed");
  const entropy = e.get("entropy");
  mustBeExactly(entropy, ["source", "value"], "entropy");
  mustBeLine(entropy.get("source"), "entropy.source");
  mustBeLine(entropy.get("value"), "entropy.value");
  if (entropy.get("source") === "chained") {
    mustBeHash(entropy.get("value"), "entropy.value");
    must(e.get("replaces") === "", "entropy.source", "重新抽取不得链式", "a replacing draw is never chained");
  }
  mustBeList(e.get("results"), "results");
  e.get("results").forEach((result, n) => {
    const name = `results[${n}]`;
    mustBeExactly(result, ["object", "inspectors"], name);
    mustBeCode(result.get("object"), `${name}.object`);
    mustBeList(result.get("inspectors"), `${name}.inspectors`);
    result.get("inspectors").forEach((one) => mustBeCode(one, `${name}.inspectors`));
  });
}

// ---- The draw

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const digest = (bytes) => crypto.subtle.digest("SHA-256", bytes);
export const sha256 = async (bytes) => hex(await digest(bytes));

function compare(a, b) {
  for (let n = 0; n < a.length; n += 1) {
    if (a[n] < b[n]) return -1;
    if (a[n] > b[n]) return 1;
  }
  return 0;
}

async function recompute(e, seed) {
  const key = await crypto.subtle.importKey("raw", seed, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const ticket = async (...parts) => hex(await crypto.subtle.sign("HMAC", key, utf8.encode(parts.join("\n"))));
  const below = (drawn, n, d) => BigInt("0x" + drawn.slice(0, 16)) * BigInt(d) < (BigInt(n) << 64n);

  const left = 13 - e.get("month");
  const rates = e.get("rates_permille");
  const items = await Promise.all(
    e.get("objects").map(async (item) => {
      const id = item.get("id");
      const again = item.get("visited") ? await ticket("again", id) : "";
      return { id, street: item.get("street"), grade: item.get("grade"), again, ticket: await ticket("object", id) };
    }),
  );
  const order = (a, b) => compare([a.ticket, a.id], [b.ticket, b.id]);
  const streets = new Map();
  for (const item of items) {
    if (!streets.has(item.street)) streets.set(item.street, []);
    streets.get(item.street).push(item);
  }
  const drawn = [];
  for (const [street, here] of streets) {
    here.sort(order);
    const due = here.filter((item) => !item.again);
    const extra = below(await ticket("round", street), due.length % left, left) ? 1 : 0;
    const taken = due.slice(0, Math.floor(due.length / left) + extra);
    for (const item of here) {
      if (item.again && below(item.again, rates.get(item.grade), 1000)) taken.push(item);
    }
    drawn.push(...(taken.length ? taken : here.slice(0, 1)));
  }
  drawn.sort(order);

  const given = new Map();
  const serving = new Map();
  for (const row of e.get("inspectors")) {
    const one = { id: row.get("id"), unit: row.get("unit"), recused: new Set(row.get("recused")) };
    given.set(one.id, 0);
    for (const street of row.get("streets")) {
      if (!serving.has(street)) serving.set(street, []);
      serving.get(street).push(one);
    }
  }
  const results = [];
  const size = e.get("team_size");
  for (const item of drawn) {
    const able = await Promise.all(
      (serving.get(item.street) ?? [])
        .filter((one) => !one.recused.has(item.id))
        .map(async (one) => ({ ...one, load: given.get(one.id), ticket: await ticket("inspector", item.id, one.id) })),
    );
    able.sort((a, b) => compare([a.load, a.ticket, a.id], [b.load, b.ticket, b.id]));
    const team = [];
    const units = new Set();
    for (const one of able) {
      if (team.length < size && !units.has(one.unit)) {
        team.push(one.id);
        units.add(one.unit);
      }
    }
    for (const one of able) {
      if (team.length < size && !team.includes(one.id)) team.push(one.id);
    }
    for (const id of team) given.set(id, given.get(id) + 1);
    results.push({ object: item.id, inspectors: team });
  }
  return results;
}

async function differences(e, computed) {
  const faults = [];
  const frozen = new Map(FROZEN.map((key) => [key, e.get(key)]));
  computed.frozen = await sha256(canonicalBytes(frozen));
  if (computed.frozen !== e.get("frozen_sha256")) {
    const sentence = "冻结内容的哈希应为 " + computed.frozen;
    faults.push(new Differs("frozen_sha256", sentence, "what was frozen hashes to " + computed.frozen));
  }
  if (e.get("link_index") !== e.get("month")) {
    faults.push(new Differs("link_index", "应等于月份", "is not the month"));
  }
  let value = fromHex(e.get("link"));
  for (let n = 0; n < e.get("month"); n += 1) value = new Uint8Array(await digest(value));
  computed.anchor = hex(value);
  if (computed.anchor !== e.get("anchor")) {
    const en = "hashed once per month it does not give the anchor";
    faults.push(new Differs("link", "逐次哈希得不到 anchor", en));
  }
  const parts = [utf8.encode("shuangsuiji-1\n"), fromHex(e.get("link")), utf8.encode("\n" + e.get("entropy").get("value"))];
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (joined.set(part, at), at + part.length), 0);
  const seed = new Uint8Array(await digest(joined));
  computed.seed = hex(seed);
  if (computed.seed !== e.get("seed")) {
    faults.push(new Differs("seed", "应为 " + computed.seed, "computes to " + computed.seed));
  }
  const ours = await recompute(e, seed);
  const theirs = e.get("results");
  if (ours.length !== theirs.length) {
    faults.push(
      new Differs(
        "results",
        `应有 ${ours.length} 条，文件有 ${theirs.length} 条`,
        `${ours.length} are drawn, the file has ${theirs.length}`,
      ),
    );
  }
  for (let n = 0; n < Math.min(ours.length, theirs.length); n += 1) {
    for (const key of ["object", "inspectors"]) {
      if (JSON.stringify(ours[n][key]) !== JSON.stringify(theirs[n].get(key))) {
        const text = key === "object" ? ours[n][key] : `[${ours[n][key].join(", ")}]`;
        faults.push(new Differs(`results[${n}].${key}`, "应为 " + text, "computes to " + text));
        return faults;
      }
    }
  }
  return faults;
}

// What differs, in the order of the protocol; `evidence` is the file as a Map, null where it cannot be read.
export async function verify(bytes, published = null) {
  const faults = [];
  const computed = { file: await sha256(bytes), frozen: "", anchor: "", seed: "" };
  let evidence = null;
  try {
    const e = readJson(bytes);
    const exact = canonicalBytes(e);
    if (exact.length !== bytes.length || exact.some((byte, n) => byte !== bytes[n])) {
      faults.push(new Differs("canonical", "不是规范 JSON 的原样字节", "is not exactly canonical JSON"));
    }
    mustHave(e, [...FROZEN, ...DRAWN], "");
    checkFrozen(e);
    checkDrawn(e);
    evidence = e;
    faults.push(...(await differences(e, computed)));
  } catch (error) {
    if (!(error instanceof Differs)) throw error;
    faults.push(error);
  }
  if (published !== null && computed.file !== published) {
    faults.push(
      new Differs("published_sha256", "文件的哈希是 " + computed.file, "the file hashes to " + computed.file),
    );
  }
  return { faults: faults.map(({ name, zh, en }) => ({ name, zh, en })), computed, evidence };
}

// ---- The page

const chinese = () => !document.documentElement.lang.startsWith("en");
const say = (zh, en) => (chinese() ? zh : en);

// What is shown: five steps of the protocol, then the file itself against what was public on the day of the draw.
function steps(found, told) {
  const { evidence, computed } = found;
  const wrong = (test) => found.faults.filter((fault) => test(fault.name));
  const mark = (faults, more = []) => [...faults.map((f) => `${f.name}: ${say(f.zh, f.en)}`), ...more];
  const read = evidence !== null;
  const list = [];
  const add = (zh, en, bad, facts, code) => list.push({ title: say(zh, en), bad, facts, code });
  if (!read) return [{ title: say("文件读不成证据", "The file is no evidence"), bad: mark(found.faults), facts: "", code: "" }];
  const month = evidence.get("month");
  const results = evidence.get("results");
  add(
    "全年的起点对得上", "The year's anchor agrees",
    mark(
      wrong((name) => name === "link" || name === "link_index"),
      told.anchor && told.anchor !== evidence.get("anchor")
        ? [say("不是年前公布的起点 ", "is not the anchor that was public: ") + told.anchor] : [],
    ),
    say(`${month} 月的环连算 ${month} 次，得到公布的起点`, `The link of month ${month}, hashed ${month} times, gives the anchor`),
    computed.anchor,
  );
  add(
    "名单没有换过", "The list is the one that was frozen",
    mark(
      wrong((name) => name === "frozen_sha256" || name === "canonical"),
      told.frozen && told.frozen !== computed.frozen
        ? [say("不是抽取前公布的指纹 ", "is not the hash that was public before: ") + told.frozen] : [],
    ),
    say(
      `${evidence.get("objects").length} 家机构，${evidence.get("inspectors").length} 名检查人员，和抽取前公布的指纹一样`,
      `${evidence.get("objects").length} facilities and ${evidence.get("inspectors").length} inspectors, as hashed before the draw`,
    ),
    computed.frozen,
  );
  add(
    "种子对得上", "The seed agrees", mark(wrong((name) => name === "seed")),
    say("由这个月的环和随机数算出", "Made from the month's link and the entropy"), computed.seed,
  );
  add(
    `${results.length} 家，逐家一致`, `${results.length} facilities, one by one`,
    mark(wrong((name) => name === "results" || name.endsWith(".object"))),
    say("各街镇的名额和先后顺序，全部重算", "Each street's share and the order, all re-computed"), "",
  );
  add(
    `${results.length} 个检查组一致`, `${results.length} teams`, mark(wrong((name) => name.endsWith(".inspectors"))),
    say("没有人查到应当回避的机构", "Nobody inspects where recused"), "",
  );
  const origin = wrong((name) => name === "published_sha256");
  add(
    told.file ? "文件就是抽取当天公布指纹的那一份" : "没有核对文件的来源",
    told.file ? "The file is the one whose hash was public on the day" : "The file's origin was not checked",
    mark(origin),
    told.file ? "" : say("填上抽取当天公布的指纹再算一遍", "Enter the hash that was public on the day"), computed.file,
  );
  return list;
}

function draw(root, found, told, seconds) {
  const list = steps(found, told);
  const good = list.every((step) => !step.bad.length);
  const verdict = root.querySelector("[data-verdict]");
  verdict.classList.toggle("bad", !good);
  verdict.classList.toggle("none", false);
  root.querySelector("[data-verdict-title]").textContent = good
    ? say("算出来一样", "It computes to the same") : say("有地方对不上", "Something differs");
  root.querySelector("[data-verdict-says]").textContent = say(
    `在这台设备上算，用时 ${seconds.toFixed(1)} 秒，没有联网`,
    `Computed on this device in ${seconds.toFixed(1)} s, without the network`,
  );
  for (const shape of root.querySelectorAll("[data-shape]")) shape.hidden = shape.dataset.shape !== (good ? "ok" : "bad");
  const target = root.querySelector("[data-steps]");
  target.replaceChildren();
  list.forEach((step, n) => {
    const kind = step.bad.length ? "bad" : "ok";
    const item = document.createElement("li");
    item.dataset.step = kind;
    item.append(root.querySelector(`template[data-mark=${kind}]`).content.cloneNode(true));
    const box = document.createElement("div");
    const title = document.createElement("h3");
    title.textContent = `${n + 1}\u3000${step.title}`;
    box.append(title);
    for (const line of step.bad.length ? step.bad : [step.facts]) {
      const paragraph = document.createElement("p");
      paragraph.textContent = line;
      if (line) box.append(paragraph);
    }
    if (step.code) {
      const code = document.createElement("span");
      code.className = "mono";
      code.textContent = step.code;
      box.append(code);
    }
    item.append(box);
    target.append(item);
  });
  const chained = found.evidence?.get("entropy").get("source") === "chained";
  const warning = root.querySelector("[data-chained]");
  if (warning) warning.hidden = !chained;
}

function start(root) {
  const button = root.querySelector("[data-run]");
  const chosen = root.querySelector("input[type=file]");
  const hash = root.querySelector("[data-published]");
  const kept = root.querySelector("script[data-evidence]");
  const told = () => {
    const own = chosen?.files.length;
    return own
      ? { file: hash.value.trim().toLowerCase(), frozen: "", anchor: "" }
      : { file: root.dataset.file, frozen: root.dataset.frozen, anchor: root.dataset.anchor };
  };
  async function bytes() {
    if (chosen?.files.length) return new Uint8Array(await chosen.files[0].arrayBuffer());
    return kept ? Uint8Array.from(atob(kept.textContent.trim()), (c) => c.charCodeAt(0)) : null;
  }
  async function run() {
    const says = root.querySelector("[data-verdict-says]");
    if (!globalThis.crypto?.subtle) {
      says.textContent = say(
        "这个浏览器在这个地址上不能计算。把这一页存成文件再打开，或者用 Python 程序",
        "This browser cannot compute at this address. Save the page as a file, or use the Python program",
      );
      return;
    }
    const data = await bytes();
    if (!data) {
      says.textContent = say("先选一份证据文件", "Choose an evidence file first");
      return;
    }
    button.setAttribute("aria-busy", "true");
    const facts = told();
    const begun = performance.now();
    const found = await verify(data, facts.file || null);
    draw(root, found, facts, (performance.now() - begun) / 1000);
    button.removeAttribute("aria-busy");
    button.querySelector("[data-label]").textContent = say("再算一遍", "Compute again");
  }
  button.addEventListener("click", run);
  chosen?.addEventListener("change", run);
  if (kept) run();
}

if (typeof document !== "undefined") document.querySelectorAll("[data-verify]").forEach(start);
