"""The cost of a run: every job behind the report once, with what only checked the results."""

from pathlib import Path

from helpers.full_run import made_by

from codepref.files import write_text
from codepref.provenance.record import UNSEEN_CPU, mark_layout
from codepref.report.costs import history


def test_what_is_given_is_followed_and_a_job_counts_once(tmp_path: Path) -> None:
    mark_layout(tmp_path)
    verdicts, judges = tmp_path / "a.verdicts.json", tmp_path / "a.judges.json"
    with made_by("grade_benchmark.py", "--output", verdicts):
        write_text(verdicts, "1")
        write_text(tmp_path / "second.json", "1")
    with made_by("compare_judges.py", "--verdicts", verdicts, "--output", judges):
        UNSEEN_CPU.append(50.0)  # of programs in a sandbox
        write_text(judges, "1")
    found = history([verdicts, tmp_path / "second.json"]).stages()
    assert [(stage.name, stage.jobs) for stage in found] == [("grade_benchmark.py", 1)]
    both = history([tmp_path / "second.json", judges]).stages()
    comparing, grading = sorted(both, key=lambda stage: stage.name)
    assert (comparing.name, comparing.jobs) == ("compare_judges.py", 1)
    assert comparing.cpu_seconds >= grading.cpu_seconds + 50
