"""Formulas of pages become plain text that says the same, or the page is left out by name."""

import gzip
import json
import re

import pytest
from helpers.codeforces_pages import page, page_of_raw_example
from helpers.places import SHARED

from codepref.problems.sources.codeforces import Entry, problem_from_page, statement_from_page
from codepref.problems.sources.foreign import NotUnderstood, Skip
from codepref.problems.statements.formulas import UnknownFormula, latex_to_text
from codepref.problems.statements.text import html_to_text, markdown_to_text

SCRAPED = SHARED / "codeforces" / "scraped_800.jsonl.gz"
PARTS = ("statement", "inputSpecification", "outputSpecification", "note")


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (r"1 \le n \leq 2 \cdot 10^5", "1 ≤ n ≤ 2 · 10^5"),
        (r"1\le n\le10^{18}", "1 ≤ n ≤ 10^18"),
        (r"a_{i,j} \ne 2^{n-1}", "a_(i,j) ≠ 2^(n-1)"),
        (r"a_{i_j}", "a_(i_j)"),
        (r"10^{-6}", "10^(-6)"),
        (r"\frac{a}{b} \times \lfloor x \rfloor", "a/b × ⌊x⌋"),
        (r"\frac{|a-b|}{\max{(1,|b|)}}", "|a-b|/max(1,|b|)"),
        (r"\frac{132}8", "132/8"),
        (r"\frac12", "1/2"),
        (r"\frac{1}{2n}", "1/(2n)"),
        (r"\dfrac{\frac{a}{b} + 1}{x}", "(a/b + 1)/x"),
        (r"{m \over 2}", "m/2"),
        (r"\binom{n}{k} = {n \choose k}", "C(n, k) = C(n, k)"),
        (r"\color{red}{1}", "1"),
        (r"[1, {\color{blue} 2}, \textcolor{red}{3}]", "[1, 2, 3]"),
        (r"\lceil\frac{m}{2}\rceil", "⌈m/2⌉"),
        (r"\left\lceil \frac{b_i - a_i}{2} \right\rceil", "⌈(b_i - a_i)/2⌉"),
        (r"\left. x \right|", "x |"),
        (r"u_1, u_2, \dots, u_n", "u_1, u_2, ..., u_n"),
        (r"\texttt{YES} \rightarrow 1", "YES → 1"),
        (r"\texttt{^ 3 a_b}", "^ 3 a_b"),
        (r"\{1, 2\} \not\in S", "{1, 2} ∉ S"),
        (r"q \not \equiv 0 \pmod{M}", "q ≢ 0 (mod M)"),
        (r"2\log n + \gcd(a,b)\bmod m", "2 log n + gcd(a,b) mod m"),
        (r"\sum\limits_{i=1}^{n} a_i", "∑_(i=1)^n a_i"),
        (r"\underset{1 \leq i}{\max} (a_i)", "max_(1 ≤ i) (a_i)"),
        (r"[2] \xrightarrow[x=1]{} [1]", "[2] →(x=1) [1]"),
        (r"\begin{bmatrix} 1&1\\ 2&3\\ \end{bmatrix}", "[1 1; 2 3]"),
        (
            r"f(a)= \begin{cases} 1&\textrm{if }k=1\\[2pt] 0&\text{otherwise.} \end{cases}",
            "f(a)= { 1 if k=1; 0 otherwise.",
        ),
        (r"k\ \%, a \,\&\, b, x\_y", "k %, a & b, x_y"),
        (r"\sqrt{n} + \sqrt[3]{x}", "√(n) + 3√(x)"),
        (r"p^\dagger", "p^†"),
    ],
)
def test_latex(formula, text):
    assert latex_to_text(formula) == text


@pytest.mark.parametrize(
    ("formula", "named"),
    [
        (r"\unheard{x}", "unheard"),
        ("a^{b", "stream"),
        ("a}", "}"),
        (r"\begin{tikz}x\end{tikz}", "tikz"),
        (r"\frac\sqrt", "frac"),
        (r"\frac\sqrt a", "sqrt without what belongs to it"),
        ("{" * 3000 + "}" * 3000, "nested too deep"),
    ],
    ids=["command", "open", "closed", "environment", "no arguments", "arguments", "deep"],
)
def test_what_is_not_known_is_named(formula, named):
    with pytest.raises(UnknownFormula, match=re.escape(named)):
        latex_to_text(formula)


def test_display_formulas_and_those_in_a_line_are_told_apart():
    html = r"<p>Let $$$$$$x \le y$$$$$$ where $$$a$$$ and $$$b$$$$$$_c$$$ hold.</p>"
    assert html_to_text(html) == "Let\nx ≤ y\nwhere a and b_c hold."


def test_a_lost_sign_is_named_and_exchanges_nothing():
    with pytest.raises(NotUnderstood, match=r"\$\$\$"):
        html_to_text("<p>Lost $$$a.</p><p>Then $$$b$$$.</p>")


@pytest.mark.parametrize(
    "left", [r"at \le most", r"a_{i}", "at most 10^{5}", r"the \texttt{x}", "fracab", "x lceil y"]
)
def test_what_is_left_of_a_formula_is_a_counted_doubt(left):
    html = page(statement=f"<p>Given {left}.</p>")
    with pytest.raises(NotUnderstood) as error:
        problem_from_page(html, Entry(contestId=1, index="A"))
    assert error.value.reason == "formula not understood"


@pytest.mark.parametrize(
    "text", ["a fraction", "{1, 2}", r"C:\next", "a_i", "x^2", "the product", "left and right"]
)
def test_words_and_sets_are_nothing_left_over(text):
    assert html_to_text(f"<p>{text}</p>") == text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        (r"For $n \le 10^{5}$ items", "For n ≤ 10^5 items"),
        (r"a permutation$^{\dagger}$ $p$$^{\text{∗}}$", "a permutation^† p^∗"),
        (r"($1 \leq t \leq 10^4 $) and $ \frac{a}{2}$", "(1 ≤ t ≤ 10^4) and a/2"),
        (r"the set $\\{0,1\\}$", "the set {0,1}"),
        ("$$a_i$$ and $$$b$$$", "a_i and b"),
        ("at most 10^{18}, f_{i,j} or 2^{n_{k+1}}", "at most 10^18, f_(i,j) or 2^(n_(k+1))"),
        ("You have $5, or $10 and more.", "You have $5, or $10 and more."),
        ("US$5 of ${a}-${b}, `x_{i}$y$` ```\n$z$```", "US$5 of ${a}-${b}, `x_{i}$y$` ```\n$z$```"),
    ],
    ids=["line", "notes", "spaces", "braces", "display", "bare", "money", "code"],
)
def test_formulas_in_the_markdown_of_data_sets(markdown, text):
    assert markdown_to_text(markdown) == text


@pytest.mark.parametrize(
    "left", [r"at $\unheard{x}$ most", r"at \le most", r"a \texttt{x}", "$$$ a"]
)
def test_what_is_left_of_markdown_formulas_is_a_counted_doubt(left):
    with pytest.raises(NotUnderstood) as error:
        markdown_to_text(left)
    assert error.value.reason == "formula not understood"


@pytest.mark.shared
def test_the_formulas_of_408_statements_in_markdown_are_read():
    for row in json.loads((SCRAPED.parent / "rllm_codeforces_test.json").read_text()):
        text = markdown_to_text(row["problem"])
        assert not re.search(r"\\[a-zA-Z]|[\^_]\{|\$(?!\d)", text), text


MATH = (
    "<math><msub><mi>a</mi><mi>i</mi></msub><mo>≤</mo><mfrac><msup><mn>10</mn><mn>5</mn></msup>"
    "<mi>x</mi></mfrac></math>"
)
DRAWING = "<span class='math'><nobr>ai≤105x</nobr></span>"


@pytest.mark.parametrize(
    "drawn",
    [
        # MathJax 2 beside its source, also when drawn as SVG or in a display's frame.
        "<span class='MathJax_Preview'></span><span class='MathJax' id='M-1-Frame'>"
        f"{DRAWING}<span class='MJX_Assistive_MathML'>{MATH}</span></span>"
        r"<script type='math/tex' id='M-1'>a_i \le \frac{10^5}x</script>",
        "<span class='MathJax_SVG'><svg><g>a</g></svg></span>"
        r"<script type='math/tex'>a_i \le \frac{10^5}x</script>",
        f"<div class='MathJax_Display'><span class='MathJax'>{DRAWING}</span></div>"
        r"<script type='math/tex; mode=display'>a_i \le \frac{10^5}x</script>",
        # Saved without scripts.
        f"<span class='MathJax'>{DRAWING}<span class='MJX_Assistive_MathML'>{MATH}</span></span>",
        f"<span class='MathJax' data-mathml='{MATH}'>{DRAWING}</span>",
        # MathJax 3, KaTeX.
        "<mjx-container class='MathJax'><mjx-math>ai105x</mjx-math><mjx-assistive-mml>"
        f"{MATH}</mjx-assistive-mml></mjx-container>",
        "<span class='katex'><span class='katex-mathml'><math><semantics><mrow><mi>a</mi></mrow>"
        r"<annotation encoding='application/x-tex'>a_i \le \frac{10^5}x</annotation></semantics>"
        "</math></span><span class='katex-html'>ai≤105x</span></span>",
    ],
)
def test_formulas_that_a_browser_has_drawn_stand_once(drawn):
    assert " ".join(html_to_text(f"<p>If {drawn} holds.</p>").split()) == "If a_i ≤ 10^5/x holds."


def test_images_in_the_note_skip_nothing():
    html = page(note="<p>Look: <img src='a.png'/></p>")
    assert problem_from_page(html, Entry(contestId=1, index="A")).notes == "Look: [image]"


@pytest.mark.parametrize(
    ("limit", "mebibytes"),
    [("256 mebibytes", 256), ("1 gibibyte", 1024), ("64 MB", 64), ("256 мегабайт", 256)],
)
def test_memory_limits_in_every_unit(limit, mebibytes):
    assert statement_from_page(page(memory_limit=limit)).memory_limit == mebibytes


@pytest.mark.shared
def test_no_formula_of_the_held_pages_is_spoiled():
    with gzip.open(SCRAPED, "rt") as lines:
        pages = [json.loads(line) for line in lines]
    refused = 0
    for raw in pages:
        html = page_of_raw_example(raw)
        try:
            text = statement_from_page(html).text
        except Skip as error:
            refused += "formula" in str(error)
            continue
        # Every formula's digits are still there, in the page's order.
        for part in PARTS:
            for formula in re.findall(r"\${3,6}([\w ,.+()=-]+?)\${3,6}", raw[part] or ""):
                if not re.search(r"[_^]", formula):
                    assert " ".join(formula.split()) in " ".join(text.split())
    assert len(pages) == 800 and refused / len(pages) < 0.003
