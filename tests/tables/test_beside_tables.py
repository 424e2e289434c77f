"""Below Tables 1 and 2: tasks that one judge passes, known differences, sources of uncertainty."""

from pathlib import Path

import pytest
from helpers.small_runs import TABLES, demo_config, demo_outcomes, write_results

from codepref.config import Config
from codepref.errors import UserError
from codepref.files import read_yaml
from codepref.gradings import (
    BenchmarkVerdicts,
    Disagreement,
    GradingLimits,
    JudgeComparison,
    PartVerdict,
    TaskVerdict,
)
from codepref.tables.beside_tables import judge_table, with_companions
from codepref.tables.inputs import read_clusters
from codepref.tables.paper import PaperTables
from codepref.tables.render import markdown
from codepref.tables.results import Results, load_results
from codepref.tables.score_tables import score_table
from codepref.tables.setting_tables import TrainingRecord


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("beside")
    write_results(folder, demo_config(), demo_outcomes())
    files = folder / "benchmarks.csv", folder / "task_verdicts.csv"
    return load_results(demo_config(), read_yaml(TABLES, PaperTables), *files)


def grading(
    disagreements: list[tuple[str, str]], method: str = "dpo", repaired: tuple[str, ...] = ()
) -> BenchmarkVerdicts:
    config = demo_config()
    model, benchmark = config.experiments[0].model, config.use_benchmarks[-1]
    alike = {"dataset": "humaneval", "data_sha256": "0", "samples_sha256": "0"}
    done = PartVerdict(status="pass", seconds=0.1)
    return BenchmarkVerdicts(
        **alike, model=model, method=method, benchmark=benchmark, data_md5="0", evalplus="0.3.1",
        python="3.11", isolation="test", known_oracle_failures=[], repaired=[*repaired], workers=1,
        limits=GradingLimits(min_time_limit=4.0, ground_truth_time_factor=4.0, memory_mb=1024),
        seconds=1.0, total=1, base_solved=1, plus_solved=1,
        tasks=[TaskVerdict(task_id="HumanEval/32", base=done, plus=done)],
        judges=JudgeComparison(
            **alike, tasks=1, base_solved=[1, 1], plus_solved=[1, 1], isolation="test", seconds=1.0,
            disagreements=[
                Disagreement(
                    task_id=task, part="plus", evalplus="pass", second="wrong_answer " + "x" * 200,
                    reason=reason,  # type: ignore[arg-type]
                )
                for task, reason in disagreements
            ],
        ),
    )  # fmt: skip


def test_what_one_judge_passes_is_listed_by_class(results: Results) -> None:
    found = grading([("T/9", "time"), ("T/1", "tamper"), ("T/2", "time")])
    table = judge_table("table1", results, [found])
    assert table is not None
    rows = [[cell.text for cell in row] for group in table.groups for row in group]
    assert [(row[0], row[5], row[8]) for row in rows] == [
        ("tamper", "T/1", "failed"),
        ("time", "T/9", "failed"),
        ("time", "T/2", "failed"),
    ]
    assert rows[0][4].endswith(("+ (own tasks)", "+ (16 of 164 tasks)"))
    assert len(rows[0][7]) == 90 and rows[0][7].endswith("…")
    assert "more than 5 tasks" in table.notes[1]


def test_only_the_rows_of_a_table_are_listed(results: Results) -> None:
    found = grading([("T/1", "time")], "ppo")
    two = with_companions(score_table(results, "table2"), results, [found], [])  # has no PPO
    assert not any(part.name == "table2-judges" for part in two.more)
    one = with_companions(score_table(results, "table1"), results, [found], [])
    assert any(part.name == "table1-judges" for part in one.more)


def test_judges_that_agree_are_said_to(results: Results) -> None:
    table = score_table(results, "table1")
    said = "The two judges agree on every task."
    assert said in with_companions(table, results, [grading([])], []).overview.notes
    assert said not in with_companions(table, results, [], []).overview.notes


def test_a_known_difference_is_a_footnote_of_its_columns(results: Results) -> None:
    found = [grading([], repaired=("HumanEval/32",)), grading([], "rft", ("HumanEval/32",))]
    table = with_companions(score_table(results, "table1"), results, found, []).overview
    assert [heading.endswith(" †") for heading in table.header[2:]] == [False, False, True, True]
    assert any(
        note.startswith("† HumanEval (16 of 164 tasks): EvalPlus 0.3.1 fails every solution of Hum")
        and "adds a task to 2 of 2 gradings" in note
        for note in table.notes
    )
    assert "†" in markdown(table)


def test_templates_are_read_from_the_tasks(tmp_path: Path) -> None:
    config = demo_config()
    names = config.use_benchmarks
    files = [tmp_path / f"{name}.jsonl" for name in names]
    for file in files:
        file.write_text('{"task_id": "T/0", "cluster": "sums"}\n\n{"task_id": "T/1"}\n')
    assert read_clusters(config, files) == {name: {"T/0": "sums"} for name in names}
    assert read_clusters(config, []) == {}
    with pytest.raises(UserError, match=r"1 files for 2 benchmarks"):
        read_clusters(config, files[:1])
    files[0].write_text('{"task_id": "T/0", "cluster": 3}\n')
    with pytest.raises(UserError, match=r"jsonl:1: 'cluster' is 3, expected text"):
        read_clusters(config, files)
    files[0].write_text("[]\n")
    with pytest.raises(UserError, match=r"jsonl:1: not a task"):
        read_clusters(config, files)


def test_clusters_reach_the_tables(tmp_path: Path) -> None:
    """Sixteen tasks of two templates: what looks certain is two observations."""
    outcomes = demo_outcomes()
    for key in outcomes:
        solved = key[1] != "base"
        outcomes[key] = {f"T/{n}": solved for n in range(16)}
    write_results(tmp_path, demo_config(), outcomes)
    files = tmp_path / "benchmarks.csv", tmp_path / "task_verdicts.csv"
    clusters = {
        name: {f"T/{n}": f"family{n % 2}" for n in range(16)}
        for name in demo_config().use_benchmarks
    }
    alone = load_results(demo_config(), read_yaml(TABLES, PaperTables), *files)
    alike = load_results(demo_config(), read_yaml(TABLES, PaperTables), *files, clusters=clusters)
    model, benchmark = demo_config().experiments[0].model, alone.benchmarks[0]
    p_values = []
    for results in (alone, alike):
        pairing = results.cell(model, "dpo", benchmark).pairing
        assert pairing is not None
        p_values.append(pairing.p_value)
    assert p_values == pytest.approx([2 * 0.5**16, 0.5])
    assert any("one cluster" in note for note in score_table(alike, "table1").overview.notes)


def test_the_noise_of_greedy_seeds_stands_below_the_table(tmp_path: Path) -> None:
    config = Config.model_validate({"training": {"seeds": [0, 1]}})
    outcomes = {}
    for model in ("codeqwen",):
        for method, seeds in (("base", [0]), ("dpo", [0, 1])):
            for seed in seeds:
                for name in ("mbpp", "mbpp+", "humaneval", "humaneval+"):
                    outcomes[model, method, seed, name] = {
                        f"T/{n}": (n * (seed + 2)) % 3 == 0 for n in range(20)
                    }
    options = write_results(tmp_path, config, outcomes)
    results = load_results(
        config, read_yaml(TABLES, PaperTables), *(Path(o.split("=")[1]) for o in options[1:3])
    )
    [noise] = with_companions(score_table(results, "table1"), results, [], []).more
    assert [cell.text for cell in noise.groups[0][0][:4]] == [
        *("CodeQwen1.5 7B", "DPO", "greedy", "2")
    ]


def test_tamper_and_type_are_not_counted_against_the_tolerated_number() -> None:
    found = grading([("T/1", "tamper"), ("T/2", "type"), ("T/3", "time"), ("T/3", "other")])
    assert found.judges is not None
    assert found.judges.open_to_doubt == {"T/3"}


def training(method: str, trainer: str, seed: int = 0, **counts: int) -> TrainingRecord:
    """The record of a training of the first model."""
    return TrainingRecord(
        model=demo_config().experiments[0].model, method=method, seed=seed, trainer=trainer,
        hyperparameters={}, global_batch=16, **counts,
    )  # fmt: skip


def test_the_responses_behind_each_row_are_counted(results: Results) -> None:
    table = score_table(results, "table1")
    trainings = [
        training("rft", "rft", pairs=1500, pairs_seen=3000, problems=1490),
        training("dpo", "dpo", pairs=3000, pairs_seen=3000, problems=2990),
        training("dpo", "dpo", seed=1, pairs=2900, pairs_seen=2900, problems=2890),
        training("ppo", "ppo", responses=24064, problems=6000),
        training("dpo_off_policy", "dpo", pairs=7, pairs_seen=7),  # not in this table
    ]
    [note] = [
        note
        for note in with_companions(table, results, [], trainings).overview.notes
        if note.startswith("Responses that one training learned from")
    ]
    samples = results.config.sampling.samples_per_problem
    assert note.endswith(
        "RFT 1,500 on 1,490 problems, each seen 2 times; DPO 5,800–6,000 on 2,890–2,990 problems; "
        "PPO 24,064 on 6,000 problems (its own, drawn as it trains). Pairs are chosen from "
        f"{samples} samples of each problem."
    )
    assert not any(
        "learned from" in n for n in with_companions(table, results, [], []).overview.notes
    )
