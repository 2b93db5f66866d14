// The page's own behaviour: charts on demand, the trade table.
const DATA = JSON.parse(document.getElementById("trade-data").textContent);
const REASONS = {signal: "sell signal", stop_loss: "stop-loss", take_profit: "take-profit"};
const MINUS = "\u2212", DASH = "\u2013";

function make(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}
function fixed(value, decimals) {
  const text = Math.abs(value).toLocaleString("en-US", {minimumFractionDigits: decimals, maximumFractionDigits: decimals});
  return (value < 0 && /[1-9]/.test(text) ? MINUS : "") + text;
}
function signed(value, decimals) {
  const text = fixed(value, decimals);
  return value > 0 && /[1-9]/.test(text) ? "+" + text : text;
}
function percent(value) { return value === undefined ? DASH : signed(value, 2) + " %"; }
function price(value) {
  const size = Math.abs(value);
  return fixed(value, size >= 100000 ? 0 : size >= 1000 ? 1 : size >= 10 ? 2 : 4);
}
function when(ms) { return new Date(ms).toISOString().slice(0, 16).replace("T", " "); }
function lasted(ms) {
  const hours = ms / 3600000;
  return hours < 1 ? Math.round(hours * 60) + " min" : hours < 48 ? fixed(hours, 1) + " h" : fixed(hours / 24, 1) + " d";
}
function reasonOf(trade) { return trade.reason ? REASONS[trade.reason] || trade.reason : "open"; }

// ---- charts
function openCoin(pair) {
  for (const tab of document.querySelectorAll(".tabs button")) {
    tab.setAttribute("aria-selected", tab.dataset.pair === pair);
    tab.tabIndex = tab.dataset.pair === pair ? 0 : -1;
  }
  for (const place of document.querySelectorAll("#coin-chart > div")) place.hidden = place.dataset.pair !== pair;
  return draw(pair, "chart-" + pair);
}
function setUpCharts() {
  const place = document.querySelector("[data-chart=equity]");
  place.id = "chart-equity";
  draw("equity", place.id);
  const tabs = document.querySelector(".tabs");
  const pairs = Object.keys(DATA.coins).filter((pair) => CHARTS[pair]);
  for (const pair of pairs) {
    const tab = make("button", DATA.coins[pair]);
    tab.dataset.pair = pair;
    tab.type = "button";
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", "chart-" + pair);
    tab.onclick = () => openCoin(pair);
    tabs.append(tab);
    const box = make("div", "", "chart");
    box.id = "chart-" + pair;
    box.dataset.pair = pair;
    box.setAttribute("role", "tabpanel");
    box.setAttribute("aria-label", DATA.coins[pair]);
    document.getElementById("coin-chart").append(box);
  }
  tabs.onkeydown = (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    const all = [...tabs.children];
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next.focus();
    next.click();
  };
  const counts = {};
  for (const trade of DATA.trades) counts[trade.pair] = (counts[trade.pair] || 0) + 1;
  const busiest = pairs.slice().sort((a, b) => (counts[b] || 0) - (counts[a] || 0))[0];
  if (busiest) openCoin(busiest);
  followScheme();
}
async function zoomTo(trade) {
  const doc = await openCoin(trade.pair);
  const until = trade.closed || DATA.end;
  const around = Math.max((until - trade.opened) * 1.5, 6 * 3600000);
  const range = doc.get_model_by_name("time");
  const [least, most] = range.bounds;
  range.setv({start: Math.max(least, trade.opened - around), end: Math.min(most, until + around)});
  document.getElementById("charts").scrollIntoView({behavior: "smooth"});
}

// ---- trades
const COLUMNS = [
  ["No.", (t) => t.n, (t) => t.n, "wide"],
  ["Coin", (t) => DATA.coins[t.pair], (t) => DATA.coins[t.pair]],
  ["Bought", (t) => t.opened, (t) => when(t.opened)],
  ["Held", (t) => (t.closed || DATA.end) - t.opened, (t) => lasted((t.closed || DATA.end) - t.opened), "wide"],
  ["Entry JPY", (t) => t.entry, (t) => price(t.entry), "wide"],
  ["Exit JPY", (t) => t.exit, (t) => (t.exit === undefined ? DASH : price(t.exit)), "wide"],
  ["Gain JPY", (t) => t.gain, (t) => (t.gain === undefined ? DASH : signed(t.gain, 0)), "gain"],
  ["Gain", (t) => t.pct, (t) => percent(t.pct), "wide gain"],
  ["Score", (t) => t.score, (t) => (t.score === undefined ? DASH : signed(t.score, 3)), "wide"],
  ["Ended by", reasonOf, reasonOf],
];
let order = {column: 2, down: false};
const rows = new Map();

function rowOf(trade) {
  const row = make("tr", undefined, "trip");
  row.id = "trade-" + trade.n;
  const toggle = make("td", undefined, "toggle"), button = make("button", "+");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-label", "Explain trade " + trade.n);
  toggle.append(button);
  row.append(toggle);
  for (const [, , text, className] of COLUMNS) {
    const cell = make("td", undefined, className);
    // dates may break between day and time, and nowhere else
    text(trade).toString().split(" ").forEach((word, at) => cell.append(at ? " " : "", make("span", word)));
    if (className && className.includes("gain") && trade.gain) cell.classList.add(trade.gain > 0 ? "up" : "down");
    row.append(cell);
  }
  row.onclick = () => toggleStory(trade, row);
  return row;
}
function toggleStory(trade, row) {
  const open = row.classList.toggle("open"), button = row.querySelector("button");
  button.setAttribute("aria-expanded", open);
  button.textContent = open ? MINUS : "+";
  if (!open) return row.nextSibling.remove();
  const story = make("tr", undefined, "story"), cell = make("td");
  cell.colSpan = COLUMNS.length + 1;
  cell.append(storyOf(trade));
  story.append(cell);
  row.after(story);
}
function list() {
  const pair = document.getElementById("pick-coin").value;
  const reason = document.getElementById("pick-reason").value;
  const value = COLUMNS[order.column][1], turn = order.down ? -1 : 1;
  const chosen = DATA.trades
    .filter((t) => (!pair || t.pair === pair) && (!reason || reasonOf(t) === reason))
    .sort((a, b) => {
      const x = value(a), y = value(b);
      if (x === undefined || y === undefined) return (x === undefined) - (y === undefined) || a.n - b.n;
      return turn * (x < y ? -1 : x > y ? 1 : 0) || a.n - b.n;
    });
  const parts = document.createDocumentFragment();
  for (const trade of chosen) {
    if (!rows.has(trade.n)) rows.set(trade.n, rowOf(trade));
    const row = rows.get(trade.n), story = row.classList.contains("open") ? row.nextSibling : null;
    parts.append(row);
    if (story) parts.append(story);
  }
  document.querySelector(".trades tbody").replaceChildren(parts);
  const total = chosen.reduce((sum, t) => sum + (t.gain || 0), 0);
  document.getElementById("trade-count").textContent = chosen.length.toLocaleString("en-US") + " trades, " + signed(total, 0) + " JPY";
  document.querySelectorAll(".trades thead th").forEach((head, at) => {
    if (at - 1 === order.column) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  });
}
function setUpTrades() {
  const head = document.querySelector(".trades thead tr");
  head.append(make("th"));
  COLUMNS.forEach(([name, , , className], at) => {
    const cell = make("th", undefined, className), button = make("button", name);
    cell.scope = "col";
    button.type = "button";
    button.onclick = () => {
      order = {column: at, down: order.column === at ? !order.down : false};
      list();
    };
    cell.append(button);
    head.append(cell);
  });
  const fill = (id, options) => {
    const select = document.getElementById(id);
    for (const [value, text] of options) {
      const option = make("option", text);
      option.value = value;
      select.append(option);
    }
    select.onchange = list;
  };
  fill("pick-coin", Object.entries(DATA.coins));
  fill("pick-reason", [...new Set(DATA.trades.map(reasonOf))].sort().map((name) => [name, name]));
  list();
}
window.showTrade = (number) => {
  const trade = DATA.trades[number - 1];
  if (!trade) return;
  document.getElementById("pick-coin").value = "";
  document.getElementById("pick-reason").value = "";
  list();
  const row = rows.get(number);
  if (!row.classList.contains("open")) toggleStory(trade, row);
  row.scrollIntoView({block: "start"});
};
