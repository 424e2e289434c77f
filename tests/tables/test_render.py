"""Tables 1 to 4 in every format, through the command line that the rules call."""

import csv
import html
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.places import PAPER
from helpers.small_runs import demo_config, demo_outcomes, load, script, write_results

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.tables.layout import number, p_text, signed
from codepref.tables.score_tables import score_table

Run = Callable[..., subprocess.CompletedProcess]


def render(folder: Path, options: list[str]) -> Path:
    result = script("render_tables.py", *options, "--output-folder", folder)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def paper_tables(tmp_path_factory: pytest.TempPathFactory, paper_run: list[str]) -> Path:
    return render(tmp_path_factory.mktemp("tables"), paper_run)


@pytest.fixture(scope="module")
def demo_tables(tmp_path_factory: pytest.TempPathFactory, demo_run: list[str]) -> Path:
    return render(tmp_path_factory.mktemp("tables"), demo_run)


def records(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_every_table_is_written_in_every_format(paper_tables: Path) -> None:
    names = sorted(path.name for path in paper_tables.iterdir() if path.is_file())
    assert names == sorted(
        f"{name}.{suffix}"
        for name in ("table1", "table2", "table3", "table4", "deviations")
        for suffix in ("md", "tex", "csv", "html")
    )


def test_a_run_that_hits_the_papers_counts_differs_nowhere(paper_tables: Path) -> None:
    rows = records(paper_tables / "table1.csv")
    assert len(rows) == 3 * 3 * 4
    assert {row["difference_tasks"] for row in rows} == {"0.0"}
    assert "differs" not in {row["verdict"] for row in rows}
    base = [row for row in rows if row["method"] == "base"]
    assert {row["verdict"] for row in base} == {"agrees"}
    codeqwen = next(
        r
        for r in rows
        if (r["model"], r["method"], r["benchmark"]) == ("codeqwen", "dpo", "humaneval")
    )
    assert (codeqwen["gained"], codeqwen["lost"]) == (" ".join("888888"), " ".join("000000"))
    assert float(codeqwen["sign_flip_p"]) == pytest.approx(2 * 0.5**8, abs=1e-6)
    assert float(codeqwen["to_base"]) == pytest.approx(100 * 8 / 164, abs=1e-4)
    assert float(codeqwen["to_base_low"]) < float(codeqwen["paper_to_base"])
    assert (codeqwen["verdict"], codeqwen["flips_at"]) == ("reproduced", "2")
    assert (codeqwen["best"], codeqwen["seed_sd"], codeqwen["total"]) == ("true", "0.0", "164")


def test_table_2_has_off_policy_and_on_policy_rows(paper_tables: Path) -> None:
    rows = records(paper_tables / "table2.csv")
    assert list(dict.fromkeys((row["model"], row["method"]) for row in rows)) == [
        (model, method)
        for model in ("codeqwen", "deepseek")
        for method in ("base", "dpo_off_policy", "dpo")
    ]


def test_a_table_without_rows_says_why(tmp_path: Path) -> None:
    rows = [{"model": "qwen_coder_15b", "methods": ["base", "dpo"]}]
    config = load_config({"experiments": rows, "training": {"seeds": [0]}})
    results = load(tmp_path, config, {})
    (note,) = score_table(results, "table2").overview.notes
    assert note.startswith("Empty: ") and "another model's pairs" in note


def test_markdown_shows_ours_the_papers_and_the_rule(paper_tables: Path) -> None:
    text = (paper_tables / "table1.md").read_text("utf-8")
    change = r"\+2\.1 \[\+\d\.\d, \+\d\.\d\]"
    assert re.search(rf"\| DPO \| \*\*80\.4 ± 0\.0\*\* \(304\.0/378; {change}\)", text)
    assert "| CodeQwen1.5 7B | base | 78.3 (296/378 [73.9, 82.2]) |" in text
    assert "These p-values are descriptive" in text
    assert "**Where the uncertainty of the differences to base comes from**" in text
    assert re.search(r"\| DPO, paper \| 80\.4 \(304/378, 0 tasks, ", text)
    assert 'A cell is "not run" if' in text
    assert "> The paper's experiment\n" in text


def test_the_demo_is_stamped_in_every_format(demo_tables: Path) -> None:
    for number_ in (1, 2, 3, 4):
        for suffix in ("md", "tex", "html"):
            text = (demo_tables / f"table{number_}.{suffix}").read_text("utf-8")
            text = html.unescape(text)
            assert "Own run (none of the paper's models; MBPP-style: 16 own tasks" in text
            assert "HumanEval: 16 of 164 tasks" in text
    for row in records(demo_tables / "table1.csv"):
        assert row["stamp"] == "own"
        assert row["benchmark_label"].endswith(("(own tasks)", "(16 of 164 tasks)"))
        assert row["verdict"] == "not in the paper"  # it ran: never "not run"


def test_the_deviations_stand_in_one_table(demo_tables: Path) -> None:
    rows = {row["key"]: row for row in records(demo_tables / "deviations.csv")}
    assert rows["models"]["here"] == "SmolLM2 135M, “SmolLM2 135M, tutored”"
    batch = rows["dpo.batch_size"]
    assert (batch["paper"], batch["here"]) == ("16", str(demo_config().training.dpo.batch_size))
    for path in demo_tables.glob("table*.md"):
        assert "Deviations" not in path.read_text("utf-8")


@pytest.mark.parametrize(("asked", "shown"), [(True, True), ("auto", False), (False, False)])
def test_a_run_of_ones_own_shows_the_papers_rows_if_asked(
    tmp_path: Path, asked: bool | str, shown: bool
) -> None:
    config = Config.model_validate(demo_config().model_dump() | {"paper_rows": asked})
    options = write_results(tmp_path / "run", config, demo_outcomes())
    tables = render(tmp_path / "tables", options)
    text = (tables / "table1.md").read_text("utf-8")
    assert ("(paper)" in text) == shown
    if not shown:
        return
    assert "| CodeQwen1.5 7B (paper) | DPO | 80.4 (304/378, not run here)" in text
    rows = [row for row in records(tables / "table1.csv") if row["model"] == "codeqwen"]
    assert {row["solved"] for row in rows} == {""}


def test_tables_3_and_4_show_what_differs_from_the_paper(
    paper_tables: Path, demo_tables: Path
) -> None:
    same = records(paper_tables / "table4.csv")
    assert [row["same"] for row in same] == ["True"] * 6
    demo = {row["setting"]: row for row in records(demo_tables / "table4.csv")}
    assert (demo["beta"]["same"], demo["beta"]["this_run"]) == ("True", "0.1")
    assert demo["batch_size"]["paper"] == "16"
    assert demo["batch_size"]["this_run"] == str(demo_config().training.dpo.batch_size)


def test_two_renderings_are_the_same_bytes(
    tmp_path: Path, demo_run: list[str], demo_tables: Path
) -> None:
    again = render(tmp_path, demo_run)
    for path in sorted(demo_tables.glob("table*")):
        if path.suffix != ".json":
            assert (again / path.name).read_bytes() == path.read_bytes()


@pytest.mark.slow
def test_a_partial_run_says_what_was_not_run(tmp_path: Path) -> None:
    outcomes = {key: value for key, value in demo_outcomes().items() if key[1] == "base"}
    options = write_results(tmp_path / "run", demo_config(), outcomes)
    text = (render(tmp_path / "tables", options) / "table1.md").read_text("utf-8")
    assert re.search(r"\| RFT \| not run \|", text)


@pytest.mark.slow
def test_ppo_is_an_extra_row(tmp_path: Path) -> None:
    config = Config.model_validate(
        {
            "experiments": [{"model": "codeqwen", "methods": ["base", "dpo", "ppo"]}],
            "methods": {
                "base": {"label": "base", "trainer": "none"},
                "dpo": {"label": "DPO", "trainer": "dpo"},
                "ppo": {"label": "PPO", "trainer": "dpo"},
            },
        }
    )
    tasks = {str(n): n < 100 for n in range(164)}
    outcomes = {
        ("codeqwen", method, 0, f"humaneval{plus}"): tasks
        for method in ("base", "dpo", "ppo")
        for plus in ("", "+")
    }
    options = write_results(tmp_path / "run", config, outcomes)
    tables = render(tmp_path / "tables", options)
    assert "PPO (not in the paper)" in (tables / "table1.md").read_text("utf-8")
    rows = {
        (row["method"], row["benchmark"]): row
        for row in records(tables / "table1.csv")
        if row["model"] == "codeqwen"
    }
    assert rows["ppo", "humaneval"]["paper_solved"] == ""
    assert rows["base", "humaneval"]["verdict"] == "differs"  # 100 where the paper has 136
    assert rows["base", "mbpp"]["verdict"] == "not run"


def test_counts_must_agree_with_the_task_verdicts(tmp_path: Path, demo_run: list[str]) -> None:
    options = write_results(tmp_path, demo_config(), demo_outcomes())
    path = tmp_path / "benchmarks.csv"
    lines = path.read_text().splitlines()
    lines[1] = lines[1].rsplit(",", 2)[0] + ",16,16"
    path.write_text("\n".join(lines))
    result = script("render_tables.py", *options, "--output-folder", tmp_path / "tables")
    assert result.returncode == 2
    assert re.search(
        r"error: .*benchmarks\.csv: smollm base 0 \w+ says 16 of 16, but", result.stderr
    )
    assert not (tmp_path / "tables").exists()


def test_a_malformed_line_is_named(tmp_path: Path) -> None:
    options = write_results(tmp_path, demo_config(), demo_outcomes())
    path = tmp_path / "task_verdicts.csv"
    path.write_text(path.read_text().replace(",T/3,", ",T/3,maybe", 1))
    result = script("render_tables.py", *options, "--output-folder", tmp_path / "tables")
    assert result.returncode == 2
    assert "task_verdicts.csv:5: column 'passed'" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_reward_of_another_trainer_and_a_base_of_another_name_have_their_place(
    tmp_path: Path,
) -> None:
    """Tables and claims follow what a method's trainer is, not how the method is called."""
    config = Config.model_validate(
        {
            "experiments": [{"model": "codeqwen", "methods": ["original", "tuned"]}],
            "methods": {
                "original": {"label": "as it came", "trainer": "none"},
                "tuned": {"label": "tuned", "trainer": "dpo", "dpo": {"lora_rank": 8, "beta": 0.3}},
            },
            "pairs": {"min_tests": 5},
        }
    )
    key = ("codeqwen", "original", 0, "humaneval")
    outcomes = {key: {"a": False, "b": True}, (key[0], "tuned", 1, key[3]): {"a": True, "b": True}}
    tables = render(tmp_path / "tables", write_results(tmp_path / "run", config, outcomes))
    row = next(row for row in records(tables / "table1.csv") if row["solved"] == "2")
    assert (row["method"], row["gained"], row["lost"]) == ("tuned", "1", "0")
    beta = next(row for row in records(tables / "table4.csv") if row["setting"] == "beta")
    assert (beta["this_run"], beta["same"]) == ("0.3", "False")
    rows = {row["key"]: row for row in records(tables / "deviations.csv")}
    rank = rows["dpo.lora_rank"]
    assert (rank["paper"], rank["here"]) == ("all weights", "LoRA rank 8, alpha 32")
    assert rows["pairs"]["here"].startswith("only of problems with 5 tests or more")


@pytest.mark.skipif(
    not shutil.which("pdflatex"), reason="needs pdflatex: apt-get install texlive-latex-recommended"
)
def test_latex_compiles(tmp_path: Path, paper_tables: Path, demo_tables: Path) -> None:
    for name, folder in (("paper", paper_tables), ("demo", demo_tables)):
        body = "".join(rf"\input{{{path}}}" for path in sorted(folder.glob("*.tex")))
        (tmp_path / f"{name}.tex").write_text(
            r"\documentclass[a4paper]{article}\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}"
            r"\usepackage{booktabs,graphicx}\begin{document}" + body + r"\end{document}"
        )
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout[-2000:]
        assert "Overfull" not in result.stdout


def test_numbers_are_written_as_papers_do() -> None:
    assert [number(-0.04), number(-3.25), number(12.0)] == ["0.0", "−3.2", "12.0"]
    assert [signed(0.0), signed(3.0), signed(-2.0), signed(1.5)] == ["0", "+3", "−2", "+1.5"]
    assert [p_text(0.0001), p_text(0.0312), p_text(1.0)] == ["p < 0.001", "p = 0.031", "p = 1.00"]
    assert (PAPER / "tables.yaml").is_file()


@pytest.mark.slow
def test_lora_and_ppo_are_marked(tmp_path: Path) -> None:
    config = demo_config()
    training = config.training.model_copy(
        update={"dpo": config.training.dpo.model_copy(update={"lora_rank": 16})}
    )
    config = config.model_copy(update={"training": training})
    folder = render(tmp_path / "tables", write_results(tmp_path, config, demo_outcomes()))
    texts = [(folder / f"table{number}.md").read_text() for number in (1, 2)]
    assert "LoRA rank 16, alpha 32" in (folder / "deviations.md").read_text()
    for text in texts:
        assert "DPO, LoRA" in text and "RFT, LoRA" not in text
    assert "PPO: the objective of equations 1 and 2, without a critic" in texts[0]
    assert "DPO (off-policy), LoRA" in texts[1]
    for suffix in ("tex", "html", "csv"):
        assert "DPO, LoRA" in (folder / f"table1.{suffix}").read_text()
