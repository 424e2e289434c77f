"""Samples as EvalPlus and its users write them.

``samples.jsonl`` has one sample a line, ``{"task_id", "solution"}`` (a whole program) or
``{"task_id", "completion"}`` (continues the task's prompt); a folder has them as
``HumanEval_0/0.py`` (whole programs). What a program is made of is EvalPlus's own rule
(``evalplus.data.load_solutions`` and ``evalplus.evaluate``).
"""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from codepref.errors import UserError
from codepref.evaluation.published.packed import Member, read_members
from codepref.evaluation.tasks import PREFIXES, Dataset
from codepref.strict import nearest

Form = Literal["solution", "completion"]  # EvalPlus prefers the first where both are given
FORMS: tuple[Form, ...] = get_args(Form)
_TASK = re.compile(rf"({'|'.join(PREFIXES.values())})\d+")
_NUMBERED = re.compile(r".+_\d+")
_EXPECTED = (
    "expected EvalPlus samples: lines like "
    '{"task_id": "HumanEval/0", "solution": "..."} (or "completion"), or folders like '
    "HumanEval_0/0.py"
)


@dataclass(frozen=True)
class GivenSample:
    """One sample as it was given.

    Attributes:
        task_id: as in the data file, for example ``HumanEval/0``.
        text: what was given.
        form: whether ``text`` is a whole program or continues the task's prompt.
        where: the file and the line, or the file of a folder or an archive.
    """

    task_id: str
    text: str
    form: Form
    where: str

    def program(self, prompt: str) -> str:
        """Return the whole program, as EvalPlus makes it."""
        return self.text if self.form == "solution" else prompt + self.text

    def repeats(self, prompt: str) -> bool:
        """Return whether a completion begins its task's prompt again."""
        return self.form == "completion" and prompt.strip() in self.text


def read_samples(path: str | Path) -> list[GivenSample]:
    """Read samples in any of these forms, in the order of the file or of the tasks' numbers.

    Raises:
        UserError: there are none, a line is malformed, it is not clear which of several files is
            meant, or they are of several benchmarks (names the file and the line).
    """
    members = read_members(path, (".jsonl", ".py"))
    files = [member for member in members if member.name.suffix == ".jsonl" or _is(member, path)]
    solutions = [member for member in members if member not in files and _task_of(member)]
    if len(files) > 1 or (files and solutions):
        several = [member.where for member in [*files, *solutions][:3]]
        raise UserError(
            f"{path}: holds several sets of samples ({', '.join(several)}...); name one of them"
        )
    if strange := next(filter(_seems_a_solution, members), None):
        raise UserError(
            f"{strange.where}: '{strange.name.parent.name}' is no task of EvalPlus's benchmarks; "
            f"{_EXPECTED}"
        )
    if not files and not solutions:
        raise UserError(f"{path}: holds no solution; {_EXPECTED}")
    samples = _lines(files[0]) if files else _solutions(path, solutions)
    if not samples:
        raise UserError(f"{path}: holds no sample; {_EXPECTED}")
    _refuse_mixed(samples)
    return samples


def dataset_of(samples: Iterable[GivenSample]) -> Dataset:
    """Return the benchmark that samples are of."""
    task_id = next(iter(samples)).task_id
    return "humaneval" if task_id.startswith(PREFIXES["humaneval"]) else "mbpp"


def refuse_unknown(samples: Iterable[GivenSample], known: Iterable[str]) -> None:
    """Refuse a sample of a task that no version of the benchmark has.

    Raises:
        UserError: names the first such sample, and how many there are.
    """
    tasks = set(known)
    unknown = [sample for sample in samples if sample.task_id not in tasks]
    if unknown:
        more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
        raise UserError(
            f"{unknown[0].where}: no version of the benchmark has a task "
            f"'{unknown[0].task_id}'{more}; remove it, or give the data file that has it"
        )


def in_rounds(samples: Iterable[GivenSample]) -> list[list[GivenSample]]:
    """Return the samples in rounds: the first of each task, the second of each task, and so on.

    Raises:
        UserError: some tasks have more samples than others, and a sample among them is the copy of
            another (names both places).
    """
    by_task: dict[str, list[GivenSample]] = defaultdict(list)
    for sample in samples:
        by_task[sample.task_id].append(sample)
    counts = Counter(len(of_task) for of_task in by_task.values())
    usual = counts.most_common(1)[0][0]
    for of_task in by_task.values():
        # Among as many samples for every task, equal ones are what a model gave twice.
        if len(of_task) > usual:
            _refuse_copies(of_task, usual)
    most = max(counts)
    return [[found[i] for found in by_task.values() if i < len(found)] for i in range(most)]


def fingerprint(samples: Iterable[GivenSample]) -> str:
    """Return the SHA-256 of the samples, however they were packed."""
    digest = hashlib.sha256()
    for sample in samples:
        line = json.dumps([sample.task_id, sample.form, sample.text])
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def _is(member: Member, path: str | Path) -> bool:
    """Return whether a member is the given file itself, whatever it is called."""
    return member.where == str(path) and member.name.suffix != ".py"


def _task_of(member: Member) -> str | None:
    """Return the task of ``HumanEval_0/0.py``; None if the file is no such solution."""
    folder = member.name.parent.name.replace("_", "/")
    return folder if member.name.suffix == ".py" and _TASK.fullmatch(folder) else None


def _seems_a_solution(member: Member) -> bool:
    """Return whether a file is named like a solution, but of no task that a benchmark can have."""
    named = _NUMBERED.fullmatch(member.name.parent.name) and member.name.stem.isdecimal()
    return member.name.suffix == ".py" and bool(named) and _task_of(member) is None


def _lines(file: Member) -> list[GivenSample]:
    file.text()  # names the line that is not UTF-8
    content = file.content.removeprefix(b"\xef\xbb\xbf")
    # Lines end at a line feed only: JSON strings may hold other separators (U+2028).
    return [
        _sample(line.decode(), f"{file.where}:{number}")
        for number, line in enumerate(content.split(b"\n"), start=1)
        if line.strip()
    ]


def _sample(line: str, where: str) -> GivenSample:
    try:
        found: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise UserError(f"{where}: not a sample: {_EXPECTED}")
    if not isinstance(task_id := found.get("task_id"), str):
        what = f"task_id is {json.dumps(task_id)}" if "task_id" in found else "it has no task_id"
        raise UserError(f"{where}: {what}; {_EXPECTED}")
    if not _TASK.fullmatch(task_id):
        examples = [f"{prefix}{task_id.rpartition('/')[2]}" for prefix in PREFIXES.values()]
        raise UserError(
            f"{where}: '{task_id}' is no task of EvalPlus's benchmarks{nearest(task_id, examples)}"
        )
    form = next((name for name in FORMS if name in found), None)
    if form is None:
        raise UserError(f"{where}: {task_id} has neither 'solution' nor 'completion'")
    if not isinstance(text := found[form], str):
        raise UserError(
            f"{where}: the {form} of {task_id} is {type(text).__name__}, expected a text; several "
            "samples of a task are several lines"
        )
    return GivenSample(task_id, _plain(text), form, where)


def _plain(text: str) -> str:
    """Return a text that can be written: JSON may hold halves of characters, files may not."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _solutions(path: str | Path, files: list[Member]) -> list[GivenSample]:
    roots = sorted({str(file.name.parent.parent) for file in files})
    if len(roots) > 1:
        raise UserError(
            f"{path}: holds several sets of samples (below {' and '.join(roots[:3])}); name one "
            "of them"
        )

    def place(file: Member) -> tuple[int, bool, int, str]:
        stem = file.name.stem
        numbered = stem.isdecimal()
        number = int(str(_task_of(file)).rpartition("/")[2])
        return number, not numbered, int(stem) if numbered else 0, stem

    return [
        # Text as Python reads it from a file: any line ending is a line feed.
        GivenSample(str(_task_of(file)), _universal(file.text()), "solution", file.where)
        for file in sorted(files, key=place)
    ]


def _universal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _refuse_mixed(samples: list[GivenSample]) -> None:
    first = samples[0]
    kind = first.task_id.partition("/")[0]
    for sample in samples:
        if sample.task_id.partition("/")[0] != kind:
            raise UserError(
                f"{sample.where}: a sample of {sample.task_id}, but {first.where} is one of "
                f"{first.task_id}; grade each benchmark's samples by themselves"
            )


def _refuse_copies(samples: list[GivenSample], usual: int) -> None:
    seen: dict[str, GivenSample] = {}
    for sample in samples:
        if (twin := seen.setdefault(sample.text, sample)) is not sample:
            raise UserError(
                f"{sample.where}: the same sample of {sample.task_id} as {twin.where}; remove one "
                f"(the other tasks have {usual} each)"
            )
