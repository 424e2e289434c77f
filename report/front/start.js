// Set everything going.

document.querySelectorAll("table[data-sortable]").forEach(makeSortable);
document.querySelectorAll("input[data-filter]").forEach(makeFilter);
document.querySelectorAll("main table").forEach(addCopyBar);
document.querySelectorAll("button.moved").forEach(makeMoved);
startCharts();
window.addEventListener("hashchange", route);
window.addEventListener("beforeprint", () => {
  document.querySelectorAll("details:not(.screen, .screen *)").forEach((node) => { node.open = true; });
});
route();
