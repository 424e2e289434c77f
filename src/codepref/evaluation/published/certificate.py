"""What a grading of published samples found: its records, and how people read them."""

from collections.abc import Sequence

from pydantic import Field

from codepref.evaluation.published.releases import Cause
from codepref.gradings import Disagreement, GradingLimits, TaskVerdict
from codepref.records import Strict


class GradedSample(TaskVerdict):
    """Both judges' verdicts on one sample; base and plus are EvalPlus's."""

    index: int = Field(ge=0, description="which of the task's samples, from 0")
    where: str = Field(description="the file and the line it was read from")
    disagreements: list[Disagreement] = Field(description="of the second judge with EvalPlus")

    def second_solved(self, plus: bool) -> bool:
        """Whether it counts in the base or the plus score, by the second judge."""
        differ = {disagreement.part for disagreement in self.disagreements}
        base = (self.base.status == "pass") != ("base" in differ)
        return base and (not plus or (self.plus.status == "pass") != ("plus" in differ))


class Difference(Strict):
    """A sample whose verdict is not the published one."""

    task_id: str
    index: int
    published: str = Field(description="'plus', 'base only' or 'neither'; 'base' without plus")
    ours: str
    cause: Cause
    why: str


class Score(Strict):
    """Pass@k over tasks, in [0, 1]."""

    judge: str = Field(description="'EvalPlus', 'second judge', 'both judges' or 'published'")
    part: str = Field(description="'base' or 'plus'")
    k: int
    value: float = Field(description="mean over tasks of the unbiased estimator")
    interval: tuple[float, float] | None = Field(
        default=None, description="95% Wilson interval over tasks, of pass@1"
    )
    solved: int | None = Field(default=None, description="tasks, where each has one sample")


class Certificate(Strict):
    """A grading of samples: what was graded with what, the scores, the differences."""

    samples: str = Field(description="the file or folder")
    samples_sha256: str = Field(description="of the samples in order, however they were packed")
    dataset: str
    data_version: str = Field(description="EvalPlus's; 'unknown' for a data file of one's own")
    data_md5: str
    data_sha256: str
    fits: list[str] = Field(description="data versions whose tasks the samples' are nearest to")
    evalplus: str
    python: str
    isolation: str
    limits: GradingLimits
    graded: int = Field(description="samples")
    tasks: int = Field(description="tasks with a sample that was graded")
    data_tasks: int = Field(description="tasks of the data file")
    missing: list[str] = Field(description="tasks of the data file without a sample")
    extra: list[str] = Field(description="samples' tasks that the data file does not have")
    scores: list[Score]
    published: str | None = Field(default=None, description="the file of published verdicts")
    published_data: str | None = Field(default=None, description="their data version")
    compared: int = Field(default=0, description="samples with a published verdict")
    differences: list[Difference] = Field(default=[])
    disagreements: list[Disagreement] = Field(description="between the judges")
    notes: list[str] = Field(description="what whoever reads the scores should know")
    made_from: dict[str, str] = Field(description="what the verdicts depend on")

    @property
    def unexplained(self) -> list[Difference]:
        """The differences without a known cause."""
        return [found for found in self.differences if found.cause == "unexplained"]


def markdown(certificate: Certificate) -> str:
    """Return a certificate as Markdown, tables padded so that it reads well as text."""
    c = certificate
    limits = c.limits
    known = c.data_version if c.data_version != "unknown" else f"of no known version, {c.data_md5}"
    lines = [
        f"# Grading of {c.samples}",
        "",
        f"- {c.dataset}+ {known} ({c.data_tasks} tasks, sha256 {c.data_sha256[:12]}); "
        f"the samples' tasks fit {' or '.join(c.fits)}",
        f"- {c.graded} samples of {c.tasks} tasks, sha256 {c.samples_sha256[:12]}",
        f"- EvalPlus {c.evalplus}, Python {c.python}, {c.isolation}; per input "
        f"at least {limits.min_time_limit:g} s and {limits.ground_truth_time_factor:g} times the "
        f"reference's CPU time, {limits.memory_mb} MiB",
        *(f"- {note}" for note in c.notes),
        "",
        "## Scores",
        "",
        *_table(["judge", "tests", "measure", "score", "solved", "95% interval"], _score_rows(c)),
    ]
    if c.published is not None:
        lines += ["", "## Differences from the published verdicts", "", *_published(c)]
    lines += ["", "## Disagreements of the two judges", ""]
    lines += _table(
        ["task", "tests", "class", "EvalPlus", "second judge"],
        [[d.task_id, d.part, d.reason, d.evalplus, d.second] for d in c.disagreements],
    ) or [f"None on {c.graded} samples."]
    return "\n".join(lines) + "\n"


def _score_rows(c: Certificate) -> list[list[str]]:
    rows = []
    for score in c.scores:
        solved = "" if score.solved is None else f"{score.solved}/{c.tasks}"
        interval = f"too few: {c.tasks}" if score.k == 1 else ""
        if score.interval:
            interval = "[{:.1f}, {:.1f}]".format(*(100 * end for end in score.interval))
        value = f"{100 * score.value:.1f}"
        rows.append([score.judge, score.part, f"pass@{score.k}", value, solved, interval])
    return rows


def _published(c: Certificate) -> list[str]:
    version = f" on {c.dataset}+ {c.published_data}" if c.published_data else ""
    lines = [
        f"{c.published}{version}: {c.compared} of {c.graded} samples have a published verdict, "
        f"{len(c.differences)} differ."
    ]
    rows = [
        [d.task_id + (f" #{d.index}" if d.index else ""), d.published, d.ours, d.cause, d.why]
        for d in c.differences
    ]
    table = _table(["task", "published", "here", "cause", "why"], rows)
    return [*lines, "", *table] if rows else lines


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a Markdown table; none if there are no rows."""
    if not rows:
        return []
    cells = [[_cell(text) for text in row] for row in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    # The last column may be long prose: it is not padded.
    widths[-1] = 0

    def line(row: Sequence[str]) -> str:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        return f"| {' | '.join(padded)} |"

    rule = [*("-" * width for width in widths[:-1]), "---"]
    return [line(cells[0]), line(rule), *map(line, cells[1:])]


def _cell(text: str, most: int = 300) -> str:
    """Return text that stays within a cell: solutions' own messages come here."""
    plain = " ".join(text.split()).replace("|", "\\|")
    return plain if len(plain) <= most else f"{plain[:most]}..."
