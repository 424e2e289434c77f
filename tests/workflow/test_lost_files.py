"""A lost file of a finished run plans its maker and what depends on its content, nothing else."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.plans import FOLDERS, Planned, finish, plan
from helpers.snakemake_runs import SHOWN

# On top of the demo: every rule has a job.
CONFIG = """
run: lost
own_claims: configs/demo_claims.yaml
preflight: [smollm, codeqwen]
experiments:
  - model: smollm
    methods: [base, rft, dpo, ppo, dpo_off_policy, redrawn, few]
    off_policy_from: tutored
methods:
  redrawn: {label: Redrawn, trainer: dpo, pairs_seed: 1}
  few: {label: Few, trainer: dpo, max_pairs: 3}
problem_sources:
  mine: {kind: jsonl, path: mine.jsonl}
problems: {sources: [mine, templates], limit: 80}
problems_per_shard: 40
keep_checkpoints: true
"""
OPTIONS = ("--configfile", "configs/demo.yaml", "lost.yaml")
NOT_MADE_AGAIN = ("accounts", "logs", "usage")
"""folders of a run whose files are no results (codepref.workflow.every_output)"""


RUN = "results/lost"
OF_OWN_CLAIMS = {"own_claims_decide", "own_claims_write", "report_build"}
OF_LOGS = {"figures_draw_learning_curves", *OF_OWN_CLAIMS}
OF_STATISTICS = {
    *("claims_write", "figures_draw_pair_yield", "figures_draw_verdict_classes"),
    *("pairs_label_noise", "report_build"),
}


class Finished:
    """A finished run: its folder, and all its jobs."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.folder = folder
        for name in SHOWN:
            (folder / name).symlink_to(ROOT / name)
        (folder / "lost.yaml").write_text(
            CONFIG.replace("keep_checkpoints: true\n", more or "keep_checkpoints: true\n")
        )
        (folder / "mine.jsonl").write_text("1\n2\n")
        self.jobs = finish(folder, *OPTIONS)

    def plan(self) -> set[str]:
        return {job.name for job in plan(self.folder, *OPTIONS)}

    def expected(self, path: str) -> set[str]:
        """Follow declared inputs from the maker of a file: what is to be made again."""
        found: set[Planned] = set()
        waiting = {job for job in self.jobs if path in job.outputs}
        assert len(waiting) == 1, path
        while waiting:
            job = waiting.pop()
            found.add(job)
            made = set(job.outputs)
            waiting |= {other for other in self.jobs if other.inputs & made} - found
        return {job.name for job in found}

    @property
    def results(self) -> dict[str, Planned]:
        """All files that are to be made again, with their makers."""
        made = {path: job for job in self.jobs for path in job.outputs}
        return {path: job for path, job in made.items() if not _is_no_result(path)}

    def kinds(self) -> list[str]:
        """One result of every rule's every kind of output, by the ends of their names.

        The rules of the figures are one in the file.
        """
        chosen = {
            (job.rule.split("_draw_")[0], "".join(Path(path).suffixes[-2:])): path
            for path, job in self.results.items()
        }
        return sorted(chosen.values())

    @contextmanager
    def without(self, path: str) -> Iterator[None]:
        with tempfile.TemporaryDirectory(dir=self.folder) as aside:
            kept = Path(aside) / "kept"
            (self.folder / path).rename(kept)
            yield
            kept.rename(self.folder / path)


def _is_no_result(path: str) -> bool:
    return Path(path).parts[2] in NOT_MADE_AGAIN


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return Finished(tmp_path_factory.mktemp("finished"))


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
        ("problems/report.json", {"problems_describe", "problems_tabulate", "report_build"}),
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


@pytest.mark.parametrize("rule", sorted(FOLDERS))
def test_what_a_folder_lost_or_changed_inside_is_noticed(finished: Finished, rule: str) -> None:
    folder = next(job.outputs[0] for job in finished.jobs if job.rule == rule)
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
    run = Finished(tmp_path, "keep_checkpoints: false\n")
    shutil.rmtree(tmp_path / RUN / "checkpoints")
    assert run.plan() == set()
    lost = f"{RUN}/training/smollm/rft/seed0/training.json"
    with run.without(lost):
        planned = run.plan()
        assert planned == run.expected(lost) and not any("train " in name for name in planned)
