// Figures that answer on hover, drawn with Observable Plot from the page's own data.

const SERIES = ["#0072B2", "#D55E00", "#007a59", "#9a6a00", "#a64d79", "#6b6b6b", "#000000"];
const DASHES = [null, "6 4", "2 3"];  // a second and a third round of colours
const ANSWERS = { greedy: [SERIES[0], "circle", "one greedy answer"], sampled: [SERIES[1], "diamond", "mean over samples"] };
const PANELS = [["loss"], ["rewards/chosen", "rewards/rejected"], ["rewards/margins"], ["rewards/accuracies"],
  ["logps/chosen", "logps/rejected"], ["log_ratio"], ["reward"], ["passed"], ["learning_rate"]];

function extent(values, include = []) {
  const all = [...values, ...include].filter(Number.isFinite);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  return [low - room, high + room];
}

function wholeTicks(points) {
  const last = Math.max(...points.map((point) => point.step));
  const step = Math.max(1, Math.ceil(last / 5));
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, n) => n * step);
}

function short(value) {
  const rounded = Number(value.toPrecision(6));
  return rounded && Math.abs(rounded) < 0.001 ? rounded.toExponential() : String(rounded);
}

function chosen() {
  const value = (id) => document.getElementById(id)?.value ?? "";
  return { model: value("choose-model"), method: value("choose-method"), benchmark: value("choose-benchmark") };
}

function filtered(rows) {
  const wanted = Object.entries(chosen()).filter(([, value]) => value);
  return rows.filter((row) => wanted.every(([key, value]) => row[key] === value));
}

/** How each of some lines looks: no two of the first 21 alike. */
function lineLooks(names) {
  return new Map(names.map((name, number) => [name,
    { colour: SERIES[number % SERIES.length], dash: DASHES[Math.floor(number / SERIES.length) % DASHES.length] }]));
}

function swatch(colour, dash) {
  if (!dash) return colour;
  const [drawn, gap] = dash.split(" ").map(Number);
  return `repeating-linear-gradient(90deg, ${colour} 0 ${drawn}px, transparent ${drawn}px ${drawn + gap}px)`;
}

function legend(entries) {
  return make("p", { class: "legend" }, ...entries.flatMap(([text, colour, dash]) => {
    const mark = make("span", { class: "swatch", "aria-hidden": "true" });
    mark.style.background = swatch(colour, dash);
    return [mark, `${text} `];
  }));
}

/** A panel: a title and a plot whose picture is named for screen readers. */
function panel(title, options) {
  const drawn = Plot.plot({ height: 220, style: { fontSize: "12px", background: "white" }, ...options });
  const svg = drawn.tagName.toLowerCase() === "svg" ? drawn : drawn.querySelector("svg");
  svg.querySelectorAll("[aria-label]").forEach((node) => node.removeAttribute("aria-label"));
  svg.style.overflow = "visible"; // the label of an axis ends at the very edge
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", title);
  const whole = make("div", { class: "panel" }, make("h4", {}, title), drawn);
  whole.style.width = `${options.width}px`;
  return whole;
}

/** The width of each of so many panels: as many in a row as fit, the rows about equally full. */
function panelWidth(holder, count) {
  const whole = holder.clientWidth || 360;
  const fit = Math.max(1, Math.min(count, Math.floor(whole / 290)));
  const columns = Math.ceil(count / Math.ceil(count / fit)) || 1;
  return Math.floor((whole - 16 * (columns - 1)) / columns) - 2;
}

/** A panel for each benchmark and model; the model is named if there are several. */
function panels(rows) {
  const several = new Set(rows.map((row) => row.model)).size > 1;
  const title = (row) => (several ? `${row.benchmark}: ${row.model}` : row.benchmark);
  const names = [...new Set(rows.map(title))];
  return names.map((name) => [name, rows.filter((row) => title(row) === name)]);
}

/** A panel per benchmark, a line of intervals per policy, the same axis throughout. */
function intervals(holder, every, { value, title, groups, zero, extra }) {
  const shown = panels(filtered(every));
  const domain = extent(every.flatMap((row) => [row.low, row.high, row.paper ?? row.low]), zero ? [0] : []);
  const width = panelWidth(holder, shown.length);
  const longest = Math.max(...every.map((row) => row.method.length));
  return shown.map(([name, mine]) => {
    const methods = [...new Set(mine.map((row) => row.method))];
    const marks = groups(mine).flatMap(([part, colour, symbol, dy]) => [
      Plot.ruleY(part, { x1: "low", x2: "high", y: "method", stroke: colour, strokeWidth: 2, dy }),
      Plot.dot(part, { x: value, y: "method", fill: colour, symbol, r: 4.5, dy })]);
    return panel(name, {
      width, height: 62 + 34 * methods.length, marginLeft: Math.min(width / 2, 18 + 6.8 * longest),
      marginBottom: 34, x: { domain, label: title, grid: true, ticks: 5 }, y: { domain: methods, label: null, type: "band" },
      marks: [...(zero ? [Plot.ruleX([0])] : []), ...marks, ...(extra?.(mine) ?? []),
        Plot.tip(mine, Plot.pointer({ x: value, y: "method", title: tipText, maxRadius: 60 }))],
    });
  });
}

function tipText(row) {
  const name = `${row.model}, ${row.method}\n${row.benchmark}`;
  if (row.points !== undefined) {
    return `${name}, ${ANSWERS[row.answers][2]}\n${digits(row.points)} points [${digits(row.low)}, ${digits(row.high)}]` +
      `\np = ${row.p < 0.001 ? "< 0.001" : row.p} (unadjusted)`;
  }
  if (row.k !== undefined) return `${name}\npass@${row.k}: ${digits(row.rate)}%`;
  const paper = row.paper == null ? "" : `\nthe paper: ${digits(row.paper)}%`;
  return `${name}\n${digits(row.rate)}% [${digits(row.low)}, ${digits(row.high)}]\n${row.solved} of ${row.total} tasks${paper}`;
}

const CHARTS = {
  differences(holder, rows) {
    const kinds = Object.keys(ANSWERS).filter((kind) => rows.some((row) => row.answers === kind));
    const groups = (mine) => kinds.map((kind, number) => [mine.filter((row) => row.answers === kind),
      ...ANSWERS[kind].slice(0, 2), kinds.length > 1 ? 10 * number - 5 : 0]);
    return [legend(kinds.map((kind) => [ANSWERS[kind][2], ANSWERS[kind][0]])),
      make("div", { class: "panels" },
        ...intervals(holder, rows, { value: "points", title: "points against base", groups, zero: true }))];
  },
  scores(holder, rows) {
    const groups = (mine) => [[mine, SERIES[0], "circle", 0]];
    const extra = (mine) => [Plot.tickX(mine.filter((row) => row.paper != null),
      { x: "paper", y: "method", stroke: "black", strokeWidth: 2.5 })];
    return [legend([["this run", SERIES[0]], ["the paper, where the two can be compared", "#000000"]]),
      make("div", { class: "panels" },
        ...intervals(holder, rows, { value: "rate", title: "pass@1, %", groups, zero: false, extra }))];
  },
  pass_at_k(holder, every) {
    const names = [...new Set(every.map((row) => row.method))];
    const looks = lineLooks(names);
    const shown = panels(filtered(every));
    const width = panelWidth(holder, shown.length);
    const domain = extent(every.map((row) => row.rate));
    const ks = [...new Set(every.map((row) => row.k))];
    const drawn = shown.map(([name, mine]) => panel(name, {
      width, marginLeft: 42, x: { type: "log", base: 2, ticks: ks, tickFormat: String, label: "k samples" },
      y: { domain, grid: true, label: "pass@k, %" },
      marks: [...names.map((method) => Plot.line(mine.filter((row) => row.method === method),
        { x: "k", y: "rate", stroke: looks.get(method).colour, strokeDasharray: looks.get(method).dash, strokeWidth: 2 })),
        Plot.dot(mine, { x: "k", y: "rate", fill: (row) => looks.get(row.method).colour, r: 3 }),
        Plot.tip(mine, Plot.pointer({ x: "k", y: "rate", title: tipText }))],
    }));
    const entries = names.map((method) => [method, looks.get(method).colour, looks.get(method).dash]);
    return [legend(entries), make("div", { class: "panels" }, ...drawn)];
  },
  learning_curves(holder, data) {
    const number = Number(holder.dataset.policy ?? 0);
    const one = data.policies[number];
    const select = make("select", {}, ...data.policies.map((each, i) =>
      make("option", i === number ? { value: i, selected: "" } : { value: i }, each.label)));
    select.addEventListener("change", () => { holder.dataset.policy = select.value; draw(holder); });
    const all = data.policies.flatMap((each) => each.points);
    const shown = PANELS.filter((keys) => one.points.some((point) => keys.includes(point.curve)));
    const width = panelWidth(holder, shown.length);
    const drawn = shown.map((keys) => {
      const mine = one.points.filter((point) => keys.includes(point.curve));
      const domain = extent(all.filter((point) => keys.includes(point.curve)).map((point) => point.value));
      const colour = (point) => SERIES[keys.indexOf(point.curve)];
      const title = keys.map((key) => data.curves[key]).filter(Boolean).join(" / ");
      return panel(title, {
        width, height: 200, marginLeft: 56,
        x: { label: "optimizer step", domain: extent(all.map((point) => point.step)), ticks: wholeTicks(all) },
        y: { domain, grid: true, label: null, tickFormat: short },
        marks: [Plot.line(mine, { x: "step", y: "value", z: (d) => `${d.curve}/${d.seed}`, stroke: colour, strokeWidth: 1.6 }),
          Plot.dot(mine, { x: "step", y: "value", fill: colour, r: 1.8 }),
          Plot.tip(mine, Plot.pointer({ x: "step", y: "value",
            title: (d) => `step ${d.step}, seed ${d.seed + 1}\n${data.curves[d.curve]}: ${d.value.toPrecision(4)}` }))],
      });
    });
    return [make("label", { class: "one" }, "Training ", select),
      make("p", { class: "words" }, one.words), make("p", { class: "hint" }, one.settings),
      legend([["chosen, or the one curve of a panel", SERIES[0]], ["rejected", SERIES[1]]]),
      make("div", { class: "panels" }, ...drawn),
      make("p", { class: "hint" }, `Axes are the same for every training. ${data.rule}`)];
  },
};

function rowsOf(data) {
  if (Array.isArray(data)) return data;
  return data.policies.flatMap((one) => one.points.map((point) => ({ training: one.label, ...point })));
}

/** The chart's numbers as a table, made when it is opened. */
function dataTable(stem, rows) {
  const whole = make("details", {}, make("summary", {}, `The ${rows.length} numbers in this chart`));
  whole.addEventListener("toggle", () => {
    if (!whole.open || whole.children.length > 1) return;
    const names = Object.keys(rows[0]);
    const numbers = names.flatMap((name, i) => (typeof rows[0][name] === "number" ? [i] : []));
    whole.append(sortableTable(`${stem}-data`, names, rows.map((row) => make("tr", {},
      ...names.map((name, i) => make(i ? "td" : "th", i ? {} : { scope: "row" }, String(row[name] ?? "")))), numbers)));
  });
  return whole;
}

function draw(holder) {
  const stem = holder.dataset.chart;
  const data = DATA.charts[stem];
  const rows = rowsOf(data);
  if (!rows.length) {
    holder.closest("figure").classList.remove("charted");
    return;
  }
  const parts = CHARTS[stem](holder, data);
  const nothing = filtered(rows).length || !Array.isArray(data) ? [] : [make("p", {}, "Nothing of this choice.")];
  holder.replaceChildren(...parts, ...nothing, dataTable(stem, rows));
}

function startCharts() {
  const holders = [...document.querySelectorAll("[data-chart]")];
  const every = holders.map((holder) => DATA.charts[holder.dataset.chart]).filter(Array.isArray).flat();
  for (const key of ["model", "method", "benchmark"]) {
    const select = document.getElementById(`choose-${key}`);
    if (!select) continue;
    select.append(...[...new Set(every.map((row) => row[key]))].map((name) => make("option", {}, name)));
    select.addEventListener("change", () => holders.forEach(draw));
  }
  holders.forEach(draw);
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) holders.forEach(draw);
    width = window.innerWidth;
  });
}
