"use strict";

// What the page knows: columns of samples, rows of the table, and pictures, which come in parts.
const DATA = JSON.parse(document.getElementById("data").textContent);
const SAMPLES = DATA.samples;
const COUNT = SAMPLES.id.length;
const UNITS = DATA.units.length;
const PER_PAGE = 60;
const GREY = 128;

const element = (id) => document.getElementById(id);
const controls = element("controls").elements;
const grid = element("grid");
const dialog = element("sample");

const text = (column, sample) => SAMPLES[column].texts[SAMPLES[column].of[sample]];
const placeOf = new Map(SAMPLES.id.map((id, sample) => [id, sample]));
// Clips follow the pairs, and rows of the table speak of clips alone.
const clips = [...SAMPLES.id.keys()].filter((sample) => text("kind", sample) === "clip");
const firstClip = clips.length ? clips[0] : COUNT;

/** A node with properties and children; text is never read as HTML. */
function make(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children.filter((child) => child !== null));
  return node;
}

function makeSvg(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// ---- Pictures ------------------------------------------------------------------------------------------------------

const parts = new Map();
const waiting = new Map();
let isWhole = false;

/** Take a part of the pictures; every part is a script that calls this. */
function pictures(name, texts) {
  parts.set(name, texts);
  waiting.get(name)?.resolve(texts);
  waiting.delete(name);
}

/** Called at the end of the page, when every part that stands in it has come. */
function ready() {
  isWhole = true;
  for (const [name, { reject }] of waiting) if (DATA.folder === null) reject(new Error(`part ${name} is missing`));
}

function part(name) {
  if (parts.has(name)) return Promise.resolve(parts.get(name));
  if (!waiting.has(name)) {
    const promise = {};
    promise.promise = new Promise((resolve, reject) => Object.assign(promise, { resolve, reject }));
    waiting.set(name, promise);
    if (DATA.folder !== null) {
      const script = make("script", { src: `${DATA.folder}/${name}.js` });
      script.onerror = () => {
        waiting.delete(name);
        promise.reject(new Error(`${DATA.folder}/${name}.js is not beside this page`));
      };
      document.head.append(script);
    } else if (isWhole) promise.reject(new Error(`part ${name} is missing`));
  }
  return waiting.get(name).promise;
}

/** The text of a picture: number `number` of the kind samples or photographs. */
async function pictureText(kind, number) {
  return (await part(`${kind}${Math.floor(number / DATA.per_part)}`))[number % DATA.per_part];
}

const address = (base64) => `data:image/webp;base64,${base64}`;

/** The pixels of a picture in base64: ImageData. */
async function pixels(base64) {
  const image = new Image();
  image.src = address(base64);
  await image.decode();
  const canvas = make("canvas", { width: image.naturalWidth, height: image.naturalHeight });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** The pictures of a sample: its onset, and of each later frame the difference to it, about grey. */
async function loadSample(sample) {
  const [onset, strip] = await Promise.all((await pictureText("samples", sample)).split(" ").map(pixels));
  const size = onset.data.length;
  const differences = [];
  for (let start = 0; start < strip.data.length; start += size) differences.push(strip.data.subarray(start, start + size));
  return { onset, differences };
}

/** Frame number `frame` of a sample's pictures; its difference to the onset instead, where that is asked for. */
function frameOf({ onset, differences }, frame, magnification = null) {
  const shown = new ImageData(onset.width, onset.height);
  const change = frame > 0 ? differences[frame - 1] : null;
  for (let at = 0; at < shown.data.length; at++) {
    const moved = change === null ? 0 : change[at] - GREY;
    shown.data[at] = magnification === null ? onset.data[at] + moved : GREY + magnification * moved;
  }
  for (let at = 3; at < shown.data.length; at += 4) shown.data[at] = 255;
  return shown;
}

// ---- Playing -------------------------------------------------------------------------------------------------------

const isReduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
const hasHover = matchMedia("(hover: hover)").matches;
/** Every canvas that may move: where, of which sample, and its pictures once they are there. */
const screens = new Set();
let flipped = false;

/** The frame at a time in seconds: from onset to apex and back, `speed` ways a second. */
function frameAt(seconds, frames) {
  const ways = frames - 1;
  const step = Math.floor(seconds * Number(controls.speed.value) * ways) % (2 * ways);
  return step <= ways ? step : 2 * ways - step;
}

function isPlaying(screen) {
  if (screen.view === "large") return screen.isPlaying;
  const mode = controls.play.value;
  return mode === "all" || (mode === "hover" && (screen.isPointed || screen.isFocused));
}

function draw(screen, seconds) {
  if (!screen.loaded || !screen.isVisible) return;
  const frames = screen.loaded.differences.length + 1;
  const hasDifference = screen.view === "difference" || (screen.view === "tile" && controls.difference.checked);
  const rest = hasDifference || flipped ? frames - 1 : 0;
  let frame = isPlaying(screen) ? frameAt(seconds, frames) : rest;
  // The difference of the onset to itself is nothing to look at.
  if (hasDifference && frames === 2) frame = 1;
  if (screen.fixed !== undefined) frame = screen.fixed < 0 ? frames - 1 : screen.fixed;
  const magnification = hasDifference ? Number(controls.magnification.value) : null;
  const state = `${frame} ${magnification}`;
  if (screen.state === state) return;
  screen.state = state;
  screen.canvas.dataset.frame = frame;
  screen.canvas.getContext("2d").putImageData(frameOf(screen.loaded, frame, magnification), 0, 0);
  if (!performance.getEntriesByName("first picture").length) performance.mark("first picture");
}

const drawAll = (milliseconds = performance.now()) => screens.forEach((screen) => draw(screen, milliseconds / 1000));

function tick(milliseconds) {
  drawAll(milliseconds);
  requestAnimationFrame(tick);
}

/** Load the pictures of a screen that came into view, and forget those of one that left it. */
async function look(screen, isVisible) {
  screen.isVisible = isVisible;
  if (!isVisible) {
    screen.loaded = null;
    return;
  }
  screen.state = null;
  if (screen.photograph) showPhotograph(screen.photograph, screen.sample);
  try {
    const loaded = await loadSample(screen.sample);
    if (!screen.isVisible) return;
    screen.loaded = loaded;
    Object.assign(screen.canvas, { width: loaded.onset.width, height: loaded.onset.height });
    draw(screen, performance.now() / 1000);
  } catch (error) {
    warn(`Some pictures cannot be shown: ${error.message}.`);
  }
}

/** Draw what has not come into view yet, for those who print the page. */
async function drawUnseen() {
  for (const screen of [...screens].filter((each) => !each.state)) {
    await look(screen, true);
    look(screen, false);
  }
}

/** An image for the photograph that a sample shows; null where it shows none. */
function makePhotograph(sample, alt) {
  return SAMPLES.photograph[sample] < 0 ? null : make("img", { alt });
}

async function showPhotograph(image, sample) {
  if (image.src) return;
  try {
    image.src = address(await pictureText("photographs", SAMPLES.photograph[sample]));
    await image.decode();
    if (!performance.getEntriesByName("first photograph").length) performance.mark("first photograph");
  } catch (error) {
    // An image that left the page before it was there is missed by nobody.
    if (image.isConnected) warn(`Some photographs cannot be shown: ${error.message}.`);
  }
}

const screenOf = new WeakMap();
const observer = new IntersectionObserver(
  (entries) => entries.forEach((entry) => look(screenOf.get(entry.target), entry.isIntersecting)),
  { rootMargin: "300px" },
);

function makeScreen(sample, properties) {
  const canvas = make("canvas", { width: 64, height: 64 });
  canvas.setAttribute("aria-hidden", "true");
  const screen = { sample, canvas, loaded: null, ...properties };
  screens.add(screen);
  screenOf.set(canvas, screen);
  return screen;
}

function warn(message) {
  element("warning").textContent = message;
  element("warning").hidden = false;
}

/** Browsers that hide from fingerprints change the pixels that a page reads. */
function checkPixels() {
  const context = make("canvas", { width: 16, height: 16 }).getContext("2d", { willReadFrequently: true });
  const given = context.createImageData(16, 16);
  given.data.forEach((_, at) => (given.data[at] = at % 4 === 3 ? 255 : (at * 7) % 256));
  context.putImageData(given, 0, 0);
  if (context.getImageData(0, 0, 16, 16).data.some((value, at) => value !== given.data[at]))
    warn("This browser changes the pixels that a page reads, to hide who you are: faces and differences look noisier than they are.");
}

// ---- What is known of a sample -------------------------------------------------------------------------------------

/** Change from onset to apex of each unit, in thousandths, null where it is not known; null where none is. */
function changes(column, sample) {
  const units = SAMPLES[column][sample];
  if (units === null) return null;
  const found = DATA.units.map((_, unit) =>
    units[unit] === null || units[UNITS + unit] === null ? null : units[UNITS + unit] - units[unit]);
  return found.some((change) => change !== null) ? found : null;
}

/** What was asked for; of a clip, of which nothing was asked, what was measured. */
const mainChanges = (sample) => changes("asked", sample) ?? changes("measured", sample);
const areChangesKnown = SAMPLES.id.some((_, sample) => mainChanges(sample) !== null);

/** With two digits and no leading 0, as papers have it; nothing for what is not known. */
function signed(thousandths) {
  if (thousandths === null) return "";
  const size = (Math.abs(thousandths) / 1000).toFixed(2);
  return size === "0.00" ? "0" : `${thousandths < 0 ? "−" : "+"}${size.replace(/^0/, "")}`;
}
const decimal = (thousandths, digits) => (thousandths === null ? "" : (thousandths / 1000).toFixed(digits));

/** The units that change most, by their changes. */
function strongest(main, count) {
  return [...main.keys()]
    .filter((unit) => Math.abs(main[unit]) >= 20)
    .sort((a, b) => Math.abs(main[b]) - Math.abs(main[a]))
    .slice(0, count);
}

function strongestText(sample, count) {
  const main = mainChanges(sample);
  if (main === null) return "units not measured";
  const measured = SAMPLES.asked[sample] === null ? null : changes("measured", sample);
  return strongest(main, count)
    .map((unit) => `${DATA.units[unit]} ${signed(main[unit])}${measured === null ? "" : ` (${signed(measured[unit])})`}`)
    .join(", ") || "no unit changes by .02";
}

function from(sample) {
  const emotion = text("emotion", sample);
  const own = [text("subject", sample), text("clip", sample)].filter(Boolean).join(" ");
  if (text("kind", sample) === "clip") return `test clip of ${text("subject", sample)}${emotion && `: ${emotion}`}`;
  return `units of ${text("units", sample)}${own && `: ${own}`}${emotion && `, ${emotion}`}`;
}

const title = (sample) => `${text("faces", sample)} ${text("name", sample)}`;
const labelOf = (sample) => text("label", sample) || "no label";
const labelClass = (sample) => `label label-${DATA.labels.indexOf(text("label", sample))}`;

/** What the networks of a row said of a sample: right, wrong, split, or null where none was asked. */
function verdict(row, sample) {
  const clip = sample - firstClip;
  if (clip < 0 || row === undefined || row.truth[clip] === null) return null;
  const right = row.predicted[clip].filter((predicted) => predicted === row.truth[clip]).length;
  return right === row.predicted[clip].length ? "right" : right ? "split" : "wrong";
}

/** The mean over the seeds whose confidence is known; null where none is. */
function confidence(row, sample) {
  const clip = sample - firstClip;
  if (clip < 0 || row === undefined) return null;
  const known = row.confidence[clip].filter((value) => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

function saidText(row, sample) {
  const clip = sample - firstClip;
  return row.predicted[clip]
    .map((predicted, seed) => `${row.classes[predicted]} ${decimal(row.confidence[clip][seed], 2).replace(/^0/, "")}`.trimEnd())
    .join(", ");
}

const VERDICTS = { right: "✓ right", wrong: "✗ wrong", split: "± right with some seeds" };
const verdictClass = { right: "right", wrong: "wrong", split: "wrong" };

// One scale for the bars of all samples, upwards and downwards: that of the larger changes.
const largest = SAMPLES.id.map((_, sample) => Math.max(0, ...(mainChanges(sample) ?? []).map(Math.abs))).sort((a, b) => a - b);
const SCALE = Math.max(100, largest[Math.floor(0.95 * (COUNT - 1))] ?? 100);
// Most units rise, so that a third of the height is left for those that fall.
const [UP, DOWN] = [30, 15];

function bars(sample) {
  const width = 8 * UNITS;
  const path = (column, shift) =>
    (changes(column, sample) ?? [])
      .map((change, unit) => {
        const height = Math.max(-DOWN, Math.min(UP, (UP * (change ?? 0)) / SCALE));
        return `M${8 * unit + shift} ${UP}h3v${(-height).toFixed(1)}h-3z`;
      })
      .join("");
  return makeSvg(
    "svg",
    { class: "bars", viewBox: `0 0 ${width} ${UP + DOWN}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    makeSvg("path", { class: "asked", d: path("asked", 1) }),
    makeSvg("path", { class: "measured", d: path("measured", 4) }),
    makeSvg("path", { class: "axis", d: `M0 ${UP}h${width}` }),
  );
}

/** The numbers of the units, each below its bars. */
function unitNumbers() {
  const numbers = make("span", { className: "units" }, ...DATA.units.map((name) => make("span", { textContent: name.slice(2) })));
  numbers.setAttribute("aria-hidden", "true");
  return numbers;
}

// ---- Choosing ------------------------------------------------------------------------------------------------------

let chosen = [];
let page = 0;

const rowChosen = () => DATA.rows[Number(controls.row.value)];

/** A test of samples for everything that is chosen. */
function filter() {
  const tests = [];
  for (const name of ["kind", "faces", "units", "label"])
    if (controls[name].value) {
      const wanted = SAMPLES[name].texts.indexOf(controls[name].value.slice(name === "kind" ? 0 : 1));
      tests.push((sample) => SAMPLES[name].of[sample] === wanted);
    }
  const words = controls.text.value.trim().toLowerCase();
  if (words) {
    const whole = SAMPLES.subject.texts.findIndex((subject) => subject.toLowerCase() === words);
    const columns = ["subject", "name", "clip", "emotion"];
    const found = columns.map((column) => SAMPLES[column].texts.map((entry) => entry.toLowerCase().includes(words)));
    tests.push((sample) => whole >= 0 ? SAMPLES.subject.of[sample] === whole
      : columns.some((column, place) => found[place][SAMPLES[column].of[sample]]));
  }
  if (controls.unit.value) {
    const [unit, least] = [Number(controls.unit.value), 1000 * Number(controls.least.value)];
    tests.push((sample) => {
      const main = mainChanges(sample);
      return main !== null && main[unit] !== null && Math.abs(main[unit]) >= least;
    });
  }
  const row = rowChosen();
  const ofClips = (test) => tests.push((sample) => sample >= firstClip && row.truth[sample - firstClip] !== null && test(sample));
  if (controls.truth.value) ofClips((sample) => row.truth[sample - firstClip] === Number(controls.truth.value));
  if (controls.predicted.value)
    ofClips((sample) => row.predicted[sample - firstClip].includes(Number(controls.predicted.value)));
  if (controls.verdict.value) ofClips((sample) => verdict(row, sample) === controls.verdict.value);
  return (sample) => tests.every((test) => test(sample));
}

/** What samples are sorted by; those of which it is not known come last. */
function sortKey() {
  const by = controls.sort.value;
  if (by === "fidelity" || by === "change") return (sample) => SAMPLES[by][sample];
  if (by === "confidence") return (sample) => confidence(rowChosen(), sample);
  const unit = Number(controls.unit.value);
  return (sample) => {
    const main = mainChanges(sample);
    const values = main === null ? [] : controls.unit.value === "" ? main : [main[unit]];
    const known = values.filter((value) => value !== null);
    return known.length ? Math.max(...known.map(Math.abs)) : null;
  };
}

function choose() {
  const passes = filter();
  chosen = [...Array(COUNT).keys()].filter(passes);
  if (controls.sort.value) {
    const key = sortKey();
    const values = new Map(chosen.map((sample) => [sample, key(sample)]));
    const sign = controls.lowest.checked ? 1 : -1;
    chosen.sort((a, b) => {
      const [first, second] = [values.get(a), values.get(b)];
      if (first === null || second === null) return (first === null) - (second === null) || a - b;
      return sign * (first - second) || a - b;
    });
  }
  const active = ["kind", "faces", "units", "label", "text", "unit", "truth", "predicted", "verdict", "sort"]
    .filter((name) => controls[name].value).length;
  element("active").textContent = active ? `(${active} set)` : "";
  show(0);
}

// ---- The grid ------------------------------------------------------------------------------------------------------

function makeTile(sample) {
  // What stands beside it names it.
  const photograph = makePhotograph(sample, "");
  const screen = makeScreen(sample, { view: "tile", photograph });
  const row = rowChosen();
  const found = verdict(row, sample);
  const link = make("a", { className: "tile", href: `#${SAMPLES.id[sample]}` },
    screen.canvas,
    make("span", { className: "about" },
      make("span", { className: "who" },
        make("span", {},
          make("b", { className: labelClass(sample), textContent: labelOf(sample) }),
          make("span", { textContent: title(sample) })),
        photograph),
      make("span", { className: "from", textContent: from(sample) }),
      found === null ? null : make("span", { className: verdictClass[found], textContent: `${VERDICTS[found]}: ${saidText(row, sample)}` }),
      ...(mainChanges(sample) === null ? [] : [bars(sample), unitNumbers()]),
      make("span", { className: "from", textContent: strongestText(sample, 2) }),
      SAMPLES.fidelity[sample] === null ? null
        : make("span", { className: "hidden", textContent: `fidelity ${decimal(SAMPLES.fidelity[sample], 2)}` })));
  link.addEventListener("pointerenter", (event) => (screen.isPointed = event.pointerType === "mouse"));
  link.addEventListener("pointerleave", () => (screen.isPointed = false));
  link.addEventListener("focus", () => (screen.isFocused = true));
  link.addEventListener("blur", () => (screen.isFocused = false));
  observer.observe(screen.canvas);
  return make("li", {}, link);
}

function forget(holder) {
  for (const canvas of holder.querySelectorAll("canvas")) {
    observer.unobserve(canvas);
    const screen = screenOf.get(canvas);
    screen.isVisible = false;
    screen.loaded = null;
    screens.delete(screen);
  }
  holder.replaceChildren();
}

function show(number) {
  const pageCount = Math.max(1, Math.ceil(chosen.length / PER_PAGE));
  page = Math.min(Math.max(0, Math.round(number)), pageCount - 1);
  forget(grid);
  grid.append(...chosen.slice(page * PER_PAGE, (page + 1) * PER_PAGE).map(makeTile));
  element("count").textContent =
    `${chosen.length.toLocaleString("en")} of ${COUNT.toLocaleString("en")} samples, page ${page + 1} of ${pageCount.toLocaleString("en")}`;
  for (const pages of document.querySelectorAll(".pages")) {
    if (pageCount === 1) {
      pages.replaceChildren();
      continue;
    }
    const turn = (name, sign, to) => {
      const button = make("button", { type: "button", textContent: sign, disabled: to < 0 || to >= pageCount || to === page });
      button.setAttribute("aria-label", name);
      button.addEventListener("click", () => turnTo(to));
      return button;
    };
    const number = make("input", { type: "number", min: 1, max: pageCount, value: page + 1 });
    number.setAttribute("aria-label", "Page");
    number.addEventListener("change", () => turnTo(Number(number.value) - 1));
    pages.replaceChildren(
      turn("First page", "«", 0), turn("Back to the page before", "‹ back", page - 1), number, make("span", { textContent: `of ${pageCount.toLocaleString("en")}` }),
      turn("On to the next page", "on ›", page + 1), turn("Last page", "»", pageCount - 1));
  }
}

function turnTo(number) {
  show(number);
  grid.scrollIntoView({ block: "start" });
  grid.querySelector("a")?.focus({ preventScroll: true });
}

/** Go to the tile beside, or to that above or below. */
function step(key) {
  const tiles = [...grid.querySelectorAll("a")];
  const place = tiles.indexOf(document.activeElement);
  if (place < 0) return false;
  const top = tiles[0].offsetTop;
  const columns = Math.max(1, tiles.filter((tile) => tile.offsetTop === top).length);
  const to = place + { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
  if (!tiles[to]) return false;
  tiles[to].focus();
  return true;
}

// ---- One sample ----------------------------------------------------------------------------------------------------

let opened = null;

const NAMES = { asked: "asked for", measured: "measured" };

function unitTable(sample) {
  const rod = (change, name) =>
    makeSvg("svg", { class: "bars rod", viewBox: "-50 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
      makeSvg("path", { class: name, d: `M0 1h${(Math.max(-1, Math.min(1, (change ?? 0) / SCALE)) * 50).toFixed(1)}v8H0z` }),
      makeSvg("path", { class: "axis", d: "M0 0v10" }));
  // A frame may show a face, and the other none.
  const known = ["asked", "measured"].filter((column) => SAMPLES[column][sample] !== null);
  const found = Object.fromEntries(known.map((column) => [column, changes(column, sample)]));
  const cells = (column, unit) => [
    make("td", { className: "number wide", textContent: decimal(SAMPLES[column][sample][unit], 2) }),
    make("td", { className: "number wide", textContent: decimal(SAMPLES[column][sample][UNITS + unit], 2) }),
    make("td", { className: "number", textContent: signed(found[column]?.[unit] ?? null) }),
    make("td", {}, rod(found[column]?.[unit], column))];
  const heads = (name) => [
    make("th", { className: "number wide", textContent: `${name}: onset` }), make("th", { className: "number wide", textContent: "apex" }),
    make("th", { className: "number", textContent: `${name}: change` }), make("th", {})];
  return make("div", { className: "scroll" }, make("table", {},
    make("thead", {}, make("tr", {}, make("th", { textContent: "unit" }), ...known.flatMap((column) => heads(NAMES[column])))),
    make("tbody", {}, ...DATA.units.map((name, unit) => make("tr", {}, make("th", { textContent: name, scope: "row" }),
      ...known.flatMap((column) => cells(column, unit)))))));
}

function rowTable(sample) {
  const rows = DATA.rows.filter((row) => verdict(row, sample) !== null).map((row) => {
    const found = verdict(row, sample);
    return make("tr", {}, make("th", { textContent: row.name, scope: "row" }),
      make("td", { className: verdictClass[found], textContent: VERDICTS[found] }),
      make("td", { textContent: saidText(row, sample) }),
      make("td", { className: "wide", textContent: row.classes[row.truth[sample - firstClip]] }));
  });
  return make("div", { className: "scroll" }, make("table", { className: "rows" },
    make("thead", {}, make("tr", {}, ...["row", "verdict", "predicted, by seed", "truth"].map((name) =>
      make("th", { textContent: name, className: name === "truth" ? "wide" : "" })))),
    make("tbody", {}, ...rows)));
}

function makeFigure(sample, caption, properties) {
  const screen = makeScreen(sample, properties);
  look(screen, true);
  return make("figure", {}, screen.canvas, make("figcaption", { textContent: caption }));
}

/** The large picture, which alternates unless that is switched off, and shows the other frame at a click. */
function makeLarge(sample) {
  const screen = makeScreen(sample, { view: "large", isPlaying: controls.play.value !== "still" });
  const button = make("button", { type: "button" });
  const name = () => (button.textContent = screen.isPlaying ? "Pause" : "Alternate");
  button.addEventListener("click", () => { screen.isPlaying = !screen.isPlaying; name(); });
  screen.canvas.addEventListener("click", () => { screen.isPlaying = false; flipped = !flipped; name(); });
  name();
  look(screen, true);
  const frames = SAMPLES.frames[sample];
  return make("figure", { className: "large" }, screen.canvas,
    make("figcaption", {}, frames > 2 ? `${frames} frames from onset to apex` : "onset and apex", button));
}

function open(sample) {
  opened = sample;
  const isFocusWithin = element("sample_body").contains(document.activeElement);
  forget(element("sample_body"));
  element("sample_title").textContent = `${labelOf(sample)}: ${title(sample)}`;
  const figures = [
    makeFigure(sample, "onset", { fixed: 0 }),
    makeFigure(sample, "apex", { fixed: -1 }),
    makeFigure(sample, "difference, magnified", { view: "difference", fixed: -1 })];
  const photograph = makePhotograph(sample, title(sample));
  if (photograph !== null) {
    showPhotograph(photograph, sample);
    figures.push(make("figure", {}, photograph, make("figcaption", { textContent: "photograph" })));
  }
  const facts = [
    [text("kind", sample) === "pair" ? "photograph" : "clip", `${text("name", sample)} of ${text("faces", sample)}`],
    ["label", labelOf(sample)],
    ["emotion", text("emotion", sample)],
    ["action units", mainChanges(sample) === null ? "not measured" : text("kind", sample) === "clip" ? "its own" : `${text("units", sample)}: ${text("subject", sample)} ${text("clip", sample)}`],
    ["subject", text("subject", sample)],
    ["change", SAMPLES.change[sample] === null ? "" : `${decimal(SAMPLES.change[sample], 2)} grey levels a pixel`],
    ["fidelity", decimal(SAMPLES.fidelity[sample], 2)]];
  const link = make("a", { href: `#${SAMPLES.id[sample]}`, textContent: `#${SAMPLES.id[sample]}` });
  const list = facts.filter(([, value]) => value).flatMap(([name, value]) =>
    [make("dt", { textContent: name }), make("dd", { textContent: value })]);
  element("sample_body").append(
    make("div", { className: "looks" }, makeLarge(sample),
      make("div", {}, make("div", { className: "pictures" }, ...figures),
        make("dl", {}, ...list, make("dt", { textContent: "link" }), make("dd", {}, link)))),
    make("div", { className: "columns" },
      SAMPLES.asked[sample] === null && SAMPLES.measured[sample] === null ? null
        : make("section", {}, make("h3", { textContent: "Action units" }), unitTable(sample)),
      sample < firstClip ? null : make("section", {}, make("h3", { textContent: "What networks said" }), rowTable(sample))));
  const place = chosen.indexOf(sample);
  // A button that becomes disabled would lose the focus; `move` does nothing there.
  element("previous").ariaDisabled = place <= 0;
  element("next").ariaDisabled = place < 0 || place >= chosen.length - 1;
  if (!dialog.open) dialog.showModal();
  if (isFocusWithin) element("sample_body").querySelector("button").focus();
  dialog.scrollTop = 0;
}

/** Go to the sample before or after among those that are chosen. */
function move(by) {
  const place = chosen.indexOf(opened) + by;
  if (chosen.indexOf(opened) >= 0 && chosen[place] !== undefined) location.replace(`#${SAMPLES.id[chosen[place]]}`);
}

/** A link as people read it; what stands for no letter stays as it is. */
function decoded(id) {
  return id.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      return bytes;
    }
  });
}

/** The samples that a link may mean: the one of this name, or those whose name it is once both are decoded. Programs that
 * pass links on decode some of the letters, or all. */
function placesOf(id) {
  if (placeOf.has(id)) return [placeOf.get(id)];
  const wanted = decoded(id);
  return [...SAMPLES.id.keys()].filter((sample) => decoded(SAMPLES.id[sample]) === wanted);
}

function follow() {
  const id = location.hash.slice(1);
  if (!id) {
    if (dialog.open) dialog.close();
    return;
  }
  const places = placesOf(id);
  if (places.length === 1) open(places[0]);
  else if (places.length) warn(`${places.length} samples here may be meant by ${id}; copy the link from the page of one.`);
  else warn(`No sample here is called ${id}; the page may be of another experiment.`);
}

dialog.addEventListener("close", () => {
  forget(element("sample_body"));
  history.replaceState(null, "", location.pathname + location.search);
  const place = chosen.indexOf(opened);
  if (place >= 0 && Math.floor(place / PER_PAGE) !== page) show(Math.floor(place / PER_PAGE));
  grid.querySelectorAll("a")[place - page * PER_PAGE]?.focus();
  opened = null;
});
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
element("close").addEventListener("click", () => dialog.close());
element("previous").addEventListener("click", () => move(-1));
element("next").addEventListener("click", () => move(1));

// ---- Controls ------------------------------------------------------------------------------------------------------

/** Options of a select: the first for anything, then [value, name] each. */
function fill(select, any, options) {
  select.replaceChildren(...(any === null ? [] : [make("option", { value: "", textContent: any })]),
    ...options.map(([value, name]) => make("option", { value, textContent: name })));
}

// A text may be empty, which stands for anything: values of options begin with a sign of their own.
const named = (column, nameOf = (entry) => entry) =>
  SAMPLES[column].texts.map((entry) => [`=${entry}`, nameOf(entry)]).sort((a, b) => a[1].localeCompare(b[1], "en"));

function fillClasses() {
  const classes = (rowChosen()?.classes ?? []).map((name, place) => [place, name]);
  fill(controls.truth, "any", classes);
  fill(controls.predicted, "any", classes);
}

function showSpeed() {
  controls.speed_text.value = `${Number(controls.speed.value).toFixed(1)} a second`;
}

function begin() {
  fill(controls.faces, "any source", named("faces"));
  fill(controls.units, "any source", named("units", (entry) => entry || "clips, their own"));
  fill(controls.label, "any", named("label", (entry) => entry || "no label"));
  fill(controls.unit, "any", DATA.units.map((name, unit) => [unit, name]));
  fill(controls.row, null, DATA.rows.map((row, place) => [place, row.name]));
  element("subjects").append(...SAMPLES.subject.texts.map((value) => make("option", { value })));
  for (const name of ["row", "truth", "predicted", "verdict"]) controls[name].disabled = !DATA.rows.length;
  for (const name of ["unit", "least"]) controls[name].disabled = !areChangesKnown;
  fillClasses();
  controls.play.value = isReduced ? "still" : hasHover ? "hover" : "all";
  element("bars").hidden = !areChangesKnown;
  element("scale").textContent = `the tallest are of ${decimal(SCALE, 2)} or more.`;
  element("filters").open = innerWidth > 1000;
  showSpeed();
  choose();
  follow();
  checkPixels();
  requestAnimationFrame(tick);
}

let typing = 0;
element("controls").addEventListener("input", ({ target }) => {
  if (["play", "difference", "magnification"].includes(target.name)) return;
  if (target.name === "speed") return showSpeed();
  if (target.name === "small") return grid.classList.toggle("small", target.checked);
  if (target.name === "row") {
    const [truth, predicted] = [controls.truth.value, controls.predicted.value];
    fillClasses();
    Object.assign(controls.truth, { value: truth });
    Object.assign(controls.predicted, { value: predicted });
    if (!controls.truth.value) controls.truth.value = "";
    if (!controls.predicted.value) controls.predicted.value = "";
  }
  clearTimeout(typing);
  typing = setTimeout(choose, target.name === "text" ? 200 : 0);
});
element("controls").addEventListener("submit", (event) => event.preventDefault());
element("controls").addEventListener("reset", () => setTimeout(() => {
  controls.play.value = isReduced ? "still" : hasHover ? "hover" : "all";
  grid.classList.remove("small");
  fillClasses();
  showSpeed();
  choose();
}));
document.querySelector("[data-skip]").addEventListener("click", (event) => {
  event.preventDefault();
  (grid.querySelector("a") ?? grid).focus();
});
addEventListener("hashchange", follow);

const KEYS = {
  p: () => (controls.play.value = controls.play.value === "all" ? (isReduced ? "still" : "hover") : "all"),
  f: () => (flipped = !flipped),
  d: () => controls.difference.click(),
  "+": () => { controls.speed.stepUp(); showSpeed(); },
  "-": () => { controls.speed.stepDown(); showSpeed(); },
  "[": () => turnTo(page - 1),
  "]": () => turnTo(page + 1),
};
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "p") {
    event.preventDefault();
    drawUnseen().then(() => print());
    return;
  }
  const isTyping = event.target.matches("select, textarea, input:not([type=checkbox], [type=radio], [type=range])");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key.startsWith("Arrow")) {
    if (dialog.open) {
      if (event.key === "ArrowLeft") move(-1);
      if (event.key === "ArrowRight") move(1);
    } else if (step(event.key)) event.preventDefault();
    return;
  }
  const action = KEYS[event.key.toLowerCase()];
  if (action && !(dialog.open && "[]".includes(event.key))) action();
});

begin();
