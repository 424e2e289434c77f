"""The terminal of a run: one line per job in 80 columns, counts, the time left, errors, the end."""

import io
import itertools
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.places import ROOT
from helpers.snakemake_runs import CORES, Snakemake
from measure_stages import measure
from snakemake.logging import LoggerPluginRegistry

from codepref.errors import UserError
from codepref.progress import clock_text
from codepref.workflow.pace import RuleSeconds, StageSeconds, read_seconds, seconds_left
from codepref.workflow.rule_graph import STAGES as COLOURS
from codepref.workflow.story import STAGES, Story, left_text, said_by, stage_of

DEMO = read_seconds(ROOT / "envs/demo_seconds.yaml")
JOBS = {rule: found.jobs for rule, found in DEMO.rules.items()}
LOG = """\
/lib/python3/site-packages/torch/utils.py:12: FutureWarning: this is deprecated
samples of smollm: 500/512 in 3:10, 0:05 left, 70 tokens/s
512 samples of 64 problems, 41 with a right and a wrong one, a line that is far too long for it
Loading weights: 100%|██████████| 272/272 [00:00<00:00, 1234.5it/s]
"""


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def logged(folder: Path, text: str = LOG) -> str:
    path = folder / "a.log"
    path.write_text(text, encoding="utf-8")
    return str(path)


def played(folder: Path, slower: float = 1.0) -> list[str]:
    """The lines of a whole demo whose jobs take what was measured, times ``slower``."""
    clock = Clock()
    story, log = Story(DEMO, clock), [logged(folder)]
    lines = story.planned({**JOBS, "all": 1, "total": 99})
    number = itertools.count()
    for rule in sorted(JOBS, key=lambda rule: list(STAGES).index(stage_of(rule))):
        for _ in range(JOBS[rule]):
            job = next(number)
            story.started(job, rule, {"model": "smollm", "method": "dpo_off_policy"}, log)
            until = clock.now + DEMO.of(rule) * slower
            while clock.now < until:
                clock.now = min(until, clock.now + 2)
                lines += story.waits()
            lines += story.finished(job)
    return [*lines, *story.ended()]


def test_every_rule_has_a_place_in_the_story_and_a_colour_in_the_graph() -> None:
    text = "".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
    rules = re.findall(r"^ *(?:use )?rule (?:\w+ as )?(\w+)", text, flags=re.M)
    assert {"pilot_draw", "problems_list_pages", "synthesis_try", "reranking_choose"} <= {*rules}
    every = tuple(itertools.chain(*STAGES.values()))
    assert [rule for rule in rules if not rule.startswith(every)] == []
    plain = {rule.split("_")[0] for rule in rules} - COLOURS.keys()
    assert plain == {"config", "workflow", "preflight"}  # of no stage, or of no run
    assert stage_of("samples_draw") == stage_of("pilot_draw") == "samples"
    assert stage_of("synthesis_write") == "problems"
    assert stage_of("a_rule_of_the_users") == "report"


@pytest.mark.parametrize("slower", [0.5, 1, 4])
def test_a_whole_demo_is_short_and_narrow(tmp_path: Path, slower: float) -> None:
    lines = played(tmp_path, slower)
    assert max(map(len, lines)) <= 80
    # What `make demo` prints besides (its first line, sentences, tables, commands) needs 45.
    assert len(lines) < 105
    jobs = [line for line in lines if line.lstrip()[0].isdigit() and " jobs: " not in line]
    assert len(jobs) == sum(JOBS.values())
    total = sum(JOBS.values())
    assert jobs[0].startswith(f" 1/{total} problems 1/")
    assert jobs[-1].startswith(f"{total}/{total} report ")
    assert not [line for line in lines if "Warning" in line or "it/s" in line]


def test_a_job_says_what_it_did_how_long_and_what_is_left(tmp_path: Path) -> None:
    clock = Clock()
    rules = {rule: RuleSeconds(jobs=n, seconds=25) for rule, n in JOBS.items()}
    rules["samples_draw"] = RuleSeconds(jobs=JOBS["samples_draw"], seconds=100)
    measured = StageSeconds(measured="round numbers", wall=2000, rules=rules)
    story = Story(measured, clock)
    story.planned(JOBS)
    story.started(
        3, "samples_draw", {"model": "smollm", "scatteritem": "1-of-1"}, [logged(tmp_path)]
    )
    clock.now += 100
    assert story.waits() == []  # in a file a line is for what takes long
    assert story.waits(terminal=True) == [
        "  ... samples 0/4    draw smollm 1-of-1: 500/512        1:40 so far, 35 min left"
    ]
    clock.now += 20
    (line,) = story.finished(3)
    start = f" 1/{sum(JOBS.values())} samples 1/4    draw smollm 1-of-1: 512 samples of"
    assert line.startswith(start)
    assert line.endswith("…  2:00, 38 min left")


def test_foreign_lines_are_not_what_a_job_says(tmp_path: Path) -> None:
    assert said_by(Path(logged(tmp_path))).startswith("512 samples")
    assert said_by(tmp_path / "none.log") == ""
    foreign = "2026-11-26 21:47:30 WARNING of a library\nSome weights were not initialized\n"
    own = [
        *("mine: 50 problems", "8 of 50 problems kept", "AUC 0.612 [0.550, 0.700] over 9 pairs"),
        *("accuracy 61.5% over the pairs of 9 of 16 tasks", "humaneval: 5/16 solved, plus 4/16"),
        *("answers of smollm: 48 tasks, 90 distinct programs", "1024 samples of 64 problems"),
    ]
    for line in own:
        assert said_by(Path(logged(tmp_path, f"{line}\n{foreign}"))) == line
    assert said_by(Path(logged(tmp_path, foreign))) == ""


def test_the_time_left_follows_the_pace_of_this_machine() -> None:
    measured = StageSeconds(
        measured="here", wall=80, rules={"a_b": RuleSeconds(jobs=10, seconds=10)}
    )
    assert seconds_left(measured, {}, {}, {"a_b": 10}, 0) == pytest.approx(80)
    assert seconds_left(measured, {"a_b": 5}, {}, {"a_b": 5}, 40) == pytest.approx(40)
    slow = seconds_left(measured, {"a_b": 5}, {}, {"a_b": 5}, 160)
    assert 140 < slow < 160
    half = seconds_left(measured, {"a_b": 5}, {"a_b": 0.5}, {"a_b": 5}, 44)
    assert half == pytest.approx(36)
    assert seconds_left(measured, {"a_b": 10}, {}, {}, 80) == 0
    assert [left_text(60), left_text(1234), left_text(9000)] == [
        *("a minute left", "21 min left", "2.5 h left")
    ]
    assert [clock_text(59.6), clock_text(3723)] == ["1:00", "1:02:03"]


def test_a_failed_job_shows_its_message_and_its_log(tmp_path: Path) -> None:
    story = Story(None, Clock())
    story.planned({"problems_collect": 1, "problems_merge": 2})
    long = "error: mine.jsonl:1: not a valid Problem record: " + "field " * 30
    story.started(1, "problems_collect", {"source": "mine"}, [logged(tmp_path, f"noise\n{long}")])
    lines = story.failed(1)
    assert max(map(len, lines)) <= 80
    assert lines[0] == "FAILED: collect mine, after 0:00"
    assert lines[1].startswith("  error: mine.jsonl:1: not a valid Problem record: field")
    where = next(n for n, line in enumerate(lines) if line.startswith("  its log:"))
    assert "".join(line.strip() for line in lines[where:]).endswith(f"{tmp_path}/a.log")
    assert "noise" not in "".join(lines)
    assert " ".join(story.ended()).startswith("1 failed (above); 0 of 3 jobs are done and kept")


def test_ctrl_c_says_what_is_kept(tmp_path: Path) -> None:
    story = Story(None, Clock())
    story.planned({"samples_draw": 2})
    for job in (1, 2):
        story.started(job, "samples_draw", {"model": "quick"}, [logged(tmp_path)])
    story.finished(1)
    logged(tmp_path, "samples of quick: 5/16 in 0:10, 0:20 left\nstopped by Ctrl-C; work is kept")
    assert story.failed(2) == ["stopped: draw quick at 5/16"]
    assert " ".join(map(str.strip, story.ended())) == (
        "stopped; 1 of 2 jobs are done and kept, and what others had saved so far. Run the same "
        "command again to go on."
    )


def test_a_terminal_is_rewritten_and_a_file_is_not_filled(tmp_path: Path) -> None:
    clock = Clock()
    story = Story(None, clock)
    story.planned({"samples_draw": 1})
    story.started(1, "samples_draw", {}, [])
    clock.now += 2
    assert story.waits() == []
    assert len(story.waits(terminal=True)) == 1
    shown = 0
    for _ in range(5 * 1800):  # five hours
        clock.now += 2
        shown += len(story.waits())
    assert shown < 80


@pytest.fixture
def handler() -> Iterator[Any]:
    plugin = LoggerPluginRegistry().get_plugin("codepref")
    common = SimpleNamespace(stdout=True, dryrun=False)
    made = plugin.log_handler(common, None)
    made._stream = io.StringIO()
    yield made
    made.close()


def record(event: str | None, level: int = logging.INFO, text: str = "", **values: Any) -> Any:
    made = logging.LogRecord("snakemake.logging", level, "", 0, text, None, None)
    return vars(made).update(values, event=event) or made


def test_snakemakes_events_become_lines(handler: Any, tmp_path: Path) -> None:
    handler.emit(record(None, text="Building DAG of jobs..."))
    handler.emit(record(None, logging.WARNING, "some library's warning " * 300))
    handler.emit(record("run_info", stats={"problems_collect": 2, "all": 1, "total": 3}))
    job = {"jobid": 7, "rule_name": "problems_collect", "wildcards": {"source": "mine"}}
    handler.emit(record("job_info", **job, log=[logged(tmp_path, "mine: 50 problems\n")]))
    handler.emit(record("job_finished", job_id=7))
    handler.emit(record("error", logging.ERROR, "unknown key 'a.b' " * 10))
    handler.emit(record("error", logging.ERROR, "RuleException:\nCalledProcessError in file x"))
    handler.emit(record(None, text="Nothing to be done (all requested files are present)."))
    lines = handler._stream.getvalue().splitlines()
    assert lines[:2] == [
        "2 jobs: problems 2",
        "1/2 problems 1/2   collect mine: 50 problems                                0:00",
    ]
    assert lines[2].startswith("unknown key")
    assert lines[-1].startswith("Nothing to be done")
    assert max(map(len, lines)) <= 80


@pytest.mark.slow
def test_a_real_run_is_told_in_80_columns(snakemake: Snakemake, checkout: Path) -> None:
    options = ["--logger", "codepref", "--cores", CORES, "--configfile", "configs/test.yaml"]
    done = snakemake(*options, "--", "results/test/problems/all.jsonl", "results/test/config.json")
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert re.fullmatch(r"(\d) jobs: problems \d, report 1", lines[0]), done.stdout
    told = [line for line in lines if re.match(r"\d/\d ", line)]
    assert len(told) == int(lines[0][0])
    assert any("collect builtin: 50 problems" in line for line in told)
    assert re.fullmatch(r"all \d jobs are done, in \d+:\d\d", lines[-1])
    assert len(lines) < 2 * len(told) + 3

    (checkout / "mine.jsonl").write_text('{"id": "a/b"}\n')
    (checkout / "mine.yaml").write_text(
        "problem_sources: {mine: {kind: jsonl, path: mine.jsonl}}\nproblems: {sources: [mine]}\n"
    )
    failed = snakemake(*options, "mine.yaml", "--", "results/test/problems/mine.jsonl")
    assert failed.returncode != 0
    lines = failed.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].startswith("FAILED: collect mine, after ")
    assert lines[2].startswith("  error: mine.jsonl:1: not a valid Problem record")
    assert "  its log: results/test/logs/problems/mine.log" in lines
    assert len(lines) < 10

    planned = snakemake(*options, "-n", "-F", "--", "results/test/problems/all.jsonl")
    assert "problems_merge" in planned.stdout


SNAKEMAKES_LOG = """\
[Thu Nov 26 21:47:26 2026]
localrule problems_collect:
    output: results/demo/problems/templates.jsonl
    jobid: 3
[Thu Nov 26 21:47:29 2026]
rule samples_draw:
    jobid: 4
[Thu Nov 26 21:47:30 2026]
Finished jobid: 3 (Rule: problems_collect)
1 of 3 steps (33%) done
[Thu Nov 26 21:48:29 2026]
Finished jobid: 4 (Rule: samples_draw)
2 of 3 steps (67%) done
[Thu Nov 26 21:48:30 2026]
localrule all:
    jobid: 0
[Thu Nov 26 21:48:30 2026]
Finished jobid: 0 (Rule: all)
3 of 3 steps (100%) done
"""


def test_stages_are_measured_from_a_log(tmp_path: Path) -> None:
    (tmp_path / "run.log").write_text(SNAKEMAKES_LOG)
    found = measure(tmp_path / "run.log", "here")
    assert found.wall == 64
    assert found.rules == {
        "problems_collect": RuleSeconds(jobs=1, seconds=4),
        "samples_draw": RuleSeconds(jobs=1, seconds=60),
    }
    assert found.pace == 1
    (tmp_path / "run.log").write_text(SNAKEMAKES_LOG.rpartition("3 of 3")[0])
    with pytest.raises(UserError, match="no log of a run that finished"):
        measure(tmp_path / "run.log", "here")
