"""What the stages need to know about a benchmark (registry: ``codepref.evaluation.benchmarks``)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from codepref.evaluation import data
from codepref.evaluation.settings import GradingConfig, TaskFileData
from codepref.evaluation.tasks import TaskFile
from codepref.gradings import (
    BenchmarkVerdicts,
    Disagreement,
    JudgeComparison,
    PartVerdict,
    TaskVerdict,
)
from codepref.prompts import benchmark_messages
from codepref.records import Message
from codepref.strict import Section


class Judge(Protocol):
    """What grades one program per task of a benchmark, or per name of a repeated task."""

    def grade(
        self, programs: dict[str, str], samples_sha256: str, every_part: bool = True
    ) -> BenchmarkVerdicts:
        """Return the verdicts on programs by the names that the benchmark has its tasks by.

        Without ``every_part`` what fails base need not be tried on plus.
        """


@dataclass(frozen=True)
class Question:
    """How a task is put to a model, and what to look for in the answer."""

    messages: list[Message]
    entry_point: str | None = None
    """the function to write; None: a whole program"""
    starter_code: str = ""
    """code in the prompt that the answer may continue"""


@dataclass(frozen=True)
class Source:
    """One kind of data (``data.kind`` in the configuration) and what makes a data file of it."""

    section: type[Section]
    content: Callable[[Any], bytes]


def complete_code(task: Mapping[str, Any], style: str) -> Question:
    """Ask for the function ``entry_point`` that ``prompt`` begins; without one, for a program.

    Raises:
        ValueError: ``entry_point`` is no text.
    """
    entry_point = task.get("entry_point")
    if entry_point is not None and not isinstance(entry_point, str):
        raise ValueError(
            f"not a benchmark task: entry_point is {entry_point!r}, expected the function's name"
        )
    # EvalPlus's own wording asks for a self-contained program, ours to continue the code.
    starter_code = task["prompt"] if entry_point and style != "evalplus" else ""
    return Question(benchmark_messages(task["prompt"], style), entry_point, starter_code)


@dataclass(frozen=True)
class BenchmarkEntry:
    """What the stages need of a data set.

    Attributes:
        judge: makes the judge from the data file, the section ``grading``, a folder that keeps
            what is computed once per data file, and the number of workers.
        task: checks a task of the data file (it has the texts ``task_id`` and ``prompt``) and
            returns what the judge needs of it; raises ValueError with what is wrong.
        question: puts a task to a model, in a prompt style of the section ``generation``. In style
            ``evalplus`` the last message begins the answer with an open code block.
        styles: the prompt styles that ``question`` has.
        sources: kinds of data, the default first.
        second_judge: compares the judge's verdicts with those of another; None: there is no other.
        columns: what the columns of the base and of the plus tests add to the benchmark's label.
        dated: its tasks have a day ``released``, and a model is asked those after its training data
            end (``released_after``).
    """

    judge: Callable[[TaskFile[Any], GradingConfig, str | Path, int], Judge]
    task: Callable[[dict[str, Any]], Any] = dict
    question: Callable[[Mapping[str, Any], str], Question] = complete_code
    sources: Mapping[str, Source] = field(
        default_factory=lambda: {"file": Source(TaskFileData, data.from_file)}
    )
    second_judge: Callable[[Any, dict[str, str], BenchmarkVerdicts], JudgeComparison] | None = None
    columns: tuple[str, str] = ("", "+")
    styles: tuple[str, ...] = ("evalplus", "chat")
    dated: bool = False


def confirmed(verdicts: BenchmarkVerdicts, comparison: JudgeComparison) -> BenchmarkVerdicts:
    """Return the verdicts that count: passed is what both judges passed.

    EvalPlus's process can be made to pass anything by the program that it runs, and that program
    also chooses how it fails before the second judge. So whatever only EvalPlus passed has failed,
    for whichever reason; what EvalPlus failed stays failed, as published scores have it.
    """
    contrary: dict[tuple[str, str], Disagreement] = {
        (found.task_id, found.part): found for found in comparison.disagreements
    }

    def part(task_id: str, name: str, verdict: PartVerdict) -> PartVerdict:
        found = contrary.get((task_id, name))
        return verdict if found is None or verdict.status != "pass" else _overruled(verdict, found)

    tasks = [
        TaskVerdict(
            task_id=task.task_id,
            base=part(task.task_id, "base", task.base),
            plus=part(task.task_id, "plus", task.plus),
        )
        for task in verdicts.tasks
    ]
    return verdicts.model_copy(
        update={
            "tasks": tasks,
            "base_solved": sum(task.base_solved for task in tasks),
            "plus_solved": sum(task.plus_solved for task in tasks),
            "judges": comparison,
        }
    )


def _overruled(verdict: PartVerdict, found: Disagreement) -> PartVerdict:
    reason = f"passed only in EvalPlus's own process ({found.reason}): {found.second}"
    told = {"status": "fail", "reason": reason, "failure": found.failure, "overruled": True}
    return verdict.model_copy(update=told)
