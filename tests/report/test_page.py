"""The report: one file, offline, and everything on it works in a real browser."""

import csv
import html
import json
import os
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest
from helpers.places import ROOT

from codepref.report.page import figure_svg
from codepref.tables.render import markdown_page

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-ipc-flooding-protection",  # it would ignore all but 200 of the harness's visits
]
VIEWS = {
    "cell": "#cell/smollm/dpo/mbpp_demo+",
    "task": "#task/smollm/dpo/0/mbpp_demo+/Mbpp/2",
    "pair": "#pair/smollm/demo/double",
}


def axe() -> str:
    """The text of axe-core: the one that AXE_CORE names, or the packaged one."""
    if named := os.environ.get("AXE_CORE"):
        return Path(named).read_text("utf-8")
    return (files("axe_core_python") / "axe.min.js").read_text("utf-8")


def browse(report: Path, folder: Path, width: int) -> dict:
    """Open a copy of the report with the harness in headless Chromium; return what it saw."""
    text = report.read_text("utf-8")
    watch = """<script>window.reportErrors = [];
    window.addEventListener("error", (e) => window.reportErrors.push(String(e.message)));
    console.error = (...all) => window.reportErrors.push(all.join(" "));
    window.alert = (text) => window.reportErrors.push("alert " + text);
    window.reportViews = %s;</script>""" % json.dumps(VIEWS)  # noqa: UP031 (braces in the script)
    harness = (Path(__file__).parent / "harness.js").read_text("utf-8")
    text = text.replace("<head>", f"<head>{watch}", 1)
    start, end = text.rsplit("</body>", 1)
    page = folder / "page.html"
    page.write_text(
        f"{start}<script>{axe()}</script><script>{harness}</script></body>{end}", "utf-8"
    )
    command = [
        CHROMIUM,
        *FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={width},900",
    ]
    command += ["--virtual-time-budget=60000", "--dump-dom", page.as_uri()]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = re.search(r'<pre id="harness">(.*?)</pre>', result.stdout, re.DOTALL)
    assert found, result.stderr[-2000:]
    return json.loads(html.unescape(found[1]))


needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium")


def test_the_page_says_what_came_out_of_the_runs_own_claims(tiny_run: Path) -> None:
    text = " ".join((tiny_run / "report.html").read_text("utf-8").split())
    assert "<h2>Claims about SmolLM2</h2> <p>Fixed before the run.</p>" in text
    assert "<li><strong>D1 won.</strong> Up. +9.0 [+1.0, +17.0]</li>" in text
    assert "<li>DPO: told</li>" in text


@needs_chromium
@pytest.mark.parametrize("width", [1440, 500])
def test_in_a_browser_everything_works(tiny_run: Path, tmp_path: Path, width: int) -> None:
    seen = browse(tiny_run / "report.html", tmp_path, width)
    assert "crash" not in seen, seen
    assert seen["errors"] == []
    assert seen["broken"] == []
    assert seen["links"] > 100 and seen["views"] > 100
    assert seen["missing"] is False  # an unknown target says so
    assert seen["unsorted"] == []
    assert seen["unfiltered"] == []
    assert seen["overflow"] <= 0
    assert seen["serious"] == []
    # What a model wrote is shown, never run.
    assert "<script>alert('never run')</script>" in seen["pairText"]
    assert "</script>" in seen["pairText"]


def test_nothing_comes_from_outside(tiny_run: Path) -> None:
    text = (tiny_run / "report.html").read_text("utf-8")
    # A link that a reader may follow loads nothing.
    outside = re.findall(
        r"""(?:src|(?<!<a )href)\s*=\s*["']?(?!#|data:)[^"'\s>]+|@import|url\((?!#)""", text
    )
    assert outside == []
    assert "fetch(" not in text and "XMLHttpRequest" not in text


def test_the_tables_come_first_then_claims_data_cost_provenance(tiny_run: Path) -> None:
    text = (tiny_run / "report.html").read_text("utf-8")
    order = re.findall(r'<section id="(\w+)"', text)
    assert order == ["detail", "tables", "claims", "data", "pairs", "cost", "provenance"]
    assert "Own run." in text and "none of the paper's models" in text
    tables = text[text.index('<section id="tables"') : text.index('<section id="claims"')]
    for title in ("Sampled answers: mean pass rate and pass@k", "Sampled answers: why they failed"):
        assert title in tables
    assert 'aria-label="pass at k"' in text


def test_the_report_tells_where_problems_came_from_and_which_were_benchmark_tasks(
    tiny_run: Path,
) -> None:
    text = (tiny_run / "report.html").read_text("utf-8")
    data = text[text.index('<section id="data"') : text.index('<section id="pairs"')]
    plain = " ".join(re.sub(r"<[^>]+>", " ", data).split())
    assert "5 problems were trained on" in plain and "Difficulty: easy 3, medium 2." in plain
    # Source, skipped there, collected, near duplicates, benchmark tasks, kept, seconds, MiB.
    assert "leetcode_dataset 4 3 1 0 0 2.4 1.5" in plain and "builtin 0 6 0 1 5 0.2 0.1" in plain
    assert "Duplicates that disagree about an answer: 1" in plain
    assert "builtin/add leetcode_dataset/sum [1, 2] 3 4" in plain
    assert "Problems that are benchmark tasks: 1" in plain
    assert "leetcode_dataset/fibonacci-number HumanEval/55 behaviour answers 50 of 50" in plain
    assert "that answer a benchmark task by chance only (kept): 1" in plain


def test_markdown_becomes_a_page_of_its_own() -> None:
    page = markdown_page("# Claims\n\n| a | b |\n| :-- | --: |\n| [C1](#c1) <i> | 2 |\n\n## C1\n")
    assert "<title>Claims</title>" in page and '<h2 id="c1">C1</h2>' in page
    assert '<a href="#c1">C1</a> &lt;i&gt;</td>' in page
    assert '<td style="text-align:right">2</td>' in page


def test_the_report_shows_the_numbers_of_the_tables(tiny_run: Path) -> None:
    text = (tiny_run / "report.html").read_text("utf-8")
    with (tiny_run / "tables" / "table1.csv").open(encoding="utf-8", newline="") as stream:
        ours = [row for row in csv.DictReader(stream) if row["solved"]]
    assert len(ours) == 2 * 3 * 4
    for row in ours:
        target = f"#cell/{row['model']}/{row['method']}/{row['benchmark']}"
        assert re.search(rf'href="{re.escape(target)}">(<b>)?{float(row["pass_at_1"]):.1f}<', text)


def test_every_figure_has_a_caption_that_snakemake_can_use() -> None:
    for path in (ROOT / "report" / "captions").glob("*.rst"):
        assert path.read_text("utf-8").strip()


def test_figures_do_not_share_ids(tiny_run: Path) -> None:
    ids: list[str] = []
    for path in sorted((tiny_run / "figures").glob("*.svg")):
        ids += re.findall(r'\bid="([^"]+)"', figure_svg(path))
    assert len(ids) == len(set(ids)) > 50


def test_figures_come_in_three_formats_and_the_same_bytes(tiny_run: Path, tmp_path: Path) -> None:
    from helpers.full_run import call

    for path in sorted((tiny_run / "figures").glob("*.svg")):
        assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
        assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    again = tmp_path / "figure2"
    call(
        "draw_figures.py",
        "--output",
        again,
        "figure2",
        "--rule-graph",
        tiny_run / "figures/rule_graph.dot",
    )
    for suffix in (".svg", ".png", ".pdf"):
        made = (tiny_run / "figures" / "figure2").with_suffix(suffix)
        assert again.with_suffix(suffix).read_bytes() == made.read_bytes()
