"""The two CSV files of results: read once, with declared dtypes, and one message if malformed."""

import json
from pathlib import Path

import pytest
from helpers.small_runs import TABLES, demo_config, demo_outcomes, write_results

from codepref.errors import UserError
from codepref.files import read_yaml
from codepref.tables.frames import SCORE_COLUMNS, read_frame
from codepref.tables.inputs import read_of_run, read_statistics
from codepref.tables.paper import PaperTables
from codepref.tables.results import Results, load_results
from codepref.tables.setting_tables import TrainingRecord

ROW = "m,base,0,mbpp,1,2"
HEAD = "model,method,seed,benchmark,solved,total"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HEAD}\n{ROW}\n{ROW}x\n", r"b\.csv:3: column 'total': '2x' is not a count"),
        (f"{HEAD}\n{ROW}\n\n", r"b\.csv:3: column 'model': '' is not text"),
        (f"{HEAD}\nm,base,-1,mbpp,1,2\n", r"b\.csv:2: column 'seed': '-1' is not a count"),
        (f"{HEAD}\nm,base,0,mbpp,1\n", r"b\.csv:2: column 'total'"),
        (f"{HEAD}\n{ROW}\n{ROW},9,9\n", r"b\.csv: not a CSV table: .*line 3"),
        (f"{HEAD[:-6]}\n", r"b\.csv:1: column 'total' is missing"),
        ("", r"b\.csv: not a CSV table: No columns"),
    ],
)
def test_a_malformed_file_is_one_message(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "b.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_frame(path, SCORE_COLUMNS)


def test_a_missing_file_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no such file; expected .*collect_benchmarks\.py"):
        read_frame(tmp_path / "b.csv", SCORE_COLUMNS)


def test_only_the_declared_columns_are_kept_with_their_dtypes(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text(f"more,{HEAD}\nx,{ROW}\n")
    frame = read_frame(path, SCORE_COLUMNS)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == SCORE_COLUMNS


def load(folder: Path) -> Results:
    tables = read_yaml(TABLES, PaperTables)
    return load_results(
        demo_config(), tables, folder / "benchmarks.csv", folder / "task_verdicts.csv"
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("benchmarks.csv", ",mbpp_demo,", ",mbpp,", "benchmark 'mbpp' is not one of this run's"),
        ("benchmarks.csv", "", "{1}", "smollm base 0 mbpp_demo occurs twice"),
        # A row that no table would show is an error, never dropped.
        ("benchmarks.csv", "smollm,base,0", "gpt,base,0", "model 'gpt' is not one of this run's: "),
        ("benchmarks.csv", "smollm,base,0", "smollm,kto,0", "method 'kto' of smollm is not one of"),
        ("benchmarks.csv", "smollm,dpo,0", "smollm,dpo,9", "seed '9' of smollm dpo is not .*: 0 "),
        ("benchmarks.csv", "smollm,base,0", "smollm,base,1", "seed '1' of smollm base is not"),
        ("task_verdicts.csv", "", "{1}", "smollm base 0 mbpp_demo T/0 occurs twice"),
        ("task_verdicts.csv", "smollm,base,0", "smollm,base,7", r"smollm base 7 .* is not in "),
    ],
)
def test_files_that_do_not_tell_one_story_are_refused(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    write_results(tmp_path, demo_config(), demo_outcomes())
    assert load(tmp_path).config.base_of("smollm") == "base"
    text = (tmp_path / file).read_text()
    changed = text.replace(old, new, 1) if old else text + new.format(*text.splitlines())
    (tmp_path / file).write_text(changed)
    with pytest.raises(UserError, match=message):
        load(tmp_path)


RECORD = {"trainer": "dpo", "hyperparameters": {}, "global_batch": 8}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("smollm", "dpo", 0), ""),
        (("gpt", "dpo", 0), r"training\.json: model 'gpt' is not one of this run's: smollm, "),
        (("smollm", "kto", 0), r"training\.json: method 'kto' of smollm is not one of this run's"),
        (
            ("smollm", "dpo", 3),
            r"training\.json: seed '3' of smollm dpo is not one of this run's: 0",
        ),
    ],
)
def test_a_record_of_no_row_of_the_run_is_refused(
    tmp_path: Path, row: tuple[str, str, int], message: str
) -> None:
    path = tmp_path / "training.json"
    path.write_text(json.dumps(dict(zip(("model", "method", "seed"), row, strict=True)) | RECORD))
    if not message:
        [record] = read_of_run(demo_config(), [path], TrainingRecord)
        assert (record.model, record.method, record.seed) == row
        return
    with pytest.raises(UserError, match=message):
        read_of_run(demo_config(), [path], TrainingRecord)


def test_statistics_that_are_not_of_the_run_are_refused(tmp_path: Path) -> None:
    for text, message in (
        ('{"model": "gpt", "pairs": 1, "problems": {}}', r"a\.json: model 'gpt' is not one"),
        ("{}", r"a\.json: not the statistics of pairs"),
        ("[]", r"a\.json: not the statistics of pairs"),
    ):
        path = tmp_path / "a.json"
        path.write_text(text)
        with pytest.raises(UserError, match=message):
            read_statistics(demo_config(), [path])
