// Uses the report as a reader would, inside the page, and leaves what it saw in the document.
(async () => {
  const seen = { errors: window.reportErrors, links: 0, views: 0, files: [], broken: [], unsorted: [], unfiltered: [] };
  Element.prototype.scrollIntoView = () => {}; // hundreds of layouts that nobody looks at
  const visit = (hash) => {
    history.replaceState(null, "", hash);
    if (decodeURIComponent(location.hash) !== decodeURIComponent(hash)) throw new Error(`not at ${hash}`);
    route();
    const panel = document.getElementById("detail");
    const kind = hash.slice(1).split("/")[0];
    if (["cell", "task", "pair"].includes(kind)) {
      const title = panel.querySelector("h2");
      seen.views += 1;
      return !panel.hidden && title && title.textContent !== "Not in this report";
    }
    return document.getElementById(hash.slice(1)) !== null;
  };
  const done = new Set();
  let waiting = [...document.querySelectorAll("a")].map((a) => a.getAttribute("href"));
  while (waiting.length) {
    const hash = waiting.pop();
    if (done.has(hash)) continue;
    done.add(hash);
    seen.links += 1;
    // Other pages are named for readers who want to go there; the page itself needs none.
    if (hash.startsWith("https://")) continue;
    // Files of the run lie beside the report.
    if (!hash.startsWith("#")) { seen.files.push(hash); continue; }
    if (!visit(hash)) seen.broken.push(hash);
    waiting.push(...[...document.querySelectorAll("#detail a")].map((a) => a.getAttribute("href")));
  }
  seen.missing = visit("#cell/no/such/thing");
  visit("#tables");
  document.querySelectorAll("details").forEach((node) => { node.open = true; });

  // Gained and lost tasks open below their row, and close again.
  const table = document.getElementById("score-table");
  const button = table.querySelector("button.moved");
  button.click();
  seen.moved = table.querySelector("tr.expanded").innerText;
  button.click();
  seen.closed = table.querySelector("tr.expanded") === null;
  seen.copied = Object.fromEntries(Object.keys(FORMATS).map((name) => [name, tableAs(table, name)]));

  // Charts follow the choice above them; curves are of one training at a time.
  seen.charts = [...document.querySelectorAll("[data-chart]")].map((holder) =>
    [holder.dataset.chart, holder.querySelectorAll("svg").length]);
  const differences = document.querySelector("[data-chart=differences]");
  const choose = document.getElementById("choose-model");
  const choice = (value) => { choose.value = value; choose.dispatchEvent(new Event("change")); };
  choice(choose.options[1].value);
  seen.chosen = differences.querySelectorAll("svg").length;
  choice("");
  const curves = document.querySelector("[data-chart=learning_curves]");
  seen.words = [...curves.querySelectorAll("select option")].map((_, number) => {
    const select = curves.querySelector("select");
    select.value = number;
    select.dispatchEvent(new Event("change"));
    return curves.querySelector(".words").textContent;
  });

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      for (const direction of ["ascending", "descending"]) {
        head.querySelector("button").click();
        const values = [...table.tBodies[0].rows].map((row) => sortKey(row.cells[column]));
        const wrong = values.some((value, i) => i &&
          compare(values[i - 1], value) * (direction === "ascending" ? 1 : -1) > 0);
        if (wrong || head.getAttribute("aria-sort") !== direction) {
          seen.unsorted.push(`${table.id}:${head.textContent}:${direction}`);
        }
      }
    });
  }
  for (const input of document.querySelectorAll("input[data-filter]")) {
    const rows = [...document.getElementById(input.dataset.filter).querySelectorAll("tbody tr")];
    const type = (text) => { input.value = text; input.dispatchEvent(new Event("input")); };
    const shown = () => rows.filter((row) => !row.hidden).length;
    const word = rows[0].textContent.trim().split(/\s+/)[0];
    type("no such text"); const none = shown();
    type(word); const some = shown();
    type(""); const all = shown();
    if (none !== 0 || some === 0 || all !== rows.length) seen.unfiltered.push(input.dataset.filter);
  }
  seen.width = window.innerWidth;
  seen.overflow = document.documentElement.scrollWidth - window.innerWidth;
  seen.serious = [];
  for (const hash of ["#finding", window.reportViews.cell, window.reportViews.task, window.reportViews.pair]) {
    visit(hash);
    const place = hash === "#finding" ? document : document.getElementById("detail");
    const result = await axe.run(place, { resultTypes: ["violations"] });
    for (const finding of result.violations) {
      if (["serious", "critical"].includes(finding.impact)) {
        seen.serious.push(`${hash} ${finding.id}: ${finding.nodes[0].html.slice(0, 200)}`);
      }
    }
  }
  visit(window.reportViews.pair);
  seen.pairText = document.getElementById("detail").innerText;
  const out = document.createElement("pre");
  out.id = "harness";
  out.textContent = JSON.stringify(seen);
  document.body.append(out);
})().catch((error) => {
  const out = document.createElement("pre");
  out.id = "harness";
  out.textContent = JSON.stringify({ crash: `${error} ${error.stack}` });
  document.body.append(out);
});
