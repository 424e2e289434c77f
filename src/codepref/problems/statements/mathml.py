"""MathML, as MathJax and KaTeX leave it on a page, as readable plain text."""

import re

from bs4 import NavigableString, PageElement, Tag

from codepref.problems.statements.formulas import fraction, latex_to_text, root, script, tidy

_SPACED = set("≤≥≠=<>→←⇒⇔×÷±·∈∉∧∨⊕≡≢⊂⊆+−")


def mathml_to_text(node: PageElement) -> str:
    """Return a MathML element in plain text, from its TeX source where it carries one.

    Raises:
        UnknownFormula: as ``latex_to_text``.
    """
    if isinstance(node, NavigableString):
        return str(node).strip()
    if not isinstance(node, Tag):
        return ""
    source = node.find("annotation", encoding=re.compile("tex", re.I))
    if isinstance(source, Tag):
        return latex_to_text(source.get_text())
    return tidy(_mathml(node))


def _mathml(node: PageElement) -> str:
    if isinstance(node, NavigableString):
        return str(node).strip()
    if not isinstance(node, Tag):
        return ""
    parts = [
        _mathml(child) for child in node.children if isinstance(child, Tag) or str(child).strip()
    ]
    match node.name, parts:
        case "annotation" | "annotation-xml", _:
            return ""
        case (("msub" | "munder"), [base, below]):
            return script(base, "_", below)
        case (("msup" | "mover"), [base, above]):
            return script(base, "^", above)
        case (("msubsup" | "munderover"), [base, below, above]):
            return script(script(base, "_", below), "^", above)
        case "mfrac", [above, below]:
            return fraction(above, below)
        case "msqrt", _:
            return f"√({''.join(parts)})"
        case "mroot", [radicand, degree]:
            return root(degree, radicand)
        case "mtable", _:
            return "; ".join(parts)
        case "mtr", _:
            return " ".join(parts)
        case "mspace", _:
            return " "
        case "mo", [sign]:
            return f" {sign} " if sign in _SPACED else "..." if sign in "…⋯" else sign
        case "mtext", _:
            return node.get_text()
    return "".join(parts)
