// Live updates of the start page: figures and saga histories, and placing orders by REST.  See also: diagram.js, which draws.

import { draw, lanesOf } from "./diagram.js";

const EVERY = 2000; // milliseconds between requests
const CLOSELY = 120; // while an order is under way
const PATIENCE = 20000; // for a replica to arrive, or an order to end

const page = document.body;
const said = document.querySelector("#said");
const lost = document.querySelector("#lost");
const stories = document.querySelector("#stories");
const ended = new Set(["COMPLETED", "COMPENSATED", "STUCK"]);
const cards = new Map(); // saga id → { element, shown }
const again = new Set(); // sagas that are drawn again, step by step, slower than they ran
let timer = 0;
let stream = null;
let last = null;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function ask(path, body) {
  const post = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, body === undefined ? { cache: "no-store" } : post);
  const document_ = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(document_.detail || `${path} answered ${answer.status}`), { status: answer.status });
  return document_;
}

// Figures

function showFigures({ counters, maximum }) {
  for (const place of document.querySelectorAll("[data-figure]")) {
    const count = counters[place.dataset.figure] + (place.dataset.figure === "running" ? counters.compensating : 0);
    place.textContent = count.toLocaleString("en") + (count >= maximum ? "+" : "");
    place.closest(".figure").classList.toggle("is-some", count > 0);
  }
}

// Saga histories

function ago(moment) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(moment)) / 1000));
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86400 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86400)} d ago`;
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function title(journey) {
  const what = journey.name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return journey.name === "CreateOrder" ? `Order ${journey.key}` : `${what[0].toUpperCase()}${what.slice(1)} ${journey.key}`;
}

function showStory(journey, lanes) {
  const known = cards.get(journey.id) ?? { element: element("article", { className: "story" }), shown: "" };
  cards.set(journey.id, known);
  const width = Math.floor(known.element.clientWidth || stories.clientWidth);
  const shown = JSON.stringify([journey, lanes, width, ago(journey.startedAt)]);
  const isReplayed = again.delete(journey.id);
  if (width < 1 || (shown === known.shown && !isReplayed)) return known.element;
  known.shown = shown;
  known.element.replaceChildren(
    element("header", {},
      element("h3", {}, page.dataset.admin ? element("a", { href: journey.timeline, textContent: title(journey) }) : title(journey)),
      element("span", { className: `state is-${journey.status}`, textContent: journey.status }),
      element("span", { className: "took", textContent: `${ended.has(journey.status) ? `${journey.milliseconds} ms · ` : ""}${ago(journey.startedAt)}` })),
    draw(journey, { width, lanes, isReplayed }),
  );
  return known.element;
}

function showStories(journeys) {
  if (!journeys.length) return;
  const lanes = lanesOf([...journeys].reverse());
  const present = journeys.map((journey) => cards.get(journey.id)?.element ?? showStory(journey, lanes));
  if (present.some((each, index) => stories.children[index] !== each)) stories.replaceChildren(...present);
  for (const journey of journeys) showStory(journey, lanes); // now each knows its width
  for (const id of cards.keys()) if (!journeys.some((journey) => journey.id === id)) cards.delete(id);
}

function show(status) {
  if (!status.counters) return miss(status.detail);
  last = status;
  lost.hidden = true;
  showFigures(last);
  showStories(last.journeys);
}

function miss(why) {
  lost.textContent = `There are no figures at the moment: ${why} The page tries again.`;
  lost.hidden = false;
}

const look = () => ask(page.dataset.status).then(show, (error) => miss(`${error.message}.`));

// The server sends what changes; if it has no stream left for this page, the page polls.
function listen() {
  stream?.close();
  clearTimeout(timer);
  if (document.hidden) return;
  stream = new EventSource(page.dataset.events);
  stream.onmessage = (event) => show(JSON.parse(event.data));
  stream.onerror = () => { if (stream.readyState === EventSource.CLOSED) keepLooking(); };
}

async function keepLooking() {
  clearTimeout(timer);
  if (document.hidden) return;
  await look();
  timer = setTimeout(keepLooking, EVERY);
}

// Placing an order

function say(text, kind = "") {
  said.textContent = text;
  said.className = kind && `said-${kind}`;
}

async function until(look_, what) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await pause(CLOSELY)) {
    const found = await look_();
    if (found) return found;
  }
  throw new Error(`${what} takes longer than usual; the admin shows where its message waits.`);
}

const there = (path) => ask(path).then(() => true, (error) => { if (error.status === 404) return false; throw error; });

async function makeScene(refuse) {
  say("Creating a consumer and a restaurant; events tell the other services …");
  const { consumerId } = await ask("/consumers/v1/consumers", { name: { firstName: "Ada", lastName: "Lovelace" } });
  const { id: restaurantId } = await ask("/restaurants/v1/restaurants", {
    name: "Ajanta",
    address: { street1: "1 Main Street", city: "Oakland", state: "CA", zip: "94611" },
    menu: { menuItems: [{ id: "1", name: "Chicken Vindaloo", price: "12.34" }] },
  });
  for (const path of [`/orders/v1/restaurants/${restaurantId}`, `/kitchen/v1/restaurants/${restaurantId}`, `/accounting/v1/accounts/${consumerId}`])
    await until(() => there(path), path);
  if (refuse === "card") await ask(`/accounting/v1/accounts/${consumerId}/disable`, {});
  return { consumerId, restaurantId };
}

// Consumer and restaurant are created once per tab; after the database has been created anew, a refusal shows that they are gone.
async function placeOrder(refuse) {
  const name = `postroad-scene-${refuse}`;
  const kept = JSON.parse(sessionStorage.getItem(name) || "null");
  const scene = kept ?? await makeScene(refuse);
  sessionStorage.setItem(name, JSON.stringify(scene));
  say("Placing the order …");
  try {
    return (await ask("/orders/v1/orders", {
      ...scene,
      deliveryAddress: { street1: "9 Amazing View", city: "Oakland", state: "CA", zip: "94612" },
      deliveryTime: new Date(Date.now() + 3600_000).toISOString(),
      lineItems: [{ menuItemId: "1", quantity: 2 }],
    })).orderId;
  } catch (error) {
    sessionStorage.removeItem(name);
    if (kept && error.status === 400) return placeOrder(refuse);
    throw error;
  }
}

async function followOrder(order) {
  return until(async () => {
    const journey = await ask(`/orders/v1/orders/${order}/journey`);
    say(`Order ${order} is ${journey.state}; its saga runs …`);
    return !journey.state.endsWith("PENDING") && journey;
  }, `order ${order}`);
}

async function order(button) {
  const buttons = document.querySelectorAll("[data-order]");
  if (button.getAttribute("aria-disabled") === "true") return;
  buttons.forEach((each) => each.setAttribute("aria-disabled", "true"));
  try {
    const number = await placeOrder(button.dataset.order);
    const { state, elapsedMilliseconds, saga } = await followOrder(number);
    const why = saga?.reason ? ` (${saga.reason.replaceAll("_", " ")})` : "";
    say(`Order ${number} is ${state}${why} after ${elapsedMilliseconds} ms. Its saga is shown again below, slowly.`, state === "APPROVED" ? "good" : "undone");
    if (saga) again.add(saga.id);
    await look();
  } catch (error) {
    say(error.message, "bad");
  } finally {
    buttons.forEach((each) => each.removeAttribute("aria-disabled"));
  }
}

document.querySelectorAll("[data-order]").forEach((button) => button.addEventListener("click", () => order(button)));
document.querySelector("#ways")?.removeAttribute("hidden");
document.addEventListener("visibilitychange", listen);
new ResizeObserver(() => last && showStories(last.journeys)).observe(stories);
listen();
