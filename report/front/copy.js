// Every table can be copied as Markdown, LaTeX or CSV.

function cellsOf(table) {
  const text = (cell) => {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll("small").forEach((small) => small.replaceWith(` (${small.textContent.trim()})`));
    return copy.textContent.replace(/\s+/g, " ").trim();
  };
  return [...table.rows]
    .filter((row) => !row.hidden && !row.classList.contains("expanded"))
    .map((row) => [...row.cells].map(text));
}

const LATEX = {
  "\\": "\\textbackslash{}", "&": "\\&", "%": "\\%", "$": "\\$", "#": "\\#", "_": "\\_", "{": "\\{",
  "}": "\\}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "−": "$-$", "–": "--",
  "±": "$\\pm$", "<": "\\textless{}", ">": "\\textgreater{}",
};

const FORMATS = {
  Markdown(rows, words) {
    const line = (cells) => `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
    const align = rows[0].map((_, column) => (words[column] ? ":--" : "--:"));
    return [line(rows[0]), line(align), ...rows.slice(1).map(line)].join("\n") + "\n";
  },
  LaTeX(rows, words) {
    const escaped = (text) => text.replace(/[\\&%$#_{}~^−–±<>]/g, (letter) => LATEX[letter]);
    const line = (cells) => `${cells.map(escaped).join(" & ")} \\\\`;
    const columns = words.map((word) => (word ? "l" : "r")).join("");
    return [`\\begin{tabular}{${columns}}`, "\\toprule", line(rows[0]), "\\midrule",
      ...rows.slice(1).map(line), "\\bottomrule", "\\end{tabular}"].join("\n") + "\n";
  },
  CSV(rows) {
    const field = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    return rows.map((cells) => cells.map(field).join(",")).join("\r\n") + "\r\n";
  },
};

function tableAs(table, format) {
  const words = [...table.tHead.rows[0].cells].map((cell) => !cell.classList.contains("number"));
  return FORMATS[format](cellsOf(table), words);
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { "aria-hidden": "true", class: "unseen" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

/** Put the buttons below a table (outside of what scrolls with it). */
function addCopyBar(table) {
  const name = table.closest("figure")?.querySelector("figcaption")?.textContent.trim() || table.id || "table";
  const buttons = Object.keys(FORMATS).map((format) => {
    const button = make("button", { type: "button", "aria-label": `Copy ${name} as ${format}` }, format);
    button.addEventListener("click", async () => {
      await toClipboard(tableAs(table, format));
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = format; }, 1200);
    });
    return button;
  });
  (table.closest(".scroll") ?? table).after(make("p", { class: "copy screen" }, "Copy as ", ...buttons));
}
