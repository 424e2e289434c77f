"""Training curves for the report, and sentences on what rises and falls in them."""

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import mean, stdev
from typing import Any

from codepref.figures.data import CURVES, Log, curve_title
from codepref.tables.layout import number

MAX_POINTS = 150
"""of a curve; longer ones are thinned evenly"""
WINDOW = 0.2
"""the first and the last fifth of the steps are compared"""
FEWEST = 3
"""steps in each of the two, if the log has twice as many"""
ERRORS = 2.0

RULE = (
    "Rises or falls: the mean of the last fifth of the steps (at least three) differs from that of "
    "the first fifth by more than two standard errors of both."
)
SAID = {
    "loss": "the loss",
    "rewards/chosen": "the reward of chosen responses",
    "rewards/rejected": "the reward of rejected responses",
    "rewards/margins": "the reward margin",
    "rewards/accuracies": "the share of pairs with chosen above rejected",
    "log_ratio": "the mean log-ratio to the {reference}",
    "reward": "the rule reward",
    "passed": "the share of responses that pass",
}
PERCENT = ("rewards/accuracies", "passed")


def words(logs: Sequence[Log], reference: str) -> str:
    """Return what rises and what falls in the logs of one policy (one per training seed)."""
    parts = []
    for key, said in SAID.items():
        name = said.format(reference=reference)
        points = [float(line[key]) for log in logs for line in log if key in line]
        if len(points) < 2:
            continue
        first, last = _windows(logs, key)
        if min(len(first), len(last)) < 2:  # nothing tells a trend from noise
            continue
        trend = _trend(first, last)
        start, end = (_value(key, mean(part)) for part in (first, last))
        parts.append(
            f"{name} {trend} from {start} to {end}" if trend else f"{name} stays near {end}"
        )
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else "The log has too few steps to tell."


def _windows(logs: Sequence[Log], key: str) -> tuple[list[float], list[float]]:
    first: list[float] = []
    last: list[float] = []
    for log in logs:
        points = [float(line[key]) for line in log if key in line]
        count = max(min(FEWEST, len(points) // 2), round(WINDOW * len(points)))
        first += points[:count]
        last += points[-count:]
    return first, last


def _trend(first: Sequence[float], last: Sequence[float]) -> str:
    change = mean(last) - mean(first)
    errors = [stdev(part) / sqrt(len(part)) for part in (first, last)]
    if abs(change) <= ERRORS * sqrt(sum(error**2 for error in errors)) or change == 0:
        return ""
    return "rises" if change > 0 else "falls"


def _value(key: str, value: float) -> str:
    if key in PERCENT:
        return f"{number(100 * value, 0)}%"
    return number(value, 2 if abs(value) >= 0.1 or value == 0 else 4)


def curve_data(
    logs: Mapping[str, Sequence[Log]], settings: Mapping[str, str], reference: str
) -> dict[str, Any]:
    """Return what the page's chart of training curves shows.

    Args:
        logs: by policy's label, one log per seed.
        settings: by policy's label, its hyperparameters in words.
        reference: of the log-ratio (``labels.reference_words``).
    """
    shown = [
        k for k in CURVES if any(k in line for of in logs.values() for log in of for line in log)
    ]
    return {
        "curves": {key: curve_title(key, reference) for key in shown},
        "rule": RULE,
        "policies": [
            {
                "label": label,
                "settings": settings.get(label, ""),
                "words": words(seeds, reference),
                "points": [
                    {"seed": seed, "step": line["step"], "curve": key, "value": line[key]}
                    for seed, log in enumerate(seeds)
                    for line in _thinned(log)
                    for key in shown
                    if key in line
                ],
            }
            for label, seeds in logs.items()
        ],
    }


def _thinned(log: Log) -> Log:
    step = -(-len(log) // MAX_POINTS)
    kept = list(log[::step])
    return kept if not log or kept[-1] is log[-1] else [*kept, log[-1]]
