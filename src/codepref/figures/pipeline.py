"""Figure 2: from problems to preference pairs, in the paper's five steps with a run's counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from codepref.config import Config
from codepref.figures.style import BLUE, GREEN, ORANGE, SKY, VERMILION

WIDTH, GAP, LINE = 2.5, 0.45, 0.19


@dataclass(frozen=True)
class Box:
    """One step: its name and what this run has of it."""

    title: str
    lines: list[str]


def boxes(
    config: Config, problem_report: Mapping[str, Any], statistics: Sequence[Mapping[str, Any]]
) -> list[Box]:
    """Return the steps that the paper's section 2.2 describes, with this run's counts.

    Args:
        config: names the models.
        problem_report: ``problems/report.json``.
        statistics: ``pairs/<model>.stats.json``, one for each model.
    """
    kept = problem_report["kept"]
    tests = problem_report["tests_per_problem"]
    medians = [f"{tests[kind]['median']:g} {kind}" for kind in ("visible", "hidden")]
    queries = Box(
        "Queries and unit tests",
        [f"{problem_report['kept_total']:,} problems", f"tests (medians): {' and '.join(medians)}"]
        + [f"{name}: {count:,}" for name, count in kept.items()],
    )
    model, responses, executor, pairs = (
        Box(title, [])
        for title in ("CodeLLM", "Responses, code", "Code executor", "Preference pairs")
    )
    for item in statistics:
        drawn, samples = item["problems"]["total"], item["samples"]
        each = samples["total"] / drawn if drawn else 0
        name = config.models[item["model"]].label
        model.lines.extend([name, f"  {each:g} responses to each of {drawn:,} problems"])
        if config.problems.pilot:
            model.lines.append(f"  that a pilot chose of {problem_report['kept_total']:,}")
        code = samples["total"] - samples["by_verdict"].get("no_code", 0)
        responses.lines.extend([f"{samples['total']:,} responses", f"  {code:,} with code"])
        right = samples["by_verdict"].get("passed", 0)
        executor.lines.extend(
            [
                f"{right:,} pass all tests: chosen",
                f"  {samples['total'] - right:,} do not: rejected",
            ]
        )
        pairs.lines.extend(
            [
                f"{item['pairs']:,} triples (x, y⁺, y⁻)",
                f"  {item['problems']['mixed']:,} of {drawn:,} problems have both",
            ]
        )
    return [queries, model, responses, executor, pairs]


def draw(steps: Sequence[Box]) -> Figure:
    """Draw the boxes from left to right, an arrow between each two."""
    height = 0.55 + LINE * max(len(box.lines) for box in steps)
    width = len(steps) * WIDTH + (len(steps) - 1) * GAP
    figure = Figure(figsize=(width * 0.92, height + 0.3))
    axes = figure.subplots()
    axes.set_axis_off()
    for number, (box, colour) in enumerate(
        zip(steps, (ORANGE, SKY, BLUE, VERMILION, GREEN), strict=True)
    ):
        left = number * (WIDTH + GAP)
        axes.add_patch(
            FancyBboxPatch(
                (left, 0), WIDTH, height, boxstyle="round,pad=0,rounding_size=0.12",
                facecolor="white", edgecolor=colour, linewidth=2.2,
            )
        )  # fmt: skip
        axes.text(
            left + 0.12, height - 0.25, f"{number + 1}  {box.title}", va="center", weight="bold"
        )
        for row, line in enumerate(box.lines):
            place = left + 0.12 + (0.1 if line.startswith("  ") else 0)
            axes.text(place, height - 0.52 - LINE * row, line.strip(), va="center", fontsize=7.5)
        if number:
            axes.add_patch(
                FancyArrowPatch(
                    (left - GAP, height / 2), (left, height / 2), arrowstyle="-|>",
                    mutation_scale=13, color="#444444", linewidth=1.5, shrinkA=2, shrinkB=2,
                )
            )  # fmt: skip
    axes.set_xlim(-0.05, width + 0.05)
    axes.set_ylim(-0.05, height + 0.05)
    return figure
