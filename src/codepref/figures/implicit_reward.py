"""Figure 1: two wrong answers that the rule scores alike, told apart by the implicit reward."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from codepref.errors import UserError
from codepref.figures.style import BLUE, GREY, MARKERS, ORANGE, SERIES
from codepref.records import Execution, Problem, RewardRecord, Sample
from codepref.sandbox.extract import extract_from
from codepref.sandbox.judge import code_sha256
from codepref.sandbox.verdicts import reward_of
from codepref.seeds import derive_seed
from codepref.tables.layout import plural
from codepref.training.reward_analysis import RewardAnalysis, alike

MAX_LINES = 18
MAX_COLUMNS = 58

WRONG_ANSWER_REWARD = reward_of("wrong_answer")
NAMES = {
    "implicit_reward": "implicit reward ({})",
    "implicit_reward_length_controlled": "… without what length explains",
    "reference_log_prob": "initial model's log p",
    "reference_log_prob_per_token": "… per token",
    "shortness": "shortness",
}


@dataclass(frozen=True)
class Example:
    """Two wrong answers of one problem that the rule reward scores alike."""

    first: RewardRecord
    second: RewardRecord
    codes: tuple[str, str]
    rule_reward: float

    @property
    def difference(self) -> float:
        """Of the implicit rewards."""
        return self.first.reward - self.second.reward


def judged_programs(
    problems: Mapping[str, Problem], samples: Iterable[Sample], executions: Iterable[Execution]
) -> dict[tuple[str, int], str]:
    """Return the program of each sample, as the executor ran it, by problem and index.

    Args:
        problems: by id.
        samples: others than those of ``executions`` are left out.
        executions: the verdicts, with the hash of the program that each is on.

    Raises:
        UserError: what is extracted today is not the program that was judged.
    """
    judged = {(e.problem_id, e.index): e.code_sha256 for e in executions}
    programs = {}
    for sample in samples:
        key = sample.problem_id, sample.index
        if key not in judged:
            continue
        code = extract_from(problems[sample.problem_id], sample.completion, sample.finish_reason)
        if (code and code_sha256(code)) != judged[key]:
            raise UserError(
                f"sample {key}: its program is not the one that was judged; run the executions "
                "stage again"
            )
        programs[key] = code or ""
    return programs


def candidates(
    pairs: Sequence[tuple[RewardRecord, RewardRecord]], programs: Mapping[tuple[str, int], str]
) -> list[Example]:
    """Return the pairs that can be the example: two different programs, short enough to print.

    Programs that run and answer wrongly, like the paper's, if there are such; and if no pair is
    short enough, the others. The one with the higher implicit reward comes first.
    """
    tiers: dict[tuple[bool, bool], list[Example]] = defaultdict(list)
    for one, other in pairs:
        codes = [programs.get((r.problem_id, r.index), "").strip("\n") for r in (one, other)]
        if codes[0] == codes[1] or not all(codes):
            continue
        fits = all(
            len(code.splitlines()) <= MAX_LINES and max(map(len, code.splitlines())) <= MAX_COLUMNS
            for code in codes
        )
        if one.reward < other.reward:
            one, other, codes = other, one, codes[::-1]
        rule = reward_of(one.verdict) if one.verdict else 0.0
        example = Example(one, other, (codes[0], codes[1]), rule)
        tiers[fits, rule == WRONG_ANSWER_REWARD].append(example)
    return tiers[max(tiers)] if tiers else []


def choose(possible: Sequence[Example], seed: int) -> Example | None:
    """Return one example drawn at random; None if there is none to draw from.

    The draw does not depend on what the example shows: it is no choice of the most telling one.
    """
    ordered = sorted(possible, key=lambda e: (e.first.problem_id, e.first.index, e.second.index))
    return random.Random(derive_seed(seed, "figure1")).choice(ordered) if ordered else None


def draw(
    records: Sequence[RewardRecord],
    programs: Mapping[tuple[str, int], str],
    analysis: RewardAnalysis,
    title: str,
    method: str,
    seed: int,
) -> Figure:
    """Draw Figure 1 from the scored samples of one model.

    Args:
        records: the scored samples.
        programs: of the samples, see ``judged_programs``.
        analysis: of the records.
        title: names the model.
        method: names how the policy was trained, whose reward it is.
        seed: the example is drawn with it.
    """
    pairs = alike(records)
    possible = candidates(pairs, programs)
    example = choose(possible, seed)
    codes = example.codes if example else ()
    lines = max((min(len(code.splitlines()), MAX_LINES) for code in codes), default=1)
    code_height = 0.75 + 0.135 * lines
    figure = Figure(figsize=(10, 3.2 + code_height))
    grid = figure.add_gridspec(2, 2, height_ratios=[code_height, 2.7])
    if example is None:
        axes = figure.add_subplot(grid[0, :])
        axes.set_axis_off()
        _say(axes, "no two different wrong answers to one problem that the rule scores alike")
    else:
        for column, record in enumerate((example.first, example.second)):
            axes = figure.add_subplot(grid[0, column])
            _code(axes, record, example.codes[column], example.rule_reward, method)
        problems = {one.first.problem_id for one in possible}
        title += (
            f", problem {example.first.problem_id}\ndifference of the rule rewards 0, of the "
            f"implicit rewards ({method}) {example.difference:.3f}\nExample drawn at random "
            f"(seed {seed}) from {plural(len(possible), 'such pair')} of "
            f"{plural(len(problems), 'problem')}"
        )
    scored = len({record.problem_id for record in records})
    _differences(figure.add_subplot(grid[1, 0]), pairs, scored)
    _ranking(figure.add_subplot(grid[1, 1]), analysis, method)
    figure.suptitle(title, fontsize=10)
    return figure


def _say(axes: Axes, text: str) -> None:
    axes.text(
        0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=8,
        bbox={"facecolor": "white", "edgecolor": "none"},
    )  # fmt: skip


def _code(axes: Axes, record: RewardRecord, code: str, rule_reward: float, method: str) -> None:
    axes.set_axis_off()
    lines = [line[: MAX_COLUMNS + 2] for line in code.splitlines()[:MAX_LINES]]
    axes.text(
        0.01, 0.93, "\n".join(lines), transform=axes.transAxes, va="top", family="DejaVu Sans Mono",
        fontsize=7, bbox={"facecolor": "#f5f6f8", "edgecolor": GREY, "pad": 6}, parse_math=False,
    )  # fmt: skip
    verdict = str(record.verdict).replace("_", " ")
    title = f"{verdict}, {record.tests_passed} of {record.tests_total} tests\n"
    title += f"rule reward {rule_reward:+.1f}   implicit reward ({method}) {record.reward:+.3f}"
    axes.set_title(title, fontsize=9, loc="left", parse_math=False)


def _differences(
    axes: Axes, pairs: Sequence[tuple[RewardRecord, RewardRecord]], scored: int
) -> None:
    values = [abs(one.reward - other.reward) for one, other in pairs]
    axes.hist(values, bins=24, color=BLUE, edgecolor="white")
    axes.axvline(0, color=ORANGE, linewidth=3)
    problems = len({one.problem_id for one, _ in pairs})
    title = f"{plural(len(pairs), 'pair')} of failing samples that the rule scores alike,\nof "
    title += f"{problems} of the {plural(scored, 'problem')} whose samples were scored\n"
    title += "(orange: difference of their rule rewards)"
    axes.set_title(title, fontsize=8, loc="left")
    axes.set_xlabel("difference of the implicit rewards (absolute)", fontsize=8)
    axes.set_ylabel("pairs", fontsize=8)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _ranking(axes: Axes, analysis: RewardAnalysis, method: str) -> None:
    axes.axvline(0.5, color=ORANGE, linewidth=3)
    shown = [name for name in NAMES if name in analysis.auc]
    for row, name in enumerate(shown):
        estimate = analysis.auc[name]
        low, high = estimate.low, estimate.high
        if low is not None and high is not None:
            axes.hlines(row, low, high, SERIES[row])
        axes.plot(estimate.value, row, MARKERS[row], color=SERIES[row])
    if not shown:
        _say(axes, "no two failing samples of one problem\nthat pass different numbers of tests")
    axes.set_yticks(range(len(shown)), [NAMES[name].format(method) for name in shown], fontsize=8)
    axes.set_ylim(max(len(shown), 1) - 0.5, -0.5)
    axes.set_xlim(-0.03, 1.03)
    axes.set_title(
        "How often the score prefers the one that passes more tests\n"
        f"({plural(analysis.pairs, 'pair')} of {plural(analysis.problems, 'problem')}; "
        f"{analysis.not_run_on_all_tests} of {analysis.failing_samples} samples left out,\nas not "
        f"all tests could be run; {_certainty(analysis)};\norange: the rule, chance)",
        fontsize=8,
        loc="left",
    )
    axes.set_xlabel("AUC", fontsize=8)


def _certainty(analysis: RewardAnalysis) -> str:
    few = any(found.low is None for found in analysis.auc.values())
    return "too few problems for intervals" if few else "95% intervals"
