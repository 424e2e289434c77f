"""The accuracy of rewards on held-out pairs: a count, without a model."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import product

from codepref.records import HeldOutAccuracy, RewardRecord, TaskAccuracy


def pair_accuracy(records: Iterable[RewardRecord], total: int) -> HeldOutAccuracy:
    """Compare each passing answer with each failing answer of its task."""
    sides: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for record in records:
        sides[record.problem_id][record.verdict != "passed"].append(record.reward)
    tasks = [
        TaskAccuracy(
            task_id=task_id,
            pairs=len(good) * len(bad),
            right=sum((one > other) + (one == other) / 2 for one, other in product(good, bad)),
        )
        for task_id, (good, bad) in sides.items()
        if good and bad
    ]
    return HeldOutAccuracy(total=total, tasks=tasks)
