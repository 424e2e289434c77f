// What the page carries, and how an element is made. Text from models only ever becomes text nodes.
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

/** A number with a true minus sign. */
function digits(value, count = 1) {
  return value.toFixed(count).replace(/^-(0(\.0*)?)$/, "$1").replace("-", "−");
}
