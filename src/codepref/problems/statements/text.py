"""Statements as sites write them (HTML, MathJax) as readable plain text."""

import re
from collections.abc import Callable
from typing import Any

from bs4 import BeautifulSoup, NavigableString, PageElement, Tag

from codepref.problems.sources.foreign import NotUnderstood
from codepref.problems.statements.formulas import UnknownFormula, latex_to_text, script
from codepref.problems.statements.mathml import mathml_to_text

_BREAK = "\r"  # of a line, until formulas are read: they may hold some, but no end of a paragraph
_BLOCKS = {"p", "div", "ul", "ol", "table", "center", "h1", "h2", "h3", "h4", "blockquote"}
# What MathJax and KaTeX draw on a page; the source stands beside it, in a script or as MathML.
_DRAWN = {
    "MathJax", "MathJax_Preview", "MathJax_Display", "MathJax_SVG", "MathJax_SVG_Display",
    "MathJax_CHTML", "MJXc-display", "mjx-chtml", "katex-html",
}  # fmt: skip
# Display formulas stand between six dollar signs, those in a line between three; neither goes on
# over a blank line, so that one lost sign cannot exchange prose and formulas.
_FORMULA = re.compile(
    r"\${6}((?:(?!\n\n|\${6}).)+)\${6} ?|\${3}((?:(?!\n\n|\${3}).)+)\${3}(?!\$(?!\$\$))", re.S
)
# No space inside at either sign and no digit after the second (else it is money), unless a command
# stands inside.
_INSIDE = r"(?:\\.|(?!\n\n)[^$\\])"
_MARKDOWN_FORMULA = re.compile(
    rf"\$\$({_INSIDE}+)\$\$|"
    rf"(?<!\\)\$((?=\S){_INSIDE}+(?<=\S)|{_INSIDE}*\\[a-zA-Z$]{_INSIDE}*)\$(?![\d{{])",
    re.S,
)
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.S)
_BARE_SCRIPT = re.compile(r"([\^_])\s?\{([^{}\n]*)\}")
_LEFT_OVER = re.compile(
    r"\$\$\$|\\(?:[dt]?frac|leq?|geq?|neq?|[lc]?dots|c?dot|times|text(?:tt|bf|it|rm|sf)?|"
    r"math(?:rm|tt|bf|it|cal|bb|sf)|operatorname|left|right|begin|end|sqrt|sum|prod|bmod|pmod|"
    r"[lr](?:ceil|floor|angle|vert)|oplus|color|over(?:line)?|underline|to|infty|in|log|min|max)"
    r"(?![a-zA-Z])|[\^_]\s?\{|"
    r"\b(?:[dt]?frac(?!tion|tal|tur)|ldots|cdots|cdot|lceil|rceil|lfloor|rfloor|leqslant|geqslant|bmod|pmod|"
    r"texttt|textbf|mathbf|mathrm|mathcal|mathbb|operatorname|displaystyle)"
)


def html_to_text(html: str | Tag) -> str:
    """Return HTML as plain text: paragraphs, list items and table rows on lines of their own.

    LaTeX between ``$$$`` or ``$$$$$$`` (Codeforces) becomes readable text, and so do formulas that
    MathJax or KaTeX has drawn; ``<sup>4</sup>`` becomes ``^4``, ``<sub>i</sub>`` becomes ``_i``;
    the text inside ``<pre>`` keeps its lines.

    Raises:
        NotUnderstood: a formula cannot be read, or a part of one is left in the text.
    """
    root = BeautifulSoup(html, "html.parser") if isinstance(html, str) else html
    text = "".join(_render(child) for child in root.children).replace("\xa0", " ")
    text = _FORMULA.sub(_formula, text).replace(_BREAK, "\n")
    lines = [line.rstrip() for line in text.split("\n")]
    return _without_rest(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip())


def markdown_to_text(markdown: str) -> str:
    r"""Return a data set's statement with its formulas readable; the rest of Markdown stays.

    Formulas stand between one, two, three or six dollar signs; sums of money are none. Code in
    backticks is left as it is.

    >>> markdown_to_text(r"For $n \le 10^{5}$ you pay $5, not $10.")
    'For n ≤ 10^5 you pay $5, not $10.'

    Raises:
        NotUnderstood: as in ``html_to_text``.
    """
    parts = _CODE.split(markdown.replace("\r\n", "\n"))
    return "".join(code if at % 2 else _markdown_prose(code) for at, code in enumerate(parts))


def _markdown_prose(text: str) -> str:
    text = _MARKDOWN_FORMULA.sub(_markdown_formula, _FORMULA.sub(_formula, text))
    while _BARE_SCRIPT.search(text):  # from the inside out
        text = _BARE_SCRIPT.sub(lambda match: script("", match[1], match[2]), text)
    return _without_rest(text)


def _markdown_formula(match: re.Match[str]) -> str:
    # Markdown's own escapes: a backslash before "\{" or "_" keeps it as it is.
    formula = re.sub(r"\\\\(?=[{}_|*])", r"\\", match[1] or match[2])
    return _readable(latex_to_text, formula)


def _without_rest(text: str) -> str:
    """Return a text that holds no part of a formula; raises NotUnderstood."""
    if left := _LEFT_OVER.search(text):
        around = text[max(left.start() - 20, 0) : left.end() + 20]
        raise NotUnderstood("formula", detail=f"'{left.group()}' is left in '{around}'")
    return text


def _formula(match: re.Match[str]) -> str:
    text = _readable(latex_to_text, match[1] or match[2])
    return f"\n{text}\n" if match[1] else text


def _readable(convert: Callable[[Any], str], formula: Any) -> str:
    try:
        return convert(formula)
    except UnknownFormula as error:
        raise NotUnderstood("formula", detail=str(error)) from error


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
            return str(node).replace(_BREAK, "")
        return re.sub(r"\s+", " ", str(node)) if type(node) is NavigableString else ""
    if not isinstance(node, Tag):
        return ""
    if node.name == "br":
        return _BREAK
    if node.name == "img":
        return "[image]"
    if node.name in ("script", "style", "math", "mjx-container") or _DRAWN & _classes(node):
        return _drawn_formula(node)
    is_pre = node.name == "pre"
    inside = "".join(_render(child, in_pre or is_pre) for child in node.children)
    if in_pre:
        return f"{inside}\n" if node.name == "div" else inside
    if is_pre:
        return "\n\n" + inside.strip("\n") + "\n\n"
    if node.name in ("sup", "sub"):
        return script("", "^" if node.name == "sup" else "_", inside)
    if node.name == "li":
        return f"\n- {inside.strip()}"
    if node.name == "tr":
        cells = node.find_all(["td", "th"])
        return "\n" + " | ".join(cell.get_text(" ", strip=True) for cell in cells)
    if node.name in _BLOCKS:
        return f"\n\n{inside.strip(' ')}\n\n"
    return inside


def _classes(node: Tag) -> set[str]:
    return set(node.get_attribute_list("class")) - {None}


def _drawn_formula(node: Tag) -> str:
    """Return the formula that stands behind what was drawn, once.

    MathJax 2 leaves the source in a script beside the drawing; a page saved without its scripts has
    MathML only, as has MathJax 3; KaTeX has MathML with the source in it.
    """
    if node.name == "script":
        if not str(node.get("type", "")).startswith("math/tex"):
            return ""
        text = _readable(latex_to_text, node.get_text())
        return f"\n{text}\n" if "display" in str(node["type"]) else text
    if node.name == "math":
        return _readable(mathml_to_text, node)
    if node.name == "style" or _has_source(node):
        return ""
    math, framed = node.find("math"), node.select_one("[data-mathml]")
    data = node.get("data-mathml") or (framed and framed.get("data-mathml"))
    if math is None and data:
        math = BeautifulSoup(str(data), "html.parser").find("math")
    return _readable(mathml_to_text, math) if isinstance(math, Tag) else ""


def _has_source(drawn: Tag) -> bool:
    """Tell whether a script with the formula's source follows, beside it or beside its frame."""
    for node in (drawn, drawn.parent):
        after = node.find_next_sibling() if isinstance(node, Tag) else None
        while isinstance(after, Tag) and _DRAWN & _classes(after):
            after = after.find_next_sibling()
        if isinstance(after, Tag) and str(after.get("type", "")).startswith("math/tex"):
            return True
    return False
