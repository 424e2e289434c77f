"use strict";
// Sorting, filtering and the drill-down. Text from models only ever becomes text nodes.
const DATA = JSON.parse(document.getElementById("report-data").textContent);

function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") node.className = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

// --- Tables: sort by a heading, filter by text ---------------------------------------------------

function sortKey(cell) {
  const text = cell.textContent.trim().replace("−", "-").replace(/^p [=<] /, "");
  const number = Number.parseFloat(text.replace(/^\[/, ""));
  return Number.isNaN(number) || /^[A-Za-z]/.test(text) ? text.toLowerCase() : number;
}

function compare(a, b) {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === "number" ? -1 : 1; // what is no number comes last
}

function makeSortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = make("button", { type: "button" }, head.textContent);
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
      const keyed = rows.map((row) => [sortKey(row.cells[column]), row]);
      keyed.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]));
      [...table.tBodies].slice(1).forEach((body) => body.remove());
      table.tBodies[0].append(...keyed.map(([, row]) => row));
    });
  });
}

function makeFilter(input) {
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = document.getElementById(input.dataset.filter).querySelectorAll("tbody tr");
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
}

// --- Drill-down: #cell/model/method/benchmark, #task/..., #pair/model/problem ---------------------

function sortableTable(id, headings, rows) {
  const head = make("tr", {}, ...headings.map((text) => make("th", { scope: "col" }, text)));
  const table = make("table", { id }, make("thead", {}, head), make("tbody", {}, ...rows));
  makeSortable(table);
  const region = { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Tasks" };
  return make("div", region, table);
}

function code(title, text, extra = []) {
  const label = { tabindex: "0", "aria-label": title };
  return make("article", {}, make("h3", {}, title, ...extra), make("pre", label, text));
}

function verdict(passed, text) {
  return make("span", { class: `verdict ${passed ? "passed" : "failed"}` }, text);
}

function seedsOf(model, method, benchmark) {
  const start = `${model}/${method}/`;
  return Object.keys(DATA.passed)
    .filter((key) => key.startsWith(start) && key.endsWith(`/${benchmark}`))
    .map((key) => key.slice(start.length).split("/")[0]);
}

function crumbs(...links) {
  const nodes = links.map(([text, target]) => make("a", { href: target }, text));
  return make("p", { class: "crumbs" }, ...nodes, make("a", { href: "#tables" }, "Close"));
}

function cellView(model, method, benchmark, wanted) {
  const seeds = seedsOf(model, method, benchmark);
  if (!seeds.length) return null;
  const seed = wanted ?? seeds[0];
  const ours = DATA.passed[`${model}/${method}/${seed}/${benchmark}`];
  const baseSeed = seedsOf(model, "base", benchmark)[0];
  const base = DATA.passed[`${model}/base/${baseSeed}/${benchmark}`];
  const rows = [];
  const count = { gained: 0, lost: 0, "both solved": 0, "both unsolved": 0 };
  for (const [task, passed] of Object.entries(ours)) {
    const before = base?.[task];
    const change = before === passed ? (passed ? "both solved" : "both unsolved")
      : passed ? "gained" : "lost";
    count[change] += 1;
    const link = `#task/${model}/${method}/${seed}/${benchmark}/${task}`;
    rows.push(make("tr", {},
      make("th", { scope: "row" }, make("a", { href: link }, task)),
      make("td", {}, before === undefined ? "–" : verdict(before, before ? "solved" : "not solved")),
      make("td", {}, verdict(passed, passed ? "solved" : "not solved")),
      make("td", {}, method === "base" ? "–" : change)));
  }
  const order = { gained: 0, lost: 1 };
  rows.sort((a, b) => (order[a.cells[3].textContent] ?? 2) - (order[b.cells[3].textContent] ?? 2));
  const solved = Object.values(ours).filter(Boolean).length;
  const title = `${DATA.models[model]}, ${DATA.methods[method]}, ${DATA.benchmarks[benchmark]}`;
  const summary = method === "base" ? "" :
    `: ${count.gained} gained and ${count.lost} lost against base, ${count["both solved"]} solved by both`;
  const input = make("input", { type: "search", "data-filter": "task-table" });
  makeFilter(input);
  const others = seeds.length < 2 ? [] : [make("p", {}, "Seeds: ", ...seeds.flatMap((other) => [
    make("a", { href: `#cell/${model}/${method}/${benchmark}/${other}` }, other), " "]))];
  return [crumbs(), make("h2", {}, title),
    make("p", {}, `Seed ${seed}: ${solved} of ${rows.length} tasks solved${summary}.`), ...others,
    make("label", { class: "filter" }, "Filter rows ", input),
    sortableTable("task-table", ["Task", "base", DATA.methods[method], "Change"], rows)];
}

function answer(model, method, seed, benchmark, task) {
  const plus = benchmark.endsWith("+");
  const name = plus ? benchmark.slice(0, -1) : benchmark;
  const found = DATA.answers[`${model}/${method}/${seed}/${name}`]?.[task];
  const passed = DATA.passed[`${model}/${method}/${seed}/${benchmark}`]?.[task];
  const title = `${DATA.methods[method]}, seed ${seed}`;
  if (!found) return code(title, "This answer is not in the report; scripts/trace.py shows it.");
  const node = code(title, found.solution, found.cut ? [make("span", { class: "tag" }, "cut")] : []);
  node.append(make("p", {}, verdict(passed, passed ? "solved" : "not solved"),
    ` (base tests: ${found.base}; plus tests: ${found.plus})`));
  return node;
}

function taskView(model, method, seed, benchmark, ...rest) {
  const task = rest.join("/");
  if (DATA.passed[`${model}/${method}/${seed}/${benchmark}`]?.[task] === undefined) return null;
  const name = benchmark.replace(/\+$/, "");
  const about = DATA.tasks[name]?.[task];
  const sides = method === "base" ? [] :
    [answer(model, "base", seedsOf(model, "base", benchmark)[0], benchmark, task)];
  sides.push(answer(model, method, seed, benchmark, task));
  const nodes = [
    crumbs(["Back to the cell", `#cell/${model}/${method}/${benchmark}/${seed}`]),
    make("h2", {}, `${task}, ${DATA.models[model]}`)];
  if (about) {
    nodes.push(code("Task", about.prompt), make("p", {},
      `${about.base_total} base inputs and ${about.plus_total} more for plus. First inputs:`),
      make("pre", { tabindex: "0", "aria-label": "First inputs" }, about.base.join("\n")));
  }
  return [...nodes, make("div", { class: "sides" }, ...sides)];
}

function pairView(model, ...rest) {
  const id = rest.join("/");
  const pair = DATA.pairs?.[model]?.find((item) => item.problem === id);
  if (!pair) return null;
  const problem = DATA.problems[id];
  const samples = DATA.samples[model]?.[id] ?? [];
  const role = (index) => index === pair.chosen ? "chosen" : index === pair.rejected ? "rejected" : "";
  const order = (sample) => ({ chosen: 0, rejected: 1 })[role(sample.index)] ?? 2;
  const articles = [...samples].sort((a, b) => order(a) - order(b) || a.index - b.index).map((s) => {
    const tags = [role(s.index), s.cut ? "cut" : ""].filter(Boolean);
    const judge = s.checker ? `, judged by the checker ${s.checker}` : "";
    const node = code(`Sample ${s.index}`, s.completion,
      tags.map((text) => make("span", { class: "tag" }, text)));
    node.append(make("p", {}, verdict(s.verdict === "passed", s.verdict.replace("_", " ")),
      ` (${s.tests} tests${judge})${s.message ? `: ${s.message}` : ""}`));
    return node;
  });
  return [crumbs(["Back to the pairs", "#pairs"]),
    make("h2", {}, `${problem.title} (${id}), ${DATA.models[model]}`),
    make("p", {}, `${problem.source}, ${problem.difficulty}; ` +
      `${problem.visible} visible and ${problem.hidden} hidden tests.`),
    make("pre", { tabindex: "0", "aria-label": "Statement" },
      [problem.statement, problem.starter, ...problem.tests].filter(Boolean).join("\n\n")),
    make("div", { class: "sides" }, ...articles)];
}

const VIEWS = { cell: cellView, task: taskView, pair: pairView };

function route() {
  const [kind, ...parts] = decodeURIComponent(location.hash.slice(1)).split("/");
  const panel = document.getElementById("detail");
  const view = parts.length ? VIEWS[kind] : undefined;
  panel.hidden = !view;
  if (view) {
    const missing = [crumbs(), make("h2", {}, "Not in this report"), make("p", {}, location.hash)];
    panel.replaceChildren(...(view(...parts) ?? missing));
    panel.scrollIntoView();
    return;
  }
  const target = document.getElementById(kind);
  if (target?.tagName === "DETAILS") target.open = true;
}

document.querySelectorAll("table[data-sortable]").forEach(makeSortable);
document.querySelectorAll("input[data-filter]").forEach(makeFilter);
window.addEventListener("hashchange", route);
window.addEventListener("beforeprint", () => {
  document.querySelectorAll("details").forEach((node) => { node.open = true; });
});
route();
