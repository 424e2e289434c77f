"""Grading a benchmark with EvalPlus: ground truth, solutions, and time-outs a second time."""

import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

from codepref.errors import UserError
from codepref.evaluation.evalplus.crew import Answer, Crew, Item
from codepref.evaluation.evalplus.files import MANIFEST, locked, part_file, read_manifest
from codepref.evaluation.evalplus.isolation import sandboxed
from codepref.evaluation.evalplus.references import compute_parts
from codepref.evaluation.settings import GradingConfig
from codepref.evaluation.tasks import Benchmark
from codepref.files import write_json
from codepref.gradings import BenchmarkVerdicts, GradingLimits, PartVerdict, TaskVerdict
from codepref.progress import Progress
from codepref.sandbox.isolation import Isolation, find_isolation
from codepref.sandbox.memory_kills import memory_kills

Part = Literal["base", "plus"]
PARTS: tuple[Part, ...] = get_args(Part)
CERTAINLY = 2  # times the limit: what exceeds that beside others exceeds the limit alone

Line = dict[str, Any]  # what codepref.evaluation.evalplus.grader writes about one (task id, part)
Lines = dict[tuple[str, str], Line]


@dataclass(frozen=True)
class GroundTruth:
    """A benchmark's expected outputs.

    Attributes:
        folder: what ``codepref.evaluation.evalplus.ground_truth`` wrote.
        manifest: per task its parts' numbers of inputs and seconds, or what is broken.
        failures: tasks whose reference solution fails here, and why.
    """

    folder: Path
    manifest: dict[str, Any]
    failures: dict[str, str]


class EvalPlusJudge:
    """Grades programs on one benchmark, inside the sandbox.

    Args:
        benchmark: the data file. Its names may be others than the ids of the tasks, so that one
            task has several programs (``tasks.repeated``).
        config: limits, and what is known about the ground truth.
        cache: folder that keeps the ground truth per data file between gradings.
        workers: programs graded at the same time.

    Raises:
        UserError: nothing here isolates untrusted code, or there is less than one worker.
    """

    def __init__(
        self, benchmark: Benchmark, config: GradingConfig, cache: str | Path, workers: int = 1
    ) -> None:
        if workers < 1:
            raise UserError(f"--workers is {workers}; at least one is needed")
        self.benchmark, self.config, self.workers = benchmark, config, workers
        self._tasks = {task.task_id: task for task in benchmark.tasks.values()}
        self._named = {**self._tasks, **benchmark.tasks}
        # All that a program's verdict depends on.
        self._limits = config.model_dump(
            exclude={"known_oracle_failures", "max_judge_disagreements"}
        )
        self.cache = Path(cache).resolve()
        self.isolation: Isolation = find_isolation(config.weaker_isolation)

    def grade(
        self, programs: dict[str, str], samples_sha256: str, every_part: bool = True
    ) -> BenchmarkVerdicts:
        """Grade one program per task.

        Args:
            programs: task id -> whole program (EvalPlus's ``solution``), one for each task.
            samples_sha256: of the file that the programs came from, for the record.
            every_part: also try on the plus part what fails base.

        Raises:
            UserError: the ground truth fails on a task that the configuration does not name.
        """
        truth = self.ground_truth()
        self._refuse_unknown_failures(truth)
        start = time.monotonic()
        gradable = {
            key: code
            for key, code in programs.items()
            if self._named[key].task_id not in truth.failures
        }
        lines = self._grade_programs(gradable, truth, self.benchmark.dataset, every_part)
        broken = PartVerdict(status="fail", reason="the ground truth fails here", seconds=0.0)
        untried = PartVerdict(status="fail", reason="not tried: base failed", seconds=0.0)
        verdicts = []
        for key in self.benchmark.tasks:
            otherwise = untried if key in gradable else broken
            base, plus = (
                _verdict(lines[key, part]) if (key, part) in lines else otherwise for part in PARTS
            )
            verdicts.append(TaskVerdict(task_id=key, base=base, plus=plus))
        return BenchmarkVerdicts(
            dataset=self.benchmark.dataset,
            data_md5=self.benchmark.md5,
            data_sha256=self.benchmark.sha256,
            samples_sha256=samples_sha256,
            evalplus=version("evalplus"),
            python=platform.python_version(),
            isolation=self.isolation.name,
            limits=GradingLimits(**self.config.model_dump(include=set(GradingLimits.model_fields))),
            known_oracle_failures=sorted(truth.failures),
            repaired=sorted({key for (key, _), line in lines.items() if line["repaired"]}),
            workers=self.workers,
            seconds=round(time.monotonic() - start, 3),
            total=len(verdicts),
            base_solved=sum(verdict.base_solved for verdict in verdicts),
            plus_solved=sum(verdict.plus_solved for verdict in verdicts),
            tasks=verdicts,
        )

    def ground_truth(self) -> GroundTruth:
        """Compute the expected outputs and grade the reference solutions, once per data file.

        Raises:
            UserError: the computation fails as a whole, or the cache cannot be written.
        """
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
            return self._stored_ground_truth()
        except OSError as error:
            raise UserError(
                f"{self.cache}: the ground truth cannot be kept there ({error.strerror}); name "
                "another folder with --cache"
            ) from error

    def _stored_ground_truth(self) -> GroundTruth:
        python = ".".join(platform.python_version_tuple()[:2])
        # The name holds all that the stored values depend on, so that no stale ones are found.
        name = f"{self.benchmark.dataset}-{self.benchmark.md5}-evalplus-{version('evalplus')}"
        folder = self.cache / f"{name}-python-{python}"
        limits = json.dumps(self._limits, sort_keys=True).encode()
        key = hashlib.sha256(limits).hexdigest()[:12]
        checked = folder / f"failures-{key}.json"
        with locked(self.cache / f"{folder.name}.lock"):
            manifest = read_manifest(folder, PARTS)
            if manifest is None:
                if folder.exists():
                    print(f"{folder} is damaged or old: computing it again", file=sys.stderr)
                    shutil.rmtree(folder)
                self._compute_ground_truth(folder)
                manifest = read_manifest(folder, PARTS)
                assert manifest is not None
            if not checked.is_file():
                write_json(checked, self._failures(GroundTruth(folder, manifest, {})))
            failures = json.loads(checked.read_text("utf-8"))
        return GroundTruth(folder, manifest, failures)

    def _failures(self, truth: GroundTruth) -> dict[str, str]:
        """Grade the reference solutions; return which fail, and why."""
        failures = {key: e["broken"] for key, e in truth.manifest.items() if "broken" in e}
        programs = {key: task.canonical for key, task in self._tasks.items() if key not in failures}
        lines = self._grade_programs(programs, truth, "reference solutions")
        for (key, part), line in lines.items():
            if line["status"] != "pass":
                failures.setdefault(key, f"{part}: {line['reason']}")
        return failures

    def _refuse_unknown_failures(self, truth: GroundTruth) -> None:
        for key, reason in sorted(truth.failures.items()):
            print(f"the reference solution of {key} fails here: {reason}", file=sys.stderr)
        unknown = sorted(set(truth.failures) - set(self.config.known_oracle_failures))
        if unknown:
            raise UserError(
                f"{self.benchmark.path.name}: the reference solution fails on this machine on "
                + ", ".join(f"{key} ({truth.failures[key]})" for key in unknown)
                + ": no solution can pass there. Fix the cause (too little memory: see "
                "grading.memory_mb), or name the tasks in grading.known_oracle_failures, and they "
                "count as not solved"
            )

    def _compute_ground_truth(self, folder: Path) -> None:
        """Compute the benchmark's ground truth into ``folder``, whole or not at all."""
        with tempfile.TemporaryDirectory(prefix=".ground-truth-", dir=folder.parent) as temporary:
            inner = Path(temporary) / "values"
            inner.mkdir()
            tasks = replace(self.benchmark, tasks=self._tasks)
            write_json(inner / MANIFEST, compute_parts(tasks, self._crew_of, inner))
            inner.rename(folder)

    def _grade_programs(
        self, programs: dict[str, str], truth: GroundTruth, what: str, every_part: bool = True
    ) -> Lines:
        """Grade programs; return a line for each (name, part), or not for the plus part.

        Limits are in CPU time. Even that is stretched by a busy machine (caches, hyper-threads), so
        what failed by time, or was put off since it would, is graded again with nothing beside it,
        and that verdict counts. So is what was killed, or has no verdict since its grader was: for
        want of memory, perhaps, that others used; and whatever failed while such a one ran.

        Args:
            programs: by name.
            truth: the ground truth.
            what: for the progress line.
            every_part: also try on the plus part what fails base.

        Raises:
            UserError: the kernel still kills for want of memory.
        """
        if every_part:
            return self._grade_parts(programs, PARTS, truth, what)
        lines = self._grade_parts(programs, PARTS[:1], truth, f"{what}, base")
        passing = {
            key: code for key, code in programs.items() if lines[key, "base"]["status"] == "pass"
        }
        return lines | self._grade_parts(passing, PARTS[1:], truth, f"{what}, plus", lines)

    def _grade_parts(
        self,
        programs: dict[str, str],
        parts: tuple[Part, ...],
        truth: GroundTruth,
        what: str,
        known: Lines | None = None,
    ) -> Lines:
        """Grade programs on some parts, together and where it is needed again; see above."""
        progress = Progress(f"grading {what}", len(parts) * len(programs))
        expected = {key: truth.manifest[self._named[key].task_id] for key in programs}
        lines: Lines = {}
        for part in parts:
            # The longest first, or the last one would keep a single worker busy. How much slower
            # than the reference a program is shows in its base part.
            cost = {key: entry[part]["seconds"] for key, entry in expected.items()}
            for (key, _), line in {**(known or {}), **lines}.items():
                if key in cost:
                    usual = max(expected[key]["base"]["seconds"], 0.02)
                    cost[key] *= max(1.0, line["seconds"] / usual)
            order = sorted(cost, key=lambda key: -cost[key])
            work = [(key, programs[key], part) for key in order]
            lines.update(self._run_grader(work, truth, progress))
        again = [
            (key, programs[key], part)
            for key in programs
            for part in parts
            if lines[key, part].get("again")
        ]
        if self.workers > CERTAINLY:  # else alone is as fast
            lines.update(self._certain_timeouts(again, lines, truth, what))
            again = [one for one in again if lines[one[0], one[2]].get("again")]
        progress = Progress(f"grading {what} again, alone", len(again))
        with self._grading_crew(1) as crew:
            for key, code, part in again:
                lines[key, part] = self._grade_alone(key, code, part, truth, crew)
                progress.advance()
        return lines

    def _certain_timeouts(
        self, work: list[tuple[str, str, Part]], lines: Lines, truth: GroundTruth, what: str
    ) -> Lines:
        """Return the lines of what is out of time even beside others with more than its limit.

        No busy machine stretches CPU time that far, so an endless loop need not run alone.
        """
        late = [one for one in work if lines[one[0], one[2]].get("failure") == "timeout"]
        progress = Progress(f"grading {what} again, with {CERTAINLY} times the limit", len(late))
        found = self._run_grader(late, truth, progress, CERTAINLY)
        return {
            job: {**line, "again": False, "graded_again": True}
            for job, line in found.items()
            if line.get("failure") == "timeout" and not line.get("disturber")
        }

    def _grade_alone(self, key: str, code: str, part: Part, truth: GroundTruth, crew: Crew) -> Line:
        """Grade one program with nothing beside it.

        Raises:
            UserError: that is not possible, for a reason that is not the program's.
        """

        def alone(code: str) -> Line | None:
            found: list[Line | None] = []
            item = self._item(key, code, part, truth, limit=1)
            crew.run([item], lambda _, answer: found.append(answer.found))
            return found[0]

        kills = memory_kills()
        line = alone(code)
        if line is None or memory_kills() > kills:
            # Its own doing? Then the reference, which needs as much of everything else, has none.
            kills = memory_kills()
            if alone(self._named[key].canonical) is None or memory_kills() > kills:
                raise UserError(
                    f"the process that grades {key} ({part}) was killed, also with nothing beside "
                    "it: is there less memory than grading.memory_mb "
                    f"({self.config.memory_mb} MiB) allows a solution? Give the job more"
                )
            if line is None:
                line = {"trouble": "its grading process was killed", "seconds": 0.0}
        if "trouble" in line:
            reference = alone(self._named[key].canonical) or line
            if "trouble" in reference:
                raise UserError(f"{key} ({part}) cannot be graded: {reference['trouble']}")
            told = {"status": "fail", "failure": "runtime_error", "reason": "disturbed its grading"}
            line = {**line, **told, "repaired": False}
        return {**line, "graded_again": True}

    def _run_grader(
        self,
        work: list[tuple[str, str, Part]],
        truth: GroundTruth,
        progress: Progress,
        limit: int | None = None,
    ) -> Lines:
        """Grade (name, program, part)s, several at once.

        ``limit``: how many times the limit each has; None: slow ones are put off (see the grader).

        Raises:
            UserError: no grading process starts.
        """
        answers: dict[tuple[str, str], Answer] = {}

        def read(item: Item, answer: Answer) -> None:
            answers[item.message["task_id"], item.message["part"]] = answer
            progress.advance()

        with self._grading_crew(self.workers) as crew:
            crew.run([self._item(*one, truth, limit) for one in work], read)
        return _lines(answers)

    def _item(self, key: str, code: str, part: Part, truth: GroundTruth, limit: int | None) -> Item:
        task = self._named[key]
        message = {
            **{"task_id": key, "part": part, "code": code, "limit": limit},
            **{"entry_point": task.entry_point, "tolerance": task.tolerance},
            "inputs": truth.manifest[task.task_id][part]["inputs"],
        }
        path = part_file(truth.folder, task.task_id, part)
        return Item(message, lambda: os.open(path, os.O_RDONLY | os.O_CLOEXEC))

    def _grading_crew(self, size: int) -> Crew:
        return self._crew_of("codepref.evaluation.evalplus.grader", size)

    def _crew_of(self, module: str, size: int | None = None) -> Crew:
        """Return sandboxes that run a module of ours under this grading's limits."""
        job = {
            **self._limits,
            "dataset": self.benchmark.dataset,
            "private": self.isolation.program is not None,
        }
        command = sandboxed(self.isolation, module, json.dumps(job))
        return Crew(command, self.workers if size is None else size)


def _lines(answers: dict[tuple[str, str], Answer]) -> Lines:
    """Return what the graders said, marked where it has to be graded again.

    What was killed, or took its sandbox with it, may have taken memory from what ran beside it.
    """
    lines: Lines = {
        job: answer.found or {"again": True, "disturber": True, "seconds": 0.0}
        for job, answer in answers.items()
    }
    disturbers = [answers[job] for job, line in lines.items() if line.get("disturber")]
    for job, line in lines.items():
        answer = answers[job]
        line["again"] = line.get("again") or (
            line.get("status") != "pass"
            and any(one.began < answer.ended and answer.began < one.ended for one in disturbers)
        )
    return lines


def _verdict(line: Line) -> PartVerdict:
    return PartVerdict(**{name: line[name] for name in PartVerdict.model_fields if name in line})
