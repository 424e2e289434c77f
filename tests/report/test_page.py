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

from codepref.report.figure_parts import figure_svg
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
    result = subprocess.run(command, capture_output=True, text=True, timeout=400)
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
    assert len(seen["files"]) > 50
    assert [name for name in seen["files"] if not (tiny_run / name).exists()] == []
    assert seen["width"] == width
    assert "gained Mbpp/" in seen["moved"] and "in all" in seen["moved"] and seen["closed"]
    assert seen["copied"]["Markdown"].startswith("| Model and method | Benchmark |")
    assert "\\toprule\nModel and method & Benchmark & Ours \\% &" in seen["copied"]["LaTeX"]
    assert seen["copied"]["CSV"].count("\r\n") == 1 + 2 * 4 * 4  # models, methods, columns
    charts = dict(seen["charts"])
    assert charts == {"differences": 8, "scores": 8, "pass_at_k": 8, "learning_curves": 4}
    assert seen["chosen"] == 4
    assert len(seen["words"]) == 2 * 3 and all("he loss falls" in text for text in seen["words"])
    assert seen["links"] > 100 and seen["views"] > 100
    assert seen["missing"] is False  # an unknown target says so
    assert seen["unsorted"] == []
    assert seen["unfiltered"] == []
    assert seen["overflow"] <= 0
    assert seen["serious"] == []
    # A pair: the sides' difference, the failing test, both models' log-probabilities.
    for said in ("expected\n1\ngot\nx", "log p, initial model", "Implicit reward (β = 0.1)"):
        assert said in seen["pairText"]
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


def test_the_finding_comes_first_then_figures_tables_claims_and_the_rest(tiny_run: Path) -> None:
    text = (tiny_run / "report.html").read_text("utf-8")
    order = re.findall(r'<section id="([\w-]+)"', text)
    first = ["detail", "finding", "telling", "figures", "tables"]
    rest = ["own-claims", "claims", "data", "pairs", "cost", "provenance"]
    assert order == first + rest
    assert text.count('class="stamp-box"') == 1
    assert "Own run." in text and "None of the paper's models" in html.unescape(text)
    tables = text[text.index('<section id="tables"') : text.index('<section id="claims"')]
    for title in ("Sampled answers: mean pass rate and pass@k", "Sampled answers: why they failed"):
        assert title in tables
    assert 'aria-label="pass at k"' in text


def test_no_note_is_said_twice(tiny_run: Path) -> None:
    text = (tiny_run / "report.html").read_text("utf-8")
    notes = re.findall(r"<li>([^<]{60,})</li>", text[: text.index('<section id="claims"')])
    assert len(notes) > 5
    assert [note for note in notes if notes.count(note) > 1] == []


def test_the_first_screen_says_what_ran_when_how_long_and_where(tiny_run: Path) -> None:
    text = (tiny_run / "report.html").read_text("utf-8")
    facts = dict(re.findall(r"<dt>([\w ]+)</dt><dd>([^<]+)</dd>", text))
    assert facts["Run"].startswith("SmolLM2 135M (RFT; DPO; DPO (off-policy)); ")
    assert "5 problems gave 4 pairs of SmolLM2 135M" in facts["Run"]
    assert "from the first job to the last" in facts["When"]
    assert " of processor time, in " in facts["How long"]
    assert {"Commit", "Machine"} <= set(facts)


def test_every_figure_names_its_data_and_the_code_that_drew_it(tiny_run: Path) -> None:
    text = (tiny_run / "report.html").read_text("utf-8")
    drawn = re.findall(r'<figure class="picture.*?</figure>', text, re.DOTALL)
    assert len(drawn) == 9
    for figure in drawn:
        assert ">scripts/draw_figures.py</a> at commit" in figure
        assert "python scripts/draw_figures.py" in figure
        assert re.search(r"Data: \d+ files", figure)


def test_the_report_tells_where_problems_came_from_and_which_were_benchmark_tasks(
    tiny_run: Path,
) -> None:
    text = (tiny_run / "report.html").read_text("utf-8")
    data = text[text.index('<section id="data"') : text.index('<section id="pairs"')]
    plain = " ".join(re.sub(r"<[^>]+>", " ", data).split())
    assert "5 problems were kept" in plain and "Difficulty: easy 3, medium 2." in plain
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
    again = tmp_path / "workflow"
    call(
        "draw_figures.py",
        "--output",
        again,
        "workflow",
        "--rule-graph",
        tiny_run / "figures/rule_graph.dot",
    )
    for suffix in (".svg", ".png", ".pdf"):
        made = (tiny_run / "figures" / "workflow").with_suffix(suffix)
        assert again.with_suffix(suffix).read_bytes() == made.read_bytes()
