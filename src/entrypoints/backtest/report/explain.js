
// ---- why: one trade in sentences, from the numbers of its record
const PARTS = ["technical", "forecast", "sentiment", "market"];

function score(value) { return value === undefined || value === null ? "absent" : signed(value, 4); }
function coinsOf(value) { return String(value); }
function seconds(ms) { return ms < 60000 ? fixed(ms / 1000, 1) + " s" : lasted(ms); }

function sumTable(why) {
  const table = make("table");
  const line = (name, cells, className) => {
    const row = make("tr", undefined, className);
    row.append(make("th", name), ...cells.map((text) => make("td", text)));
    table.append(row);
  };
  PARTS.forEach((name, i) => {
    const value = why.parts[i], weight = why.weights[i];
    line(name, [score(value), "\u00d7 " + fixed(weight, 4), "= " + signed((value || 0) * weight, 4)]);
  });
  line("adjustment", ["", "", "= " + signed(why.adjust, 4)]);
  line("total", ["", "", signed(why.total, 4)], "sum");
  return table;
}
function madeOf(why) {
  const lines = [];
  if (why.tech) {
    const [rsi, macd, sma, bands, volume, regime, level] = why.tech;
    lines.push("Technical: RSI " + signed(rsi, 3) + ", MACD " + signed(macd, 3) + ", averages " + signed(sma, 3) + ", bands " +
      signed(bands, 3) + ", \u00d7 volume " + fixed(volume, 2) + "; market " + regime + ", RSI at " + fixed(level, 1) + ".");
  }
  if (why.ahead) lines.push("Forecast: " + signed(why.ahead[0], 3) + " by " + why.ahead[2] + ", confidence " + fixed(why.ahead[1], 2) + ".");
  if (why.news) lines.push("News: " + fixed(why.news[0], 3) + " (0.5 is neutral) from " + why.news[1] + " articles, " + Math.round(why.news[2] / 60) + " min old.");
  if (why.mood) {
    const [fear, funding, share] = why.mood;
    const part = (name, value, unit) => name + " " + (value === null ? "unknown" : value + unit);
    lines.push("Market: " + [part("fear and greed", fear, ""), part("funding", funding, ""), part("Bitcoin's share", share, " %")].join(", ") + ".");
  }
  return lines;
}
function limitNote(why, base, at) {
  const text = fixed(at ? why.limits[1] : why.limits[0], 4) + " = " + fixed(base, 4) + " \u00d7 volatility " + fixed(why.limits[2], 2);
  return text + (at ? "" : " \u00d7 fear and greed " + fixed(why.limits[3], 2));
}
function quoteNote(order) {
  const middle = (order.bid + order.ask) / 2, off = (order.price / middle - 1) * 100;
  const where = Math.abs(off) < 0.0005 ? "exactly the middle" : fixed(Math.abs(off), 3) + " % " + (off > 0 ? "above" : "below") + " the middle";
  return where + " of the quote (bid " + price(order.bid) + ", ask " + price(order.ask) + ")";
}
function sizeNote(size) {
  let how = size.method;
  if (size.method === "tier") {
    const known = size.trades === 1 ? "1 closed trade" : size.trades + " closed trades";
    how = "the score's tier (" + known + " to learn from)";
  } else if (size.won !== undefined) {
    how = "Kelly from " + size.trades + " trades, " + fixed(size.won * 100, 1) + " % won";
    if (size.payoff !== undefined) how += ", payoff " + fixed(size.payoff, 2);
  }
  return "Size by " + how + ": " + fixed(size.free, 0) + " JPY free \u00d7 " + fixed(size.share * 100, 1) + " %, at most " + fixed(size.cap, 0) + " JPY.";
}

function storyOf(trade) {
  const coin = DATA.coins[trade.pair] || trade.pair, box = make("div"), steps = make("ol");
  const step = (at, text, notes = [], className) => {
    const item = make("li", undefined, className);
    if (at) item.append(make("time", when(at) + ":" + String(Math.floor(at / 1000) % 60).padStart(2, "0")));
    item.append(text);
    for (const note of notes) item.append(typeof note === "string" ? make("small", note) : note);
    steps.append(item);
    return item;
  };
  scored(trade, coin, step);
  bought(trade, coin, step);
  raised(trade, step);
  if (trade.closed === undefined) {
    step(DATA.end, "The run ended with this position open; its stop stood at " + price(trade.stops[trade.stops.length - 1][1]) + " JPY.");
  } else ended(trade, coin, step);
  const look = make("button", "Show on the chart");
  look.type = "button";
  look.onclick = () => zoomTo(trade);
  box.append(steps, look, make("small", "Position " + trade.id + ". All of its numbers: crypto-trader explain " + trade.id));
  return box;
}
function scored(trade, coin, step) {
  const why = trade.why;
  if (!why) {
    if (trade.score !== undefined) step(0, coin + " scored " + signed(trade.score, 4) + "; the analysis is not in this log.");
    return;
  }
  const limit = trade.limit === undefined ? why.limits[0] : trade.limit;
  const clamped = Math.abs(why.total) === 1 ? " (limited to 1)" : "";
  step(trade.buy ? trade.buy.asked : trade.opened,
    "Analysis " + why.id + ": " + coin + " scored " + signed(why.total, 4) + clamped + ", the best of the coins that could be bought, and reached the buy threshold of " + fixed(limit, 4) + ".",
    [sumTable(why), "Threshold " + limitNote(why, DATA.base.buy, 0) + ".", ...madeOf(why)]);
}
function bought(trade, coin, step) {
  const order = trade.buy;
  if (order) {
    step(order.sent, "A market buy for " + fixed(order.amount === undefined ? order.funds : order.amount, 0) + " JPY was sent.", order.size ? [sizeNote(order.size)] : []);
  }
  const notes = order ? [quoteNote(order) + (order.fee ? "; fee " + fixed(order.fee, 2) + " JPY" : "") + "."] : [];
  notes[0] = notes[0] ? "That is " + notes[0] : "";
  step(trade.opened, "Bought " + coinsOf(trade.quantity) + " " + coin + " at " + price(trade.entry) + " JPY, " + fixed(trade.cost, 0) + " JPY in all.",
    [...notes.filter(Boolean), "Stop " + price(trade.stops[0][1]) + " JPY (" + percent((trade.stops[0][1] / trade.entry - 1) * 100) + "), take-profit " + price(trade.take) + " JPY (" + percent((trade.take / trade.entry - 1) * 100) + ")."]);
}
function raised(trade, step) {
  const raises = trade.stops.slice(1);
  const best = percent((trade.peak / trade.entry - 1) * 100);
  if (!raises.length) {
    step(0, "The stop was never raised: the best price seen was " + price(trade.peak) + " JPY (" + best + ").");
    return;
  }
  const words = raises.map(([at, stop, gain]) => when(at) + "  to " + price(stop) + " JPY, the peak being " + percent(gain));
  const times = raises.length === 1 ? "once" : raises.length + " times";
  const notes = raises.length <= 4 ? words : [];
  if (raises.length > 4) {
    const all = make("details");
    all.append(make("summary", "each raise"), ...words.map((text) => make("small", text)));
    notes.push(all);
  }
  step(0, "The stop was raised " + times + ", to " + price(raises[raises.length - 1][1]) + " JPY; the best price seen was " + price(trade.peak) + " JPY (" + best + ").", notes);
}
function ended(trade, coin, step) {
  const stop = trade.stops[trade.stops.length - 1][1], sell = trade.sell;
  const sold = sell ? sell.price : trade.exit;
  if (trade.reason === "stop_loss") {
    const gap = trade.gap || 0;
    const through = gap < 0 ? fixed(-gap, Math.abs(gap) < 10 ? 2 : 0) + " % under the stop" : fixed(gap, 2) + " % above the stop";
    step(sell ? sell.asked : trade.closed, "Stop " + price(stop) + ", next price seen " + (trade.seen === undefined ? DASH : price(trade.seen)) + ", sold at " + price(sold) + " JPY: " + through + ".",
      gap < -1 ? ["The market jumped through the stop: a stop sells at the next price there is, not at its own."] : [], "bad");
  } else if (trade.reason === "take_profit") {
    step(sell ? sell.asked : trade.closed, "Take-profit " + price(trade.take) + " JPY reached: " + (trade.seen === undefined ? "" : "price seen " + price(trade.seen) + ", ") + "sold at " + price(sold) + " JPY.", [], "good");
  } else if (trade.out) {
    const limit = trade.outLimit === undefined ? trade.out.limits[1] : trade.outLimit;
    const halved = Math.abs(limit) < Math.abs(trade.out.limits[1]) * 0.99;
    step(sell ? sell.asked : trade.closed, "Analysis " + trade.out.id + ": the score fell to " + signed(trade.out.total, 4) + ", at or under the sell threshold of " + fixed(limit, 4) + ".",
      [sumTable(trade.out), "Threshold " + limitNote(trade.out, DATA.base.sell, 1) + (halved ? ", nearer to 0 because the rise was fading." : "."), ...madeOf(trade.out)]);
  }
  const held = "held " + lasted(trade.closed - trade.opened);
  const notes = sell ? ["The last sell: " + coinsOf(sell.filled) + " " + coin + ", sent " + seconds(sell.sent - sell.asked) + " after it was decided, filled " + quoteNote(sell) + (sell.fee ? "; fee " + fixed(sell.fee, 2) + " JPY" : "") + "."] : [];
  if (trade.dust) notes.push(coinsOf(trade.dust) + " " + coin + " were too few to sell and stay behind.");
  step(trade.closed, "Sold at " + price(trade.exit) + " JPY for " + fixed(trade.proceeds, 0) + " JPY: " + signed(trade.gain, 1) + " JPY (" + percent(trade.pct) + ") after fees, " + held + ".", notes, trade.gain > 0 ? "good" : "bad");
}

setUpTrades();
setUpCharts();
const linked = /^#trade-(\d+)$/.exec(location.hash);
if (linked) showTrade(Number(linked[1]));
