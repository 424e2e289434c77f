"""Where a verdict is not the published one, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codepref.evaluation.published.certificate import Difference, GradedSample
from codepref.evaluation.published.releases import Cause, Releases
from codepref.evaluation.published.verdicts import PublishedVerdict, PublishedVerdicts
from codepref.gradings import PartVerdict

# EvalPlus's least limit per input was 0.1 s up to 0.2.1 and is 1.0 s in 0.3.1. Longer than this
# a program may have been too slow for its publisher.
_ONCE_TOO_SLOW = 1.0
_CAUSES_OF_JUDGES: dict[str, Cause] = {
    **{"time": "time", "memory": "memory", "tamper": "tamper", "oracle": "oracle", "type": "type"},
    "other": "unexplained",
}


@dataclass(frozen=True)
class Setting:
    """What a comparison is made with.

    Attributes:
        dataset: the benchmark.
        data_md5: of the data file that we grade on.
        published: the published verdicts.
        releases: what is known about EvalPlus's versions.
    """

    dataset: str
    data_md5: str
    published: PublishedVerdicts
    releases: Releases

    def other_inputs(self, task_id: str) -> str:
        """Return how a task's inputs were others for the publisher; empty if they were not."""
        theirs = self.releases.by_md5(self.published.data_md5)
        ours = self.releases.by_md5(self.data_md5)
        if theirs is None or ours is None or theirs is ours:
            return ""
        if self.releases.changed(self.dataset, task_id, theirs.version, ours.version):
            return f"its inputs differ between {theirs.version} (published) and {ours.version}"
        return ""

    @property
    def unknown_data(self) -> bool:
        """Whether the publisher's data are others, and one of the two is no known release."""
        theirs, ours = self.published.data_md5, self.data_md5
        known = self.releases.by_md5(theirs) and self.releases.by_md5(ours)
        return theirs != ours and not known


def compare(
    setting: Setting,
    graded: Sequence[GradedSample],
    programs: Mapping[tuple[str, int], str],
    partners: Mapping[tuple[str, int], PublishedVerdict],
) -> list[Difference]:
    """Return the samples whose verdict is not the published one, each with its cause.

    Args:
        setting: what both sides were graded with.
        graded: our verdicts.
        programs: the graded programs by task id and number.
        partners: the published verdicts by task id and number; samples without one are left out.
    """
    found = []
    for sample in graded:
        key = (sample.task_id, sample.index)
        if (theirs := partners.get(key)) is None:
            continue
        ours_plus = sample.plus_solved if theirs.plus is not None else None
        before = solved_text(theirs.base_solved, theirs.plus_solved)
        now = solved_text(sample.base_solved, ours_plus)
        if before == now:
            continue
        cause, why = _cause(setting, sample, programs[key], theirs)
        told = _told(sample)
        found.append(
            Difference(
                task_id=sample.task_id,
                index=sample.index,
                published=before,
                ours=now,
                cause=cause,
                why=why + (f" ({told})" if told else ""),
            )
        )
    return found


def solved_text(base: bool, plus: bool | None) -> str:
    """Return how far a sample got: "plus", "base only" or "neither" ("base" if plus is unknown)."""
    if plus is None:
        return "base" if base else "neither"
    return {(True, True): "plus", (True, False): "base only"}.get((base, plus), "neither")


def _cause(
    setting: Setting, sample: GradedSample, program: str, theirs: PublishedVerdict
) -> tuple[Cause, str]:
    """Return why the verdicts differ, by what is known of the versions and by what was seen."""
    part = "base" if sample.base_solved != theirs.base_solved else "plus"
    ours: PartVerdict = getattr(sample, part)
    passed_before = bool(theirs.base_solved if part == "base" else theirs.plus_solved)
    judged = next((d for d in sample.disagreements if d.part == part), None)
    if judged is not None and judged.reason == "tamper":
        return "tamper", f"the second judge says {judged.second}"
    if reason := setting.other_inputs(sample.task_id):
        return "data", reason
    for difference in setting.releases.differences:
        if difference.concerns(setting.dataset, sample.task_id, passed_before, program):
            return difference.cause, difference.why
    if judged is not None and judged.reason != "other":
        return _CAUSES_OF_JUDGES[judged.reason], f"the second judge says {judged.second}"
    cause, why = _by_what_was_seen(part, ours, theirs)
    if cause == "unexplained" and setting.unknown_data:
        return "data", f"{why}; the data were another file, of which nothing is known"
    return cause, why


def _by_what_was_seen(part: str, ours: PartVerdict, theirs: PublishedVerdict) -> tuple[Cause, str]:
    reason = ours.reason or ""
    if ours.status != "pass":
        if "time" in reason or ours.status == "timeout":
            return "time", "it needs longer than the limits allow here"
        if "Memory" in reason or "killed" in reason:
            return "memory", "it needs more memory than the limits allow here"
        return "unexplained", "passed where it was published"
    if ours.graded_again or ours.seconds >= _ONCE_TOO_SLOW:
        return "time", (
            f"it takes {ours.seconds:.1f} s here; a limit was 0.1 to 1 s per input in EvalPlus up "
            "to 0.3.1"
        )
    if theirs.out_of_time(part):
        return "load", "the published run ended without a verdict: a busy machine, or a short limit"
    return "unexplained", "failed where it was published"


def _told(sample: GradedSample) -> str:
    parts = (("base", sample.base), ("plus", sample.plus))
    return "; ".join(
        f"{name}: {verdict.reason}"
        + ("" if verdict.failing_input is None else f", input {verdict.failing_input}")
        for name, verdict in parts
        if verdict.reason
    )
