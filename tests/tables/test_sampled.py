"""Mean pass rates, pass@k and failure classes: by their definitions; refused where not whole."""

import csv
import itertools
import random
from collections import Counter
from pathlib import Path
from statistics import mean

import pytest
from helpers.small_runs import TABLES, demo_config, demo_outcomes, write_results

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.evaluation.sampled_records import Reranked, RerankedTask
from codepref.figures import pass_at_k
from codepref.files import read_yaml
from codepref.tables.frames import read_samples
from codepref.tables.paper import PaperTables
from codepref.tables.reranked_table import NOTES, reranked_table
from codepref.tables.results import Results, load_results
from codepref.tables.sampled import SampledResults
from codepref.tables.sampled_tables import sampled_tables

HEAD = ["model", "method", "seed", "benchmark", "task_id", "index", "base", "plus", "failure"]
TASKS, SAMPLES = 10, 4


def config(**of_humaneval: object) -> Config:
    """The demo with four samples of each task of one benchmark, and two training seeds."""
    values = demo_config().model_dump()
    values["evaluation"] = {"samples_per_task": 0}
    values["training"]["seeds"] = [0, 1]
    values["benchmarks"]["humaneval_demo"].update(samples_per_task=SAMPLES, **of_humaneval)
    return Config.model_validate(values)


def rows(run: Config) -> list[list[str]]:
    """Random verdicts on samples of every policy."""
    chance, found = random.Random(0), []
    for model, method, seed in run.rows:
        for task, index in itertools.product(range(TASKS), range(SAMPLES)):
            base = chance.random() < 0.1 * task
            plus = base and chance.random() < 0.7
            failure = "" if plus else chance.choice(["wrong_answer", "runtime_error"])
            verdict = [str(base).lower(), str(plus).lower(), failure]
            key = [model, method, str(seed), "humaneval_demo", f"T/{task}", str(index)]
            found.append([*key, *verdict])
    return found


def write(path: Path, lines: list[list[str]]) -> Path:
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([HEAD, *lines])
    return path


@pytest.fixture
def sampled(tmp_path: Path) -> SampledResults:
    given = write(tmp_path / "s.csv", rows(config()))
    return SampledResults(config(), read_yaml(TABLES, PaperTables), read_samples(config(), given))


def with_greedy(run: Config, folder: Path) -> Results:
    """Results of greedy answers and samples."""
    write_results(folder, run, demo_outcomes())
    given = (folder / "benchmarks.csv", folder / "task_verdicts.csv")
    samples = write(folder / "samples.csv", rows(run))
    return load_results(run, read_yaml(TABLES, PaperTables), *given, samples)


@pytest.mark.parametrize(("column", "part"), [("humaneval_demo", 6), ("humaneval_demo+", 7)])
def test_pass_at_k_is_the_share_of_sets_with_a_solved_sample(
    sampled: SampledResults, column: str, part: int
) -> None:
    cells = {(c.model, c.method): c for c in sampled.cells if c.benchmark == column}
    assert list(cells) == [(e.model, m) for e in config().experiments for m in e.methods]
    lines = rows(config())
    for (model, method), cell in cells.items():
        of_task: dict[tuple[str, str], list[bool]] = {}
        for line in lines:
            if (line[0], line[1]) == (model, method):
                of_task.setdefault((line[2], line[4]), []).append(line[part] == "true")
        for k in (1, 2, 4):
            shares = [
                mean(any(some) for some in itertools.combinations(of, k)) for of in of_task.values()
            ]
            assert cell.pass_at(k) == pytest.approx(100 * mean(shares), abs=1e-9)
        assert cell.pass_at(1) == pytest.approx(100 * cell.passed / cell.total)
        assert cell.pass_at(8) is None
        mine = [
            line for line in lines if (line[0], line[1], line[part]) == (model, method, "false")
        ]
        assert Counter(cell.failures) == Counter(line[8] for line in mine)
        assert cell.passed + sum(cell.failures.values()) == cell.total


def test_the_tables_show_the_greedy_score_the_mean_and_pass_at_k(
    sampled: SampledResults, tmp_path: Path
) -> None:
    results = with_greedy(config(), tmp_path)
    rates, failures = sampled_tables(results)
    assert rates.overview.header == [
        *("Model", "Variant", "Benchmark", "Samples", "Greedy %", "Mean %", "To base, points", "p"),
        *("Pass@2 %", "Pass@4 %"),
    ]
    cell = next(c for c in sampled.cells if (c.model, c.method) == ("smollm", "dpo"))
    row = next(r for r in rates.records if (r["model"], r["method"]) == ("smollm", "dpo"))
    assert row["mean_pass_rate"] == pytest.approx(cell.pass_at(1))
    assert row["pass_at_4"] == pytest.approx(cell.pass_at(4), abs=1e-4)
    assert row["greedy"] == pytest.approx(results.cell("smollm", "dpo", "humaneval_demo").rate)
    assert (row["seeds"], row["samples"]) == ("0 1", 2 * TASKS * SAMPLES)
    text = [text.text for text in rates.overview.groups[0][4]]
    assert text[3] == "2 × 10 × 4" and " ± " in text[5]  # two seeds
    assert failures.overview.header[4:] == ["Passed %", "Wrong answer %", "Runtime error %"]
    for record in rates.records:
        base = next(
            r
            for r in rates.records
            if (r["model"], r["benchmark"]) == (record["model"], record["benchmark"])
            and r["method"] == "base"
        )
        if record is base:
            assert record["to_base"] is record["sign_flip_p"] is None
            continue
        change = record["mean_pass_rate"] - base["mean_pass_rate"]
        assert record["to_base"] == pytest.approx(change, abs=1e-3)
        assert record["to_base_low"] <= record["to_base"] <= record["to_base_high"]
        assert 0 < record["sign_flip_p"] <= 1
    for line in failures.records:
        counted = line["passed"] + line["wrong_answer"] + line["runtime_error"]
        assert counted == line["samples"]


def test_a_benchmark_without_greedy_answers_is_in_the_tables_of_samples_only(
    tmp_path: Path,
) -> None:
    run = config(greedy=False)
    results = with_greedy(config(), tmp_path)
    alone = Results(run, results.paper, results.scores, results.tasks, samples=results.samples)
    assert alone.benchmarks == ["mbpp_demo", "mbpp_demo+"]
    rates, _ = sampled_tables(alone)
    assert rates.records[0]["greedy"] is None and rates.overview.groups[0][0][4].text == "–"


def test_the_figure_has_a_line_per_method_up_to_as_many_samples(sampled: SampledResults) -> None:
    figure = pass_at_k.draw(sampled)
    assert len(figure.axes) == 2 * 2  # models x (base, plus)
    cell = sampled.cells[0]
    (first, *_) = figure.axes[0].lines
    assert first.get_xydata().tolist() == [[k, cell.pass_at(k)] for k in (1, 2, 4)]
    assert len(figure.axes[0].lines) == len(config().experiments[0].methods)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda all: all[1:], r"smollm base 0 humaneval_demo T/0 has 3 samples; expected samples"),
        (lambda all: [*all, all[0]], r"T/0 has 5 samples; expected samples 0 to 3, each once"),
        (
            lambda all: all[SAMPLES:],
            r"has samples of 9 tasks, another policy of the same model",
        ),
        (lambda all: [["x", *all[0][1:]], *all], r"model 'x' is not one of this run's"),
        (
            lambda all: [[*all[0][:3], "mbpp_demo", *all[0][4:]], *all],
            "'mbpp_demo' is not one that this run samples",
        ),
        (
            lambda all: [[*all[0][:8], "bad luck"], *all[1:]],
            r"s\.csv:2: column 'failure': 'bad luck'",
        ),
    ],
)
def test_samples_that_are_not_whole_are_refused(
    tmp_path: Path, change: object, message: str
) -> None:
    lines = change(rows(config()))  # type: ignore[operator]
    with pytest.raises(UserError, match=message):
        read_samples(config(), write(tmp_path / "s.csv", lines))


def test_models_may_be_asked_different_tasks(tmp_path: Path) -> None:
    """Those newer than their training data, of a benchmark with dates."""
    names = {"codeqwen": 3, "deepseek": 5}
    own = load_config(
        {
            "experiments": [{"model": name, "methods": ["base"]} for name in names],
            "use_benchmarks": ["humaneval"],
            "evaluation": {"samples_per_task": 2},
        }
    )
    lines = [
        [name, "base", "0", "humaneval", f"T/{task}", str(index), "true", "true", ""]
        for name, tasks in names.items()
        for task in range(tasks)
        for index in range(2)
    ]
    assert len(read_samples(own, write(tmp_path / "s.csv", lines))) == 2 * (3 + 5)


def reranked_files(results: Results) -> list[Reranked]:
    """Of every policy and seed: by agreement the right sample is found, by reward at random."""
    assert results.samples is not None
    found = []
    for key, rows in results.samples.groupby(["model", "method", "seed", "benchmark"]):
        names = dict(zip(("model", "method", "seed", "benchmark"), key, strict=True))
        names["seed"] = int(names["seed"])
        rewarded = str(names["method"]).startswith("dpo")
        tasks = [
            RerankedTask(
                task_id=str(task),
                passed=float(of["plus"].mean()),
                agreement=float(of["plus"].max()),
                implicit_reward=float(of["plus"].mean()) if rewarded else None,
            )
            for task, of in rows.groupby("task_id")
        ]
        found.append(Reranked(**names, samples_per_task=SAMPLES, shown=TASKS - 1, tasks=tasks))
    return found


def test_rows_are_one_at_random_the_chosen_and_any(tmp_path: Path) -> None:
    results = with_greedy(config(), tmp_path)
    table = reranked_table(results, reranked_files(results))
    assert table is not None
    assert [record["method"] for record in table.records][:3] == ["base", "rft", "dpo"]
    for record in table.records:
        assert record["benchmark"] == "humaneval_demo+"
        assert record["at_random"] == pytest.approx(100 * record["passed"] / record["samples"])
        # With all samples any is what the best choice finds.
        assert record["agreement"] == pytest.approx(record["any"], abs=1e-3)
        gained = record["agreement"] - record["at_random"]
        assert record["agreement_change"] == pytest.approx(gained, abs=1e-3) and gained > 0
        if record["method"].startswith("dpo"):
            assert record["implicit_reward_change"] == 0 and record["implicit_reward_p"] == 1
        else:
            assert record["implicit_reward"] is None
    overview = table.overview
    assert overview.header[4:] == ["At random %", "By agreement %", "By implicit reward %", "Any %"]
    cells = [cell.text for cell in overview.groups[0][1]]
    assert cells[1] == "RFT" and cells[6] == "–" and "p " in cells[5]
    told = [note for note in overview.notes if note not in NOTES]
    assert any(f"Of {TASKS} tasks of HumanEval" in n and "9 show a call" in n for n in told)


@pytest.mark.parametrize("kept", [False, True])
def test_a_later_rounds_reference_is_named(kept: bool, tmp_path: Path) -> None:
    values = config().model_dump()
    values["methods"]["dpo"]["rounds"] = 2
    if kept:
        values["methods"]["dpo"]["dpo"] = {"reference": "base"}
    run = load_config(values)
    results = with_greedy(run, tmp_path)
    table = reranked_table(results, reranked_files(results))
    assert table is not None
    (note,) = [note for note in table.overview.notes if note.startswith("Reference: ")]
    first, second = run.policy_label("smollm", "dpo"), run.policy_label("smollm", "dpo_round2")
    told = f"; of {second}: {run.models['smollm_after_dpo'].label}"
    assert (told in note) is not kept and first not in note.replace(second, "")
    assert note.startswith("Reference: the initial model")


def test_the_figure_marks_what_is_chosen_at_n(tmp_path: Path) -> None:
    results = with_greedy(config(), tmp_path)
    sampled = SampledResults(results.config, results.paper, results.samples)
    figure = pass_at_k.draw(sampled, reranked_files(results))
    marks = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "*"]
    shown = [line for line in marks if len(line.get_xdata())]
    cells = [cell for cell in sampled.cells if cell.benchmark.endswith("+")]
    assert [line.get_xdata()[0] for line in shown] == [SAMPLES] * len(cells)
    for line, cell in zip(shown, cells, strict=True):
        assert line.get_ydata()[0] == pytest.approx(cell.pass_at(SAMPLES))
    (legend,) = figure.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts.count("best of n by agreement") == 1


def test_without_reranking_there_is_no_table(tmp_path: Path) -> None:
    assert reranked_table(with_greedy(config(), tmp_path), []) is None
