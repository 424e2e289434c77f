// Tables: sort by a heading, filter by text.

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
      closeMoved(table);
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
