"""LaTeX formulas as readable plain text, by a parser.

Nothing is guessed: a command that is not known, or braces that do not match, raise UnknownFormula,
since what is silently dropped from a formula changes what a problem asks for.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache

from pylatexenc.latex2text import get_default_latex_context_db
from pylatexenc.latexwalker import (
    LatexCharsNode,
    LatexCommentNode,
    LatexEnvironmentNode,
    LatexGroupNode,
    LatexMacroNode,
    LatexMathNode,
    LatexNode,
    LatexSpecialsNode,
    LatexWalker,
    LatexWalkerParseError,
)
from pylatexenc.macrospec import EnvironmentSpec, LatexContextDb, MacroSpec, SpecialsSpec


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Spaces stand around these whatever the author wrote.
_RELATIONS = {
    "le": "≤", "leq": "≤", "leqslant": "≤", "ge": "≥", "geq": "≥", "geqslant": "≥", "ne": "≠",
    "neq": "≠", "lt": "<", "gt": ">", "ll": "≪", "gg": "≫", "to": "→", "gets": "←", "iff": "⇔",
    "implies": "⇒", "times": "×", "div": "÷", "pm": "±", "cdot": "·", "mid": "|", "colon": ":",
    "land": "∧", "lor": "∨", "bmod": "mod", "mod": "mod", "oplus": "⊕", "coloneqq": ":=",
    "nmid": "∤", "and": "and", "or": "or",
}  # fmt: skip
_SYMBOLS = {
    "ldots": "...", "dots": "...", "cdots": "...", "dotsc": "...", "dotsb": "...", "dotsm": "...",
    "dotso": "...", "vdots": "...", "ddots": "...", "hdots": "...", "lvert": "|", "rvert": "|",
    "vert": "|", "lVert": "‖", "rVert": "‖", "Vert": "‖", "star": "*", "ast": "*", "lbrace": "{",
    "rbrace": "}", "lbrack": "[", "rbrack": "]", "prime": "'", "quad": " ", "qquad": " ",
    "{": "{", "}": "}", "%": "%", "&": "&", "#": "#", "$": "$", "_": "_", "|": "‖", "\\": " ",
    ",": " ", ":": " ", ";": " ", ">": " ", "!": "", " ": " ", "-": "", "/": "", "backslash": "\\",
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "lnot": "¬", "lgroup": "(",
    "rgroup": ")", "newline": " ", "cr": " ", "space": " ", "enspace": " ", "thinspace": " ",
    "nobreakspace": " ", "infin": "∞", "textbackslash": "\\", "textasciitilde": "~", "sum": "∑",
    "prod": "∏", "varnothing": "∅", "epsilon": "ε", "varepsilon": "ε", "phi": "φ", "varphi": "φ",
    "empty": "∅", "triangleq": "≜", "bigoplus": "⊕", "bigcup": "∪", "bigcap": "∩", "circ": "∘",
    "square": "□", "blacksquare": "■", "N": "N", "Z": "Z", "R": "R", "Q": "Q",
    "dagger": "†", "ddagger": "‡", "dag": "†", "ddag": "‡",
    "triangle": "△", "bigtriangleup": "△", "bigtriangledown": "▽", "lozenge": "◊", "diamond": "⋄",
    "blacktriangle": "▲", "checkmark": "✓", "bigstar": "★",
}  # fmt: skip
_FUNCTIONS = _names(
    "min max gcd lcm log ln lg exp sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh deg "
    "det dim inf sup lim arg argmin argmax ker Pr hom MEX mex liminf limsup"
)
# Size, colour and typeface say nothing in plain text.
_SILENT = _names(
    "big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm limits nolimits "
    "displaystyle textstyle scriptstyle scriptscriptstyle rm bf it tt sf sc cal bfseries ttfamily "
    "itshape tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge hline "
    "mathstrut strut relax noindent nonumber notag centering em allowbreak nobreak boldmath "
    "mathop mathrel mathbin mathord mathopen mathclose mathpunct"
)
_SILENT_WITH_ARGUMENT = _names(
    "color label tag hspace vspace phantom hphantom vphantom cline hskip"
)
_PLAIN_ARGUMENT = _names(
    "mathrm mathtt mathbf mathit mathcal mathbb mathsf mathfrak mathscr mathnormal operatorname "
    "boldsymbol pmb bm boxed underline smash ensuremath underbrace overbrace rlap llap mathring "
    "bold Bbb frak"
)
# Inside these, "^" and "_" are themselves.
_TEXT_ARGUMENT = _names(
    "text texttt textbf textit textrm textsf textsc textnormal textup textmd emph mbox hbox fbox "
    "uline"
)
_ACCENTS = {
    "overline": "\u0305", "bar": "\u0304", "vec": "\u20d7", "hat": "\u0302", "tilde": "\u0303",
    "widehat": "\u0302", "widetilde": "\u0303", "dot": "\u0307", "ddot": "\u0308",
    "overrightarrow": "\u20d7", "check": "\u030c", "breve": "\u0306",
}  # fmt: skip
_ARROWS = {"xrightarrow": "→", "xleftarrow": "←", "xRightarrow": "⇒", "xleftrightarrow": "↔"}
_ARROWS |= {"xmapsto": "↦", "xLeftarrow": "⇐"}
_DELIMITED = {
    "matrix": ("", ""), "pmatrix": ("(", ")"), "bmatrix": ("[", "]"), "vmatrix": ("|", "|"),
    "Bmatrix": ("{", "}"), "Vmatrix": ("‖", "‖"), "smallmatrix": ("", ""), "cases": ("{ ", ""),
    "array": ("", ""), "tabular": ("", ""),
}  # fmt: skip
_DELIMITED |= dict.fromkeys(
    (
        f"{name}{star}"
        for name in ("aligned", "align", "gathered", "gather", "split", "equation", "multline")
        for star in ("", "*")
    ),
    ("", ""),
)
_TABLES = ("array", "tabular")
# What needs no brackets above a fraction's line, and below it: "1/2n" would be read as n/2.
_ONE_TERM = r"[\w.]*|\w+[\^_]\w+|[\w√]*\([^()]*\)|\|[^|]*\|"
_ONE_FACTOR = r"\d[\d.]*|[^\W\d]?(_\w+)?|\w\d*\^\w+|(√|[^\W\d_]*)\([^()]*\)|\|[^|]*\|"
_OPENING, _CLOSING = "([{⌊⌈⟨", ")]}⌋⌉⟩"


class UnknownFormula(ValueError):
    """A formula that cannot be read; the text says which command or brace is the reason."""


def latex_to_text(formula: str) -> str:
    r"""Return a LaTeX formula in plain text.

    >>> latex_to_text(r"1 \le n \le 2 \cdot 10^{5}")
    '1 ≤ n ≤ 2 · 10^5'
    >>> latex_to_text(r"\frac{|a-b|}{\max{(1,|b|)}}")
    '|a-b|/max(1,|b|)'

    Raises:
        UnknownFormula: a command is not known, or braces do not match.
    """
    # TeX's "\\[2pt]": the distance to the next line.
    source = re.sub(r"\\\\\s*\[[\d.]+\s*(?:pt|em|ex|mm|cm)\]", r"\\\\ ", formula)
    walker = LatexWalker(source, latex_context=_grammar(), tolerant_parsing=False)
    try:
        nodes, _, _ = walker.get_latex_nodes()
        return tidy(_sequence(nodes))
    except RecursionError as error:
        raise UnknownFormula(f"nested too deep: '{formula[:60]}'") from error
    except (LatexWalkerParseError, IndexError) as error:
        reason = str(error).split("\n")[0][:80]
        raise UnknownFormula(f"{reason} in '{formula[:60]}'") from error


def script(base: str, mark: str, raised: str) -> str:
    """Return a base with what is raised (mark ``^``) or lowered (``_``), in brackets if need be.

    >>> script("2", "^", "n-1"), script("10", "^", "5")
    ('2^(n-1)', '10^5')
    """
    raised = raised.strip()
    plain = re.fullmatch(r"[^\W_]*|[^\w\s^]|'+", raised)
    return f"{base}{mark}{raised}" if plain else f"{base}{mark}({raised})"


# --- LaTeX ----------------------------------------------------------------------------------------


@cache
def _arguments() -> dict[str, str]:
    """Return which arguments commands take: ``{`` one, ``[`` one that may be left out."""
    found = {name: "{" for name in _SILENT_WITH_ARGUMENT | _PLAIN_ARGUMENT | _TEXT_ARGUMENT}
    found |= dict.fromkeys(_ACCENTS, "{")
    found |= dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "binom", "dbinom"), "{{")
    found |= dict.fromkeys(("underset", "overset", "stackrel", "textcolor", "href"), "{{")
    found |= {"sqrt": "[{", "operatorname": "*{", "left": "{", "right": "{", "middle": "{"}
    found |= {"pmod": "{", "pod": "{", "not": "{", "substack": "{"}
    return found | dict.fromkeys(_ARROWS, "[{")


@cache
def _grammar() -> LatexContextDb:
    """What the parser must know: which commands take arguments."""
    grammar = LatexContextDb()
    grammar.add_context_category(
        "formulas",
        macros=[MacroSpec(name, args_parser=form) for name, form in _arguments().items()],
        environments=[
            EnvironmentSpec(name, args_parser="{" if name in _TABLES else "") for name in _DELIMITED
        ],
        specials=[SpecialsSpec("~"), SpecialsSpec("&")],
    )
    grammar.set_unknown_macro_spec(MacroSpec(""))
    grammar.set_unknown_environment_spec(EnvironmentSpec(""))
    return grammar


@cache
def _known_symbols() -> dict[str, str]:
    """Commands that stand for characters, as the library knows them."""
    found = {}
    for category in get_default_latex_context_db().d.values():
        for name, spec in category["macros"].items():
            text = spec.simplify_repl
            if isinstance(text, str) and text and "%" not in text:
                found[name] = text
    return found


def _sequence(nodes: Iterable[LatexNode | None]) -> str:
    """Return the text of nodes one after the other; scripts and infix commands bind neighbours."""
    items = _atoms(nodes)
    for at, item in enumerate(items):
        if isinstance(item, LatexMacroNode) and item.macroname in ("over", "choose"):
            above, below = _pieces(items[:at]), _pieces(items[at + 1 :])
            if item.macroname == "choose":
                return f"C({above.strip()}, {below.strip()})"
            return fraction(above, below)
    return _pieces(items)


def _atoms(nodes: Iterable[LatexNode | None]) -> list[LatexNode | str]:
    """Split text into its characters, since ``^`` and ``_`` bind the next one only."""
    found: list[LatexNode | str] = []
    for node in nodes:
        if isinstance(node, LatexCharsNode):
            found += list(node.chars)
        elif node is not None and not isinstance(node, LatexCommentNode):
            found.append(node)
    return found


def _pieces(items: list[LatexNode | str]) -> str:
    text, at = "", 0
    while at < len(items):
        item = items[at]
        at += 1
        if isinstance(item, str) and item in "^_":
            while at < len(items) and isinstance(items[at], str) and str(items[at]).isspace():
                at += 1
            raised = _text(items[at]) if at < len(items) else ""
            at += 1
            text = script(text.rstrip(), item, tidy(raised))
            continue
        piece = _text(item)
        # "2\log n" is not "2log n".
        if (
            isinstance(item, LatexMacroNode)
            and item.macroname in _FUNCTIONS
            and text[-1:].isalnum()
        ):
            piece = " " + piece
        text += piece
    return text


def _text(node: LatexNode | str) -> str:
    if isinstance(node, str):
        return node
    if isinstance(node, LatexCharsNode):
        return _sequence([node])
    if isinstance(node, (LatexGroupNode, LatexMathNode)):
        return _sequence(node.nodelist)
    if isinstance(node, LatexSpecialsNode):
        return " "
    if isinstance(node, LatexEnvironmentNode):
        return _environment(node)
    assert isinstance(node, LatexMacroNode)
    return _macro(node)


def _words(node: LatexNode) -> str:
    if isinstance(node, LatexCharsNode):
        return str(node.chars)
    if isinstance(node, LatexGroupNode):
        return "".join(_words(item) for item in node.nodelist)
    return _text(node)


def _macro(node: LatexMacroNode) -> str:
    name, space = node.macroname, node.macro_post_space
    parsed = (node.nodeargd.argnlist if node.nodeargd else None) or []
    if len(parsed) < len(_arguments().get(name, "")):
        raise UnknownFormula(f"\\{name} without what belongs to it")
    if name in _TEXT_ARGUMENT:
        return _words(parsed[-1])
    values = [_text(item) if item is not None else "" for item in parsed]
    if name in _RELATIONS:
        return f" {_RELATIONS[name]} "
    if name in _FUNCTIONS:
        return name + space
    if name in _SILENT or name in _SILENT_WITH_ARGUMENT:
        return ""
    if name in _PLAIN_ARGUMENT:
        return values[-1]
    if name in _ACCENTS:
        return "".join(c + _ACCENTS[name] if c.isalnum() else c for c in values[0])
    if name in _ARROWS:
        labels = [value.strip() for value in values if value.strip()]
        return f" {_ARROWS[name]}" + (f"({'; '.join(labels)}) " if labels else " ")
    if name in _COMMANDS:
        return _COMMANDS[name](*values)
    symbol = _SYMBOLS.get(name) or _known_symbols().get(name)
    if symbol is None and name not in _SYMBOLS:
        raise UnknownFormula(f"\\{name}")
    return (symbol or "") + space


def _environment(node: LatexEnvironmentNode) -> str:
    name = node.environmentname
    if name not in _DELIMITED:
        raise UnknownFormula(f"\\begin{{{name}}}")
    rows: list[list[list[LatexNode | None]]] = [[[]]]
    for item in node.nodelist:
        if isinstance(item, LatexMacroNode) and item.macroname in ("\\", "cr", "newline"):
            rows.append([[]])
        elif isinstance(item, LatexSpecialsNode) and item.specials_chars == "&":
            rows[-1].append([])
        else:
            rows[-1][-1].append(item)
    between = " | " if name in _TABLES else " "
    lines = [between.join(tidy(_sequence(cell)) for cell in row).strip() for row in rows]
    opening, closing = _DELIMITED[name]
    return f" {opening}{'; '.join(line for line in lines if line)}{closing} "


def fraction(above: str, below: str) -> str:
    """Return a fraction in one line."""
    above, below = tidy(above), tidy(below)
    return f"{_operand(above, _ONE_TERM)}/{_operand(below, _ONE_FACTOR)}"


def _operand(text: str, bare: str) -> str:
    return text if re.fullmatch(bare, text) else f"({text})"


def root(degree: str, radicand: str) -> str:
    """Return a root in one line; the degree of a square root is empty."""
    return f"{tidy(degree)}√({tidy(radicand)})"


def _delimiter(text: str) -> str:
    return "" if text.strip() == "." else text.strip()


def _negated(text: str) -> str:
    known = {"=": "≠", "∈": "∉", "≡": "≢", "⊂": "⊄", "⊆": "⊈", "∃": "∄", "<": "≮", ">": "≯"}
    return f" {known.get(text.strip(), text.strip() + chr(0x338))} "


_COMMANDS: dict[str, Callable[..., str]] = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac"), fraction),
    **dict.fromkeys(("binom", "dbinom"), lambda n, k: f"C({tidy(n)}, {tidy(k)})"),
    **dict.fromkeys(("left", "right", "middle"), _delimiter),
    **dict.fromkeys(("pmod", "pod"), lambda modulus: f" (mod {tidy(modulus)})"),
    **dict.fromkeys(("textcolor", "href"), lambda _, text: text),
    "sqrt": root,
    "not": _negated,
    "underset": lambda below, text: script(text.strip(), "_", tidy(below)) + " ",
    "overset": lambda above, text: script(text.strip(), "^", tidy(above)) + " ",
    "stackrel": lambda above, text: script(text.strip(), "^", tidy(above)) + " ",
    "substack": lambda text: tidy(text),
}


def tidy(text: str) -> str:
    """Return text with single spaces, and none inside brackets of ours or before commas."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(rf"(?<=[{re.escape(_OPENING[3:])}]) | (?=[{re.escape(_CLOSING[3:])}])", "", text)
    return re.sub(r" (?=[,;])", "", text).strip()
