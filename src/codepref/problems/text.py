"""Statements as sites write them (HTML, MathJax) as readable plain text."""

import re

from bs4 import BeautifulSoup, NavigableString, PageElement, Tag

_BLOCKS = {"p", "div", "ul", "ol", "table", "center", "h1", "h2", "h3", "h4", "blockquote"}
_SYMBOLS = {
    "le": "≤", "leq": "≤", "leqslant": "≤", "ge": "≥", "geq": "≥", "geqslant": "≥", "ne": "≠",
    "neq": "≠", "lt": "<", "gt": ">", "ll": "≪", "gg": "≫", "times": "×", "cdot": "·", "div": "÷",
    "pm": "±", "ldots": "...", "dots": "...", "cdots": "...", "dotsc": "...", "to": "→",
    "rightarrow": "→", "leftarrow": "←", "Rightarrow": "⇒", "gets": "←", "in": "∈", "notin": "∉",
    "cup": "∪", "cap": "∩", "subset": "⊂", "subseteq": "⊆", "emptyset": "∅", "varnothing": "∅",
    "infty": "∞", "sum": "∑", "prod": "∏", "oplus": "⊕", "lfloor": "⌊", "rfloor": "⌋",
    "lceil": "⌈", "rceil": "⌉", "lvert": "|", "rvert": "|", "vert": "|", "mid": "|", "land": "∧",
    "lor": "∨", "lnot": "¬", "forall": "∀", "exists": "∃", "equiv": "≡", "approx": "≈",
    "sqrt": "√", "bmod": "mod", "circ": "∘", "alpha": "α", "beta": "β", "gamma": "γ",
    "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "lambda": "λ", "mu": "μ", "pi": "π",
    "sigma": "σ", "phi": "φ", "omega": "ω", "Delta": "Δ", "Sigma": "Σ", "langle": "⟨",
    "rangle": "⟩", "ell": "ℓ", "star": "*", "ast": "*", "prime": "'", "quad": " ", "qquad": " ",
    "left": "", "right": "", "big": "", "Big": "", "limits": "", "displaystyle": "", "rm": "",
    "bf": "", "it": "", "tt": "",
}  # fmt: skip
_STYLES = re.compile(
    r"\\(?:text|texttt|textbf|textit|textrm|mathrm|mathtt|mathbf|mathit|mathcal|mathbb|mathsf|"
    r"operatorname|overline|underline|boldsymbol|mbox|pmb)\s*\{([^{}]*)\}"
)


def html_to_text(html: str | Tag) -> str:
    """Return HTML as plain text: paragraphs, list items and table rows on lines of their own.

    MathJax between ``$$$`` (Codeforces) becomes readable text, ``<sup>4</sup>`` becomes ``^4``,
    ``<sub>i</sub>`` becomes ``_i``; the text inside ``<pre>`` keeps its lines.
    """
    root = BeautifulSoup(html, "html.parser") if isinstance(html, str) else html
    text = "".join(_render(child) for child in root.children).replace("\xa0", " ")
    text = re.sub(
        r"\$\$\$(.+?)\$\$\$", lambda match: latex_to_text(match.group(1)), text, flags=re.S
    )
    lines = [line.rstrip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def latex_to_text(formula: str) -> str:
    r"""Return a formula in plain text.

    >>> latex_to_text(r"1 \le n \le 2 \cdot 10^{5}")
    '1 ≤ n ≤ 2 · 10^5'
    >>> latex_to_text(r"2^{n-1}")
    '2^(n-1)'
    """
    text = formula.replace("~", " ").replace(r"\{", "\x01").replace(r"\}", "\x02")
    text = re.sub(r"\\[,;:! ]", " ", text)
    # From the inside out, as braces nest.
    for _ in range(8):
        before = text
        text = _STYLES.sub(r"\1", text)
        text = re.sub(r"\\d?t?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", _fraction, text)
        text = re.sub(r"\\sqrt\s*\{([^{}]*)\}", r"√(\1)", text)
        text = re.sub(r"\\pmod\s*\{([^{}]*)\}", r"(mod \1)", text)
        # Braces around more than one term carry meaning that plain text would lose.
        text = re.sub(r"([\^_])\s*\{\s*(\w*)\s*\}", r"\1\2", text)
        text = re.sub(r"([\^_])\s*\{([^{}]*)\}", r"\1(\2)", text)
        if text == before:
            break
    text = re.sub(r"\\([A-Za-z]+)", lambda match: _SYMBOLS.get(match[1], match[1]), text)
    text = text.replace("\\\\", " ").replace("\\", "").replace("{", "").replace("}", "")
    text = text.replace("\x01", "{").replace("\x02", "}")
    return re.sub(r"\s+", " ", text).strip()


def _fraction(match: re.Match[str]) -> str:
    parts = [part if re.fullmatch(r"\w*", part) else f"({part})" for part in match.groups()]
    return "/".join(parts)


def preformatted(pre: Tag) -> str:
    """Return the text of a sample's ``<pre>``, line for line, ending with a newline.

    Codeforces has three forms: plain text (one newline after ``<pre>`` is not part of it), lines
    ended by ``<br/>``, and lines that are ``<div class="test-example-line">``. White space at line
    ends is dropped; blank lines are part of the input.
    """
    divided = pre.find_all("div", class_="test-example-line")
    text = "\n".join(line.get_text().strip("\n") for line in divided) or _pre_text(pre)
    lines = [line.rstrip() for line in text.replace("\r", "").replace("\xa0", " ").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines) + "\n"


def _pre_text(pre: Tag) -> str:
    nodes = (node for node in pre.descendants if not isinstance(node, Tag) or node.name == "br")
    parts = ["\n" if isinstance(node, Tag) else str(node) for node in nodes]
    # In HTML a newline right after the tag is not part of the text (a <br> would be).
    if parts and isinstance(next(pre.children), NavigableString):
        parts[0] = parts[0].removeprefix("\n")
    return "".join(parts)


def _render(node: PageElement, in_pre: bool = False) -> str:
    if isinstance(node, NavigableString):
        if in_pre:
            return str(node)
        return re.sub(r"\s+", " ", str(node)) if type(node) is NavigableString else ""
    if not isinstance(node, Tag):
        return ""
    if node.name == "br":
        return "\n"
    if node.name in ("script", "style"):
        return ""
    is_pre = node.name == "pre"
    inside = "".join(_render(child, in_pre or is_pre) for child in node.children)
    if in_pre:
        return f"{inside}\n" if node.name == "div" else inside
    if is_pre:
        return "\n\n" + inside.strip("\n") + "\n\n"
    if node.name in ("sup", "sub"):
        mark = "^" if node.name == "sup" else "_"
        inside = inside.strip()
        return f"{mark}{inside}" if re.fullmatch(r"\w*", inside) else f"{mark}({inside})"
    if node.name == "li":
        return f"\n- {inside.strip()}"
    if node.name == "tr":
        cells = node.find_all(["td", "th"])
        return "\n" + " | ".join(cell.get_text(" ", strip=True) for cell in cells)
    if node.name in _BLOCKS:
        return f"\n\n{inside.strip(' ')}\n\n"
    return inside
