"use strict";
(function () {
// Comments have lines of their own: they are taken out, because Prometheus would, and the
// page names the digest of what is left. What hosts say becomes text, never markup.
const asks = JSON.parse(document.getElementById("asks").textContent);
const most = { lines: 20, rows: 200, alerts: 50, marks: 30, name: 80 };
const ranges = [["15 minutes", 900], ["hour", 3600], ["6 hours", 21600], ["day", 86400], ["week", 604800], ["15 days", 1296000]];
const every = 15;
const wide = 480, high = 190, left = 60, right = 8, above = 16, below = 20;
const space = "http://www.w3.org/2000/svg";
let charts = [];

function put(parent, tag, name, text) {
  const e = document.createElement(tag);
  if (name) { e.className = name; }
  if (text !== undefined) { e.textContent = text; }
  parent.append(e);
  return e;
}

function draw(parent, tag, name, attributes, text) {
  const e = document.createElementNS(space, tag);
  if (name) { e.setAttribute("class", name); }
  for (const key of Object.keys(attributes)) { e.setAttribute(key, attributes[key]); }
  if (text !== undefined) { e.textContent = text; }
  parent.append(e);
  return e;
}

function short(text) { return text.length > most.name ? text.slice(0, most.name - 1) + "\u2026" : text; }

// Three digits that count, and no power of ten.
function digits(v) {
  const size = Math.abs(v);
  return String(size >= 100 || v === 0 ? Math.round(v) : Number(v.toPrecision(size < 0.001 ? 1 : 3)));
}

function scaled(v, unit, steps, by) {
  let n = 0;
  while (Math.abs(v) >= by && n < steps.length - 1) { v = v / by; n++; }
  return digits(v) + steps[n] + unit;
}

function format(v, unit) {
  if (v === undefined || !isFinite(v)) { return "\u2013"; }
  const size = Math.abs(v);
  switch (unit) {
  case "bool_on_off": return v === 0 ? "no" : v === 1 ? "yes" : digits(v);
  case "reqps": return scaled(v, "/s", [" ", " k", " M"], 1000);
  case "Bps": return scaled(v, "B/s", [" ", " k", " M", " G"], 1000);
  case "bytes": return scaled(v, "B", [" ", " Ki", " Mi", " Gi"], 1024);
  case "percent": return digits(v) + " %";
  case "s":
    if (size === 0) { return "0 s"; }
    if (size < 1) { return digits(v * 1000) + " ms"; }
    if (size < 120) { return digits(v) + " s"; }
    if (size < 7200) { return digits(v / 60) + " min"; }
    if (size < 172800) { return digits(v / 3600) + " h"; }
    return digits(Math.floor(v / 8640) / 10) + " days";
  }
  return scaled(v, "", ["", " k", " M", " G"], 1000);
}

function two(n) { return String(n).padStart(2, "0"); }

function clock(seconds, span) {
  const d = new Date(seconds * 1000);
  const time = two(d.getHours()) + ":" + two(d.getMinutes());
  if (span <= 3600) { return time + ":" + two(d.getSeconds()); }
  return span <= 86400 ? time : two(d.getMonth() + 1) + "-" + two(d.getDate()) + " " + time;
}

async function get(path, words) {
  const answer = await fetch("../api/v1/" + path + "?" + new URLSearchParams(words), { cache: "no-store", signal: AbortSignal.timeout(20000) });
  const said = await answer.json();
  if (said.status !== "success") { throw new Error(short(String(said.error || answer.status))); }
  return said.data;
}

async function instant(expr, now) {
  const data = await get("query", { query: expr, time: now });
  return data.result.map(function (r) { return { labels: r.metric, value: Number(r.value[1]) }; });
}

async function over(expr, time) {
  const data = await get("query_range", { query: expr, start: time.start, end: time.end, step: time.step });
  return data.result.map(function (r) {
    return { labels: r.metric, points: r.values.map(function (v) { return [v[0], Number(v[1])]; }) };
  });
}

// In a legend the name of a label, in two pairs of braces, is where its value is to stand.
function named(legend, labels) {
  let text = legend;
  for (const key of Object.keys(labels)) { text = text.split("{" + "{" + key + "}" + "}").join(labels[key]); }
  return short(text);
}

function largest(points) { return points.reduce(function (a, p) { return isFinite(p[1]) ? Math.max(a, Math.abs(p[1])) : a; }, 0); }

// Of too many lines those with the largest values are shown.
async function lines(chart, time) {
  const answers = await Promise.all(chart.asks.map(function (q) { return over(q.expr, time); }));
  const all = [];
  answers.forEach(function (list, i) {
    list.forEach(function (l) { all.push({ name: named(chart.asks[i].legend, l.labels), points: l.points, top: largest(l.points) }); });
  });
  const shown = all.slice().sort(function (a, b) { return b.top - a.top; }).slice(0, most.lines);
  return { shown: all.filter(function (l) { return shown.includes(l); }), more: all.length - shown.length };
}

// Each value of the figure is a time at which the event happened. Those of one run of
// foobar, which touches hosts one after another, are one mark.
async function marks(time) {
  const all = [];
  for (const l of await over(asks.events, time)) {
    let last;
    for (const p of l.points) {
      if (p[1] < time.start || p[1] > time.end || (last && p[1] <= last.last)) { continue; }
      if (last && p[1] - last.at <= Math.max(300, 2 * time.step)) { last.last = p[1]; continue; }
      last = { event: short(l.labels.event || ""), at: p[1], last: p[1] };
      all.push(last);
    }
  }
  return all.sort(function (a, b) { return a.at - b.at; }).slice(-most.marks);
}

function ticks(low, top) {
  const raw = (top - low) / 4, power = Math.pow(10, Math.floor(Math.log10(raw)));
  const step = [1, 2, 2.5, 5, 10].map(function (n) { return n * power; }).find(function (n) { return n >= raw; });
  const list = [];
  for (let v = Math.floor(low / step) * step; v < top + step * 0.999; v += step) { list.push(v); }
  return list;
}

function scale(chart, found, time) {
  let low = 0, top = chart.most || 0;
  for (const l of found.shown) {
    for (const p of l.points) {
      if (isFinite(p[1])) { low = Math.min(low, p[1]); top = Math.max(top, p[1]); }
    }
  }
  const list = chart.unit === "bool_on_off" ? [0, 1] : ticks(low, top > low ? top : low + 1);
  const from = list[0], to = list[list.length - 1];
  return {
    ticks: list,
    x: function (at) { return left + (wide - left - right) * (at - time.start) / (time.end - time.start); },
    y: function (v) { return above + (high - above - below) * (1 - (v - from) / (to - from)); }
  };
}

// A gap of more than two steps is a gap in the line.
function path(points, s, step) {
  let text = "", before;
  for (const p of points) {
    if (!isFinite(p[1])) { continue; }
    const go = before !== undefined && p[0] - before <= 2 * step ? "L" : "M";
    text += go + s.x(p[0]).toFixed(1) + " " + s.y(p[1]).toFixed(1) + (go === "M" ? "h.1" : "");
    before = p[0];
  }
  return text;
}

function grid(svg, s, unit, time) {
  for (const v of s.ticks) {
    const y = s.y(v).toFixed(1);
    draw(svg, "line", "grid", { x1: left, x2: wide - right, y1: y, y2: y });
    draw(svg, "text", "", { x: left - 5, y: Number(y) + 4, "text-anchor": "end" }, format(v, unit));
  }
  for (let i = 0; i < 4; i++) {
    const at = time.start + (time.end - time.start) * (i + 0.5) / 4;
    draw(svg, "text", "", { x: s.x(at).toFixed(1), y: high - 5, "text-anchor": "middle" }, clock(at, time.end - time.start));
  }
}

function markers(svg, s, list) {
  let free = 0;
  for (const m of list) {
    const x = s.x(m.at);
    const line = draw(svg, "line", "mark", { x1: x.toFixed(1), x2: x.toFixed(1), y1: above - 4, y2: high - below });
    draw(line, "title", "", {}, m.event + " " + clock(m.at, Infinity));
    const length = 6 * m.event.length, at = Math.min(x, wide - right - length);
    if (at >= free) {
      draw(svg, "text", "word", { x: at.toFixed(1), y: 9 }, m.event);
      free = at + length + 8;
    }
  }
}

function near(points, at, step) {
  let best;
  for (const p of points) {
    if (Math.abs(p[0] - at) <= step && (!best || Math.abs(p[0] - at) < Math.abs(best[0] - at))) { best = p; }
  }
  return best ? best[1] : undefined;
}

function show(card, chart, found, time, list) {
  card.replaceChildren();
  const head = put(card, "h2", "", chart.title);
  if (found.shown.length === 0) { put(card, "p", "dim", "no data"); return; }
  const s = scale(chart, found, time);
  const svg = draw(card, "svg", "", { viewBox: "0 0 " + wide + " " + high, role: "img", "aria-label": chart.title });
  grid(svg, s, chart.unit, time);
  markers(svg, s, list);
  const legend = put(card, "ul", "legend"), values = [];
  found.shown.forEach(function (l, i) {
    const colour = "c" + i % 8, dash = " d" + Math.floor(i / 8);
    draw(svg, "path", "draw " + colour + dash, { d: path(l.points, s, time.step) });
    const item = put(legend, "li", colour);
    put(item, "span", "", l.name + " ");
    values.push(put(item, "span", "about", ""));
  });
  if (found.more > 0) { put(legend, "li", "", "and " + found.more + " more"); }
  const cursor = draw(svg, "line", "cursor", { y1: above, y2: high - below, visibility: "hidden" });
  function say(at) {
    head.textContent = chart.title + (at < time.end ? " at " + clock(at, time.end - time.start) : "");
    found.shown.forEach(function (l, i) { values[i].textContent = format(near(l.points, at, time.step), chart.unit); });
  }
  svg.addEventListener("pointermove", function (e) {
    const box = svg.getBoundingClientRect(), x = (e.clientX - box.left) / box.width * wide;
    const share = Math.min(1, Math.max(0, (x - left) / (wide - left - right))), at = time.start + share * (time.end - time.start);
    cursor.setAttribute("x1", s.x(at));
    cursor.setAttribute("x2", s.x(at));
    cursor.setAttribute("visibility", "visible");
    say(at);
  });
  svg.addEventListener("pointerleave", function () { cursor.setAttribute("visibility", "hidden"); say(time.end); });
  say(time.end);
}

async function tiles(now) {
  const all = await Promise.all(asks.tiles.map(function (t) {
    return Promise.all(t.asks.map(function (q) { return instant(q.expr, now); }));
  }));
  const parent = document.getElementById("tiles");
  parent.replaceChildren();
  asks.tiles.forEach(function (t, i) {
    const card = put(parent, "div", "card");
    put(card, "h2", "", t.title);
    const value = put(card, "p", all[i].length > 2 ? "many" : "");
    all[i].forEach(function (found, n) {
      const pair = put(value, "span", "");
      if (t.asks[n].legend) { put(pair, "span", "dim", t.asks[n].legend + " "); }
      pair.append(format(found.length > 0 ? found[0].value : undefined, t.unit) + " ");
    });
  });
}

async function table(t, now) {
  const columns = await Promise.all(t.columns.map(function (c) { return instant(c.expr, now); }));
  const rows = new Map();
  columns.forEach(function (found, i) {
    for (const f of found) {
      const key = t.by.map(function (b) { return f.labels[b] || ""; }).join(" ");
      if (!rows.has(key)) { rows.set(key, []); }
      rows.get(key)[i] = f.value;
    }
  });
  const card = document.createElement("div");
  card.className = "card";
  put(card, "h2", "", t.title);
  const list = put(card, "table", ""), head = put(put(list, "thead", ""), "tr", ""), body = put(list, "tbody", "");
  put(head, "th", "", "");
  t.columns.forEach(function (c) { put(head, "th", "", c.title); });
  for (const key of Array.from(rows.keys()).sort().slice(0, most.rows)) {
    const row = put(body, "tr", ""), values = rows.get(key);
    put(row, "td", "", short(key));
    t.columns.forEach(function (c, i) {
      const v = values[i], bad = v !== undefined && c.fine !== "" && v !== Number(c.fine);
      put(row, "td", bad ? "bad" : "", v === undefined ? "" : format(v, c.unit));
    });
  }
  return card;
}

function events(list, time) {
  const card = document.createElement("div");
  card.className = "card";
  put(card, "h2", "", "Events");
  const body = put(put(card, "table", "words"), "tbody", "");
  for (const m of list.slice().reverse()) {
    const row = put(body, "tr", "");
    put(row, "td", "", m.event);
    put(row, "td", "", clock(m.at, Infinity));
  }
  if (list.length === 0) { put(put(body, "tr", ""), "td", "dim", "none in this time"); }
  return card;
}

async function alerts() {
  const all = (await get("alerts", {})).alerts;
  const firing = all.filter(function (a) { return a.state === "firing"; });
  const parent = document.getElementById("alerts");
  parent.replaceChildren();
  for (const a of firing.slice(0, most.alerts)) {
    const grave = a.labels.severity === "critical" ? "critical" : "warning";
    const card = put(parent, "div", "card " + grave), notes = a.annotations || {};
    const line = put(card, "p", "");
    put(line, "strong", "", grave + ": ");
    put(line, "span", "", String(notes.summary || a.labels.alertname).slice(0, 500));
    put(line, "span", "dim", " since " + clock(Date.parse(a.activeAt) / 1000, Infinity));
    if (notes.description) { put(card, "p", "dim", String(notes.description).slice(0, 500)); }
  }
  const waiting = all.length - firing.length;
  if (firing.length > most.alerts) { put(parent, "p", "", "and " + (firing.length - most.alerts) + " more"); }
  if (firing.length === 0) { put(put(parent, "div", "card"), "p", "", "No alert is firing." + (waiting > 0 ? " Pending: " + waiting + "." : "")); }
}

const range = document.getElementById("range");

async function look() {
  const span = Number(range.value);
  const now = Number((await get("query", { query: "time()" })).result[1]);
  const step = Math.max(every, Math.ceil(span / 240));
  const time = { start: now - span, end: now, step: step };
  const list = await marks(time);
  await Promise.all([alerts(), tiles(now)].concat(asks.charts.map(async function (c, i) { show(charts[i], c, await lines(c, time), time, list); })));
  const cards = await Promise.all(asks.tables.map(function (t) { return table(t, now); }));
  document.getElementById("tables").replaceChildren(...cards, events(list, time));
  return "as of " + clock(now, 0);
}

// One look at a time; the range that was chosen last counts.
let busy = false, again = false;
async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  const state = document.getElementById("state");
  try {
    state.textContent = await look();
    state.className = "";
    document.body.className = "";
  } catch (e) {
    state.textContent = "Prometheus does not answer: " + short(String(e.message));
    state.className = "bad";
    document.body.className = "stale";
  }
  busy = false;
  if (again) { again = false; refresh(); }
}

document.title = asks.site;
document.getElementById("site").textContent = asks.site;
for (const r of ranges) { put(range, "option", "", r[0]).value = r[1]; }
range.value = ranges.some(function (r) { return "#" + r[1] === location.hash; }) ? location.hash.slice(1) : "3600";
range.addEventListener("change", function () { history.replaceState(null, "", "#" + range.value); refresh(); });
charts = asks.charts.map(function () { return put(document.getElementById("charts"), "div", "card"); });
document.addEventListener("visibilitychange", function () { if (!document.hidden) { refresh(); } });
setInterval(function () { if (!document.hidden) { refresh(); } }, every * 1000);
refresh();
}());
