// Drill-down: #cell/model/method/benchmark, #task/..., #pair/model/problem.

function sortableTable(id, headings, rows, numbers = []) {
  const head = make("tr", {}, ...headings.map((text, column) =>
    make("th", { scope: "col", class: numbers.includes(column) ? "number" : "" }, text)));
  const table = make("table", { id }, make("thead", {}, head), make("tbody", {}, ...rows));
  makeSortable(table);
  const region = make("div",
    { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Tasks" }, table);
  const whole = make("div", {}, region);
  addCopyBar(table);
  return whole;
}

/** Text in a block of its own; `parts` are [text, whether it differs]. */
function code(title, parts, extra = []) {
  const nodes = parts.map(([text, differs]) => (differs ? make("mark", {}, text) : text));
  const pre = make("pre", { tabindex: "0", "aria-label": title }, ...nodes);
  return make("article", {}, make("h3", {}, title, ...extra), pre);
}

function tag(text) {
  return make("span", { class: `tag ${text}` }, text);
}

function verdict(passed, text) {
  return make("span", { class: `verdict ${passed ? "passed" : "failed"}` }, text);
}

function seedsOf(model, method, benchmark) {
  const start = `${model}/${method}/`;
  return Object.keys(DATA.rates)
    .filter((key) => key.startsWith(start) && key.endsWith(`/${benchmark}`))
    .map((key) => key.slice(start.length).split("/")[0]);
}

function crumbs(...links) {
  const nodes = links.map(([text, target]) => make("a", { href: target }, text));
  return make("p", { class: "crumbs" }, ...nodes, make("a", { href: "#scores" }, "Close"));
}

function baseRates(model, benchmark) {
  const base = DATA.base[model];
  const seed = base && seedsOf(model, base, benchmark)[0];
  return seed === undefined ? {} : DATA.rates[`${model}/${base}/${seed}/${benchmark}`] ?? {};
}

/** How often a task was solved, in words. */
function often(rate, benchmark) {
  const samples = DATA.samples_per_task[benchmark.replace(/\+$/, "")];
  if (samples === 1) return rate ? "solved" : "not solved";
  return `${Math.round(rate * samples)}/${samples}`;
}

/** Tasks gained and lost against base, means over seeds, the largest change first. */
function movedTasks(model, method, benchmark) {
  const before = baseRates(model, benchmark);
  const seeds = seedsOf(model, method, benchmark);
  const tables = seeds.map((seed) => DATA.rates[`${model}/${method}/${seed}/${benchmark}`]);
  const moved = Object.keys(before).map((task) => {
    const now = tables.reduce((sum, table) => sum + table[task], 0) / tables.length;
    const link = `#task/${model}/${method}/${seeds[0]}/${benchmark}/${task}`;
    return { task, link, before: before[task], now, change: now - before[task] };
  });
  moved.sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
  return { gained: moved.filter((one) => one.change > 0), lost: moved.filter((one) => one.change < 0) };
}

const MOST_LISTED = 40;

function closeMoved(table) {
  table.querySelectorAll("tr.expanded").forEach((row) => row.remove());
  table.querySelectorAll("button.moved").forEach((b) => b.setAttribute("aria-expanded", "false"));
}

function makeMoved(button) {
  button.addEventListener("click", () => {
    const row = button.closest("tr");
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (open) {
      row.nextElementSibling.remove();
      return;
    }
    const [model, method, benchmark] = button.dataset.moved.split("/");
    const moved = movedTasks(model, method, benchmark);
    const lists = Object.entries(moved).map(([name, tasks]) => make("p", {}, tag(name), " ",
      ...tasks.slice(0, MOST_LISTED).flatMap((one) => [make("a", { href: one.link }, one.task),
        DATA.samples_per_task[benchmark.replace(/\+$/, "")] === 1 ? " · "
          : ` ${often(one.before, benchmark)} → ${often(one.now, benchmark)} · `]),
      tasks.length > MOST_LISTED ? `and ${tasks.length - MOST_LISTED} more` : `${tasks.length} in all`));
    row.after(make("tr", { class: "expanded" }, make("td", { colspan: row.cells.length }, ...lists)));
  });
}

function cellView(model, method, benchmark, wanted) {
  const seeds = seedsOf(model, method, benchmark);
  if (!seeds.length) return null;
  const seed = wanted ?? seeds[0];
  const ours = DATA.rates[`${model}/${method}/${seed}/${benchmark}`];
  const base = baseRates(model, benchmark);
  const rows = [];
  const count = { gained: 0, lost: 0, "as before": 0 };
  for (const [task, rate] of Object.entries(ours)) {
    const before = base[task];
    const change = rate > before ? "gained" : rate < before ? "lost" : "as before";
    count[change] += 1;
    const link = `#task/${model}/${method}/${seed}/${benchmark}/${task}`;
    rows.push(make("tr", {},
      make("th", { scope: "row" }, make("a", { href: link }, task)),
      make("td", {}, before === undefined ? "–" : verdict(before >= 0.5, often(before, benchmark))),
      make("td", {}, verdict(rate >= 0.5, often(rate, benchmark))),
      make("td", {}, method === DATA.base[model] ? "–" : change)));
  }
  const order = { gained: 0, lost: 1 };
  rows.sort((a, b) => (order[a.cells[3].textContent] ?? 2) - (order[b.cells[3].textContent] ?? 2));
  const solved = Object.values(ours).reduce((sum, rate) => sum + rate, 0);
  const title = `${DATA.models[model]}, ${DATA.methods[method]}, ${DATA.benchmarks[benchmark]}`;
  const summary = method === DATA.base[model] ? ""
    : `: ${count.gained} gained and ${count.lost} lost against base`;
  const input = make("input", { type: "search", "data-filter": "task-table" });
  makeFilter(input);
  const others = seeds.length < 2 ? [] : [make("p", {}, "Seeds: ", ...seeds.flatMap((other) => [
    make("a", { href: `#cell/${model}/${method}/${benchmark}/${other}` }, other), " "]))];
  const share = digits((100 * solved) / rows.length);
  return [crumbs(), make("h2", {}, title),
    make("p", {}, `Seed ${seed}: ${share}% of ${rows.length} tasks solved${summary}.`), ...others,
    make("label", { class: "filter" }, "Filter rows ", input),
    sortableTable("task-table", ["Task", "base", DATA.methods[method], "Change"], rows)];
}

/** The files that answers and verdicts are kept in, with their hashes. */
function filesOf(model, method, seed, benchmark) {
  const start = `benchmarks/${model}/${method}/seed${seed}/${benchmark}.`;
  const found = Object.entries(DATA.files).filter(([path]) => path.includes(start));
  const kind = DATA.samples_per_task[benchmark] === 1 ? /\.(samples|verdicts)\./ : /\.(sampled|sampled_verdicts)\./;
  return found.filter(([path]) => kind.test(path)).map(([path, hash]) => make("li", {},
    make("a", { href: path.slice(path.indexOf("benchmarks/")) }, path.split("/").pop()), " ",
    make("code", { title: hash }, hash.slice(0, 16))));
}

function answer(model, method, seed, benchmark, task) {
  const name = benchmark.replace(/\+$/, "");
  const rate = DATA.rates[`${model}/${method}/${seed}/${benchmark}`]?.[task];
  const programs = DATA.answers[`${model}/${method}/${seed}/${name}`]?.[task];
  const title = `${DATA.methods[method]}, seed ${seed}`;
  const side = make("article", {}, make("h3", {}, `${title}: `, rate === undefined ? "not run"
    : verdict(rate >= 0.5, often(rate, benchmark))));
  for (const one of programs ?? []) {
    const passed = benchmark.endsWith("+") ? one.plus : one.base;
    const times = DATA.samples_per_task[name] === 1 ? [] : [`${one.count} of the samples: `];
    side.append(make("pre", { tabindex: "0", "aria-label": title }, one.solution),
      make("p", { class: "said" }, ...times, verdict(passed, passed ? "solved" : "not solved"),
        ` (${one.said})`, ...(one.cut ? [tag("cut")] : [])));
  }
  if (!programs) side.append(make("p", {}, "The answers are not in the report; scripts/trace.py shows them."));
  const files = filesOf(model, method, seed, name);
  if (files.length) side.append(make("ul", { class: "notes" }, ...files));
  return side;
}

function taskView(model, method, seed, benchmark, ...rest) {
  const task = rest.join("/");
  if (DATA.rates[`${model}/${method}/${seed}/${benchmark}`]?.[task] === undefined) return null;
  const about = DATA.tasks[benchmark.replace(/\+$/, "")]?.[task];
  const base = DATA.base[model];
  const sides = !base || method === base ? []
    : [answer(model, base, seedsOf(model, base, benchmark)[0], benchmark, task)];
  sides.push(answer(model, method, seed, benchmark, task));
  const nodes = [
    crumbs(["Back to the cell", `#cell/${model}/${method}/${benchmark}/${seed}`]),
    make("h2", {}, `${task}, ${DATA.models[model]}`)];
  if (about) {
    nodes.push(code("Task", [[about.prompt, 0]]), make("p", {},
      `${about.base_total} base inputs and ${about.plus_total} more for plus. First inputs:`),
      make("pre", { tabindex: "0", "aria-label": "First inputs" }, about.base.join("\n")));
  }
  return [...nodes, make("div", { class: "sides" }, ...sides)];
}

// --- Pairs ---------------------------------------------------------------------------------------

function scoresTable(scores) {
  const rows = scores.flatMap((one) => ["chosen", "rejected"].map((role) => make("tr", {},
    make("th", { scope: "row" }, DATA.methods[one.method] ?? one.method),
    make("td", {}, role),
    ...[digits(one[role].policy, 2), digits(one[role].reference, 2), digits(one[role].reward, 3),
      String(one[role].tokens)].map((text) => make("td", { class: "number" }, text)))));
  const headings = ["Policy", "Side", "log p, policy", "log p, initial model",
    `Implicit reward (β = ${scores[0].beta})`, "Tokens"];
  return sortableTable("pair-scores", headings, rows, [2, 3, 4, 5]);
}

function sampleView(sample, role) {
  const node = code(`Sample ${sample.index}`, [[sample.completion, 0]],
    [role, sample.cut ? "cut" : ""].filter(Boolean).map(tag));
  node.append(saidOf(sample));
  return node;
}

function saidOf(sample) {
  const judge = sample.checker ? `, judged by the checker ${sample.checker}` : "";
  return make("p", { class: "said" }, verdict(sample.verdict === "passed", sample.verdict.replace("_", " ")),
    ` (${sample.tests} tests${judge}; ${sample.tokens} tokens)${sample.message ? `: ${sample.message}` : ""}`);
}

function pairView(model, ...rest) {
  const id = rest.join("/");
  const pair = DATA.pairs?.[model]?.find((item) => item.problem === id);
  if (!pair) return null;
  const problem = DATA.problems[id];
  const samples = DATA.samples[model]?.[id] ?? [];
  const sides = ["chosen", "rejected"].map((role, number) => {
    const node = code(`Sample ${pair[role]}`, pair.marked[number], [tag(role)]);
    const sample = samples.find((one) => one.index === pair[role]);
    if (sample) node.append(saidOf(sample));
    return node;
  });
  const failing = pair.failing ? [make("h3", {}, `Where the rejected side fails: ${pair.failing.test}`),
    make("dl", { class: "failing" }, ...["input", "expected", "got"].flatMap((name) => [
      make("dt", {}, name), make("dd", {}, make("code", {}, pair.failing[name]))]))] : [];
  const rewards = pair.scores.length ? [make("h3", {}, "Log-probabilities and implicit rewards"),
    scoresTable(pair.scores)]
    : [make("p", { class: "hint" }, "This pair's log-probabilities were not computed in this run.")];
  const others = samples.filter((one) => ![pair.chosen, pair.rejected].includes(one.index));
  return [crumbs(["Back to the pairs", "#pairs"]),
    make("h2", {}, `${problem.title} (${id}), ${DATA.models[model]}`),
    make("p", {}, `${problem.source}, ${problem.difficulty}; ` +
      `${problem.visible} visible and ${problem.hidden} hidden tests.`),
    code("Prompt", [[pair.prompt, 0]]),
    make("p", { class: "hint" }, "What differs between the two sides is marked."),
    make("div", { class: "sides" }, ...sides), ...failing, ...rewards,
    make("details", {}, make("summary", {}, `The other ${others.length} samples`),
      make("div", { class: "sides" }, ...others.map((one) => sampleView(one, ""))))];
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
