// Draws one saga history as a sequence diagram.  See also: tour.js, which loads the histories.

const SVG = "http://www.w3.org/2000/svg";
const TOP = 44; // room for the names
const ASK = 21, ANSWER = 42, STEP = 52, LOCAL = 30; // heights within a step, and of steps
const LABEL = 5; // text above its arrow
const LETTER = 6.4; // approximate width of a letter
const GUTTER = 66; // left of the first lifeline: the time since the start

function make(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function look(step) {
  if (step.milliseconds === null) return "is-waiting";
  if (step.outcome === "failure") return "is-refused";
  return step.direction === "undo" ? "is-undo" : "is-done";
}

// A refused undo is both: red, and dashed.
function classes(step) {
  const extra = step.direction === "undo" ? " is-undo" : "";
  return `step ${extra} ${look(step)}`;
}

function answer(step) {
  if (step.milliseconds === null) return "waiting …";
  const mark = step.outcome === "failure" ? "✗" : "✓";
  return `${mark} ${step.reply || "sent"}${step.detail ? `: ${step.detail}` : ""}`;
}

function arrow(group, { from, to, y, line, tip }) {
  const side = Math.sign(to - from);
  group.append(
    make("line", { x1: from, x2: to - side * 6, y1: y, y2: y, class: line }),
    make("path", { d: `M${to} ${y}l${-side * 8} -4v8z`, class: tip }),
  );
}

function words(group, { x, y, text, note, name }) {
  const label = make("text", { x, y, class: `halo ${name}` }, text);
  if (note) label.append(make("tspan", { class: "note", dx: 6 }, note));
  group.append(label);
}

// A label stands between the lifelines if it fits, otherwise right of the receiving service, otherwise where the arrow begins.
function beside(texts, { home, target, width }) {
  const longest = LETTER * Math.max(...texts.map((text) => text.length));
  if (home + 12 + longest < target - 8) return home + 12;
  return target + 12 + longest < width ? target + 12 : home + 12;
}

function command(group, step, { home, target, y, width }) {
  const asked = (step.direction === "undo" ? "↶ " : "") + step.message;
  const answered = answer(step);
  const took = step.milliseconds === null ? "" : `${step.milliseconds} ms`;
  const x = beside([asked, `${answered} ${took}`], { home, target, width });
  group.append(make("rect", { x: target - 4, y: y + ASK - 3, width: 8, height: ANSWER - ASK + 6, rx: 2, class: "busy" }));
  arrow(group, { from: home, to: target - 4, y: y + ASK, line: "ask", tip: "tip" });
  arrow(group, { from: target - 4, to: home, y: y + ANSWER, line: "reply", tip: "reply-tip" });
  const isRight = x > target;
  words(group, { x, y: y + ASK - (isRight ? -1 : LABEL), text: asked, name: "" });
  words(group, { x, y: y + ANSWER - (isRight ? -3 : LABEL), text: answered, note: took, name: "answer" });
}

function local(group, step, { home, y }) {
  const mark = step.direction === "undo" ? "↶ " : "";
  group.append(make("circle", { cx: home, cy: y + 14, r: 4.5, class: "dot" }));
  words(group, { x: home + 12, y: y + 18, text: `${mark}${step.message.replaceAll("_", " ")}`, note: "here", name: "" });
}

export function lanesOf(journeys) {
  const lanes = new Set();
  for (const journey of journeys) {
    lanes.add(journey.service);
    for (const step of journey.steps) if (step.to) lanes.add(step.to);
  }
  return [...lanes];
}

function sentence(journey) {
  const steps = journey.steps.map((step) => {
    const verb = step.direction === "undo" ? "undo " : "";
    return `${verb}${step.message}${step.to ? ` asked of ${step.to}` : ""}: ${answer(step).replace(/^[✓✗] /, "")}`;
  });
  return `${journey.name} ${journey.key} is ${journey.status}. ${steps.join(". ")}.`;
}

export function draw(journey, { width, lanes, isReplayed }) {
  const heights = journey.steps.map((step) => (step.to ? STEP : LOCAL));
  const height = TOP + heights.reduce((sum, each) => sum + each, 0) + 14;
  const right = width - 52;
  const place = Object.fromEntries(
    lanes.map((lane, index) => [lane, Math.round(GUTTER + ((right - GUTTER) * index) / Math.max(1, lanes.length - 1)) + 0.5]),
  );
  const svg = make("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": sentence(journey) });
  if (isReplayed) svg.classList.add("is-replayed");
  for (const lane of lanes) {
    const half = Math.min(44, (right - GUTTER) / Math.max(1, lanes.length - 1) / 2 - 3);
    svg.append(
      make("line", { x1: place[lane], x2: place[lane], y1: 32, y2: height - 10, class: "life" }),
      make("rect", { x: place[lane] - half, y: 9, width: half * 2, height: 23, rx: 7, class: "pill" }),
      make("text", { x: place[lane], y: 25, class: "name" }, lane),
    );
  }
  let y = TOP - 8;
  const home = place[journey.service];
  journey.steps.forEach((step, index) => {
    const group = make("g", { class: classes(step) });
    group.style.setProperty("--turn", index);
    const middle = step.to ? y + ASK + 4 : y + 18;
    group.append(make("text", { x: home - 12, y: middle, class: "after" }, `+${step.after} ms`));
    if (step.to) command(group, step, { home, target: place[step.to], y, width });
    else local(group, step, { home, y });
    svg.append(group);
    y += heights[index];
  });
  return svg;
}
