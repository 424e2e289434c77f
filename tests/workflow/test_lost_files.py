"""A lost file of a finished run plans its maker and what depends on its content, nothing else."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.plans import FOLDERS, NOT_MADE_AGAIN, RUN, Finished

OF_COUNTS = {"figures_draw_figure2", "report_build"}
OF_OWN_CLAIMS = {"own_claims_decide", "own_claims_write", "report_build"}
OF_LOGS = {"figures_draw_learning_curves", *OF_OWN_CLAIMS}
OF_STATISTICS = {
    *("claims_write", "figures_draw_pair_yield", "figures_draw_verdict_classes"),
    *("pairs_label_noise", "tables_render", *OF_COUNTS),
}


def test_a_finished_run_plans_nothing_and_has_a_job_of_every_rule(finished: Finished) -> None:
    assert finished.plan() == set()
    text = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    named = {line.split()[1].rstrip(":") for line in text.splitlines() if "rule " in line[:9]}
    named |= {line.split(" as ")[1].split()[0] for line in text.splitlines() if "use rule" in line}
    assert named - {"rule"} <= {job.rule for job in finished.jobs}


def check(finished: Finished, paths: list[str]) -> None:
    wrong = {}
    for path in paths:
        with finished.without(path):
            planned = finished.plan()
        if planned != (expected := finished.expected(path)):
            wrong[path] = {"missing": expected - planned, "too many": planned - expected}
    assert not wrong


def test_one_lost_file_of_every_kind(finished: Finished) -> None:
    check(finished, finished.kinds())


@pytest.mark.long
def test_every_lost_file(finished: Finished) -> None:
    check(finished, sorted(finished.results))


def test_lost_accounts_logs_and_usage_files_plan_nothing(finished: Finished) -> None:
    every = {path for job in finished.jobs for path in (*job.outputs, *job.others)}
    lost = every - finished.results.keys()
    assert {Path(path).parts[2] for path in lost} == set(NOT_MADE_AGAIN)
    with ExitStack() as stack:
        for path in lost:
            stack.enter_context(finished.without(path))
        assert finished.plan() == set()


@pytest.mark.parametrize(
    ("lost", "rules"),
    [
        ("problems/report.json", {"problems_describe", "problems_tabulate", *OF_COUNTS}),
        ("problems/mine.report.json", {"problems_report"}),
        ("problems/mine.manifest.jsonl", {"problems_list_pages"}),
        ("problems/report.html", {"problems_tabulate"}),
        ("pairs/tutored.stats.json", {"pairs_count", *OF_STATISTICS}),
        ("pairs/smollm/redrawn/1.stats.json", {"pairs_count_redrawn"}),
        ("training/smollm/dpo/seed0/training_log.jsonl", {"policies_log", *OF_LOGS}),
        ("rewards/smollm/dpo/seed0.held_out.json", {"rewards_measure_accuracy", *OF_OWN_CLAIMS}),
        ("own_claims.md", {"own_claims_write"}),
        ("report.html", {"report_build"}),
    ],
)
def test_a_lost_report_costs_a_report(finished: Finished, lost: str, rules: set[str]) -> None:
    with finished.without(f"{RUN}/{lost}"):
        assert {name.split()[0] for name in finished.plan()} == rules


def test_without_its_account_a_lost_report_costs_the_work(finished: Finished) -> None:
    lost = (f"{RUN}/problems/report.json", f"{RUN}/accounts/problems/report.json")
    with finished.without(lost[0]), finished.without(lost[1]):
        assert finished.plan() == finished.expected(lost[1])


@pytest.mark.parametrize("rule", sorted(FOLDERS))
def test_what_a_folder_lost_or_changed_inside_is_noticed(finished: Finished, rule: str) -> None:
    # The first are of the pilot, whose problems are older than any fetch of its model (ancient).
    folder = max(job.outputs[0] for job in finished.jobs if job.rule == rule)
    inside = finished.folder / folder / "inner/weights"
    with finished.without(f"{folder}/inner/weights"):
        assert finished.plan() == finished.expected(folder)
        inside.write_text("x" * len(folder))  # as long as what was there
        assert finished.plan() == finished.expected(folder)
    (finished.folder / folder / "more").touch()
    assert finished.plan() == finished.expected(folder)
    (finished.folder / folder / "more").unlink()
    before = inside.stat()
    inside.touch()
    assert finished.plan() == set()  # content decides, not time
    os.utime(inside, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_report_of_a_training_outlives_its_checkpoint(tmp_path: Path) -> None:
    """Snakemake itself deletes checkpoints that are not kept: to train again would cost hours."""
    run = Finished(tmp_path, keep_checkpoints="false")
    assert not (tmp_path / RUN / "checkpoints").exists()
    assert run.plan() == set()
    lost = f"{RUN}/training/smollm/rft/seed0/training.json"
    with run.without(lost):
        planned = run.plan()
        assert planned == run.expected(lost) and not any("train " in name for name in planned)
