"""Anyone's samples graded by both judges, as a certificate."""

import hashlib
import json
import platform
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from statistics import mean
from typing import Any

from codepref.errors import UserError
from codepref.evaluation.benchmarks import BENCHMARKS, read_data
from codepref.evaluation.published.certificate import (
    Certificate,
    GradedSample,
    Score,
    markdown,
)
from codepref.evaluation.published.data_files import DataFile, data_file
from codepref.evaluation.published.differences import Setting, compare
from codepref.evaluation.published.releases import known
from codepref.evaluation.published.samples import (
    GivenSample,
    dataset_of,
    fingerprint,
    in_rounds,
    read_samples,
    refuse_unknown,
)
from codepref.evaluation.published.verdicts import PublishedVerdicts
from codepref.evaluation.settings import GradingConfig
from codepref.evaluation.tasks import Benchmark, some_of
from codepref.files import check_writable, read_record, read_records, write_text
from codepref.gradings import GradingLimits
from codepref.progress import say
from codepref.provenance.record import source_sha256
from codepref.rates import pass_at_k, rate_interval
from codepref.resume import WorkFile
from codepref.sandbox.isolation import find_isolation

VERDICTS, RECORD, PAGE = "verdicts.jsonl", "certificate.json", "certificate.md"
"""The files of a grading's folder"""
_PART = 50  # samples graded at a time: a killed grading loses no more
_KS = (1, 10, 100)  # EvalPlus's, and all of a task's samples


@dataclass(frozen=True)
class Grading:
    """What to grade, and with what.

    Attributes:
        samples: the file or folder.
        data: a data file, or a folder that holds EvalPlus's releases; None: EvalPlus's own cache or
            the network.
        published: published verdicts on the same samples, if there are any.
        output: folder for the verdicts and the certificate.
        cache: folder that keeps data files and their ground truth.
        config: limits.
        workers: programs graded at the same time.
        version: of the data, instead of the one that the samples or the published verdicts fit.
    """

    samples: Path
    data: Path | None
    published: PublishedVerdicts | None
    output: Path
    cache: Path
    config: GradingConfig
    workers: int
    version: str | None = None


def grade_samples(grading: Grading) -> Certificate:
    """Grade samples by both judges; write and return the certificate.

    A grading that was stopped goes on where it stopped; one that is complete is not repeated.

    Raises:
        UserError: samples, data or published verdicts are unusable (names file and line).
    """
    for name in (VERDICTS, RECORD, PAGE):
        check_writable(grading.output / name)
    samples = read_samples(grading.samples)
    dataset = dataset_of(samples)
    md5 = grading.published.data_md5 if grading.published else ""
    task_ids = {sample.task_id for sample in samples}
    found = data_file(dataset, task_ids, md5, grading.version, grading.data, grading.cache)
    benchmark: Benchmark = read_data(dataset, found.path)
    releases = known().of(dataset)
    refuse_unknown(samples, set(benchmark.tasks).union(*(r.task_ids for r in releases)))
    common = [sample for sample in samples if sample.task_id in benchmark.tasks]
    if not common:
        raise UserError(
            f"{grading.samples}: none of its tasks is in {grading.data or found.path}; they fit "
            f"{' or '.join(found.fits)}"
        )
    rounds = in_rounds(common)
    if grading.published is not None:
        grading.published.partners(_programs(rounds, benchmark))  # before the work, not after it
    made_from = _made_from(grading, common, benchmark)
    verdicts = grading.output / VERDICTS
    before = _earlier(grading.output / RECORD, made_from)
    if before is None or not verdicts.is_file():
        _grade(grading, benchmark, rounds, verdicts, made_from)
    else:
        say(f"{verdicts}: graded before with the same data and settings; not repeated")
    graded = list(read_records(verdicts, GradedSample))
    if len(graded) != len(common):
        raise UserError(
            f"{verdicts}: holds {len(graded)} verdicts on {len(common)} samples: it was changed; "
            "remove it and grade again"
        )
    order = {task_id: number for number, task_id in enumerate(benchmark.tasks)}
    graded.sort(key=lambda sample: (order[sample.task_id], sample.index))
    certificate = _certificate(grading, samples, benchmark, found, graded, made_from)
    if grading.published is not None:
        certificate = _with_published(certificate, grading.published, benchmark, rounds, graded)
    write_text(grading.output / RECORD, certificate.model_dump_json(indent=1) + "\n")
    write_text(grading.output / PAGE, markdown(certificate))
    return certificate


def _made_from(
    grading: Grading, samples: Sequence[GivenSample], benchmark: Benchmark
) -> dict[str, str]:
    limits = grading.config.model_dump(exclude={"max_judge_disagreements"})
    return {
        "samples": fingerprint(samples),
        "data": benchmark.sha256,
        "settings": hashlib.sha256(json.dumps(limits, sort_keys=True).encode()).hexdigest(),
        "EvalPlus": version("evalplus"),
        "Python": platform.python_version(),
        "code": source_sha256(),
    }


def _earlier(path: Path, made_from: Mapping[str, str]) -> Certificate | None:
    """Return the certificate of a complete grading of the same samples, if there is one."""
    try:
        earlier = read_record(path, Certificate) if path.is_file() else None
    except UserError:  # of another version of this project
        return None
    return earlier if earlier is not None and earlier.made_from == made_from else None


def _grade(
    grading: Grading,
    benchmark: Benchmark,
    rounds: Sequence[Sequence[GivenSample]],
    verdicts: Path,
    made_from: Mapping[str, str],
) -> None:
    """Write the verdicts on all samples; what an interrupted call finished is kept."""
    from codepref.evaluation.evalplus.judge import EvalPlusJudge

    parts = [
        (number, one_round[start : start + _PART])
        for number, one_round in enumerate(rounds)
        for start in range(0, len(one_round), _PART)
    ]
    total, done = sum(map(len, rounds)), 0
    # All reference solutions first: what fails here is no fault of the samples.
    EvalPlusJudge(benchmark, grading.config, grading.cache, grading.workers).ground_truth()
    with WorkFile(verdicts, {**made_from, "part": str(_PART)}, "parts") as work:
        for number, (index, part) in enumerate(parts):
            if number not in work:
                work.add(number, _grade_part(grading, benchmark, index, part, made_from["samples"]))
            done += len(part)
            say(f"{grading.samples}: {done} of {total} samples graded by both judges")
        # The verdicts of one grading never lie beside the certificate of another.
        (grading.output / RECORD).unlink(missing_ok=True)
        work.finish()


def _grade_part(
    grading: Grading,
    benchmark: Benchmark,
    index: int,
    samples: Sequence[GivenSample],
    samples_sha256: str,
) -> list[GradedSample]:
    """Grade one sample of each of some tasks by both judges."""
    entry = BENCHMARKS[benchmark.dataset]
    assert entry.second_judge is not None  # EvalPlus's data sets have one
    tasks = benchmark.tasks
    few = replace(benchmark, tasks={sample.task_id: tasks[sample.task_id] for sample in samples})
    judge: Any = entry.judge(few, grading.config, grading.cache, grading.workers)
    programs = {sample.task_id: sample.program(tasks[sample.task_id].prompt) for sample in samples}
    verdicts = judge.grade(programs, samples_sha256)
    comparison = entry.second_judge(judge, programs, verdicts)
    disagreements = defaultdict(list)
    for disagreement in comparison.disagreements:
        disagreements[disagreement.task_id].append(disagreement)
    by_task = {verdict.task_id: verdict for verdict in verdicts.tasks}
    return [
        GradedSample(
            task_id=sample.task_id,
            index=index,
            where=sample.where,
            base=by_task[sample.task_id].base,
            plus=by_task[sample.task_id].plus,
            disagreements=disagreements[sample.task_id],
        )
        for sample in samples
    ]


def _certificate(
    grading: Grading,
    samples: Sequence[GivenSample],
    benchmark: Benchmark,
    data: DataFile,
    graded: Sequence[GradedSample],
    made_from: dict[str, str],
) -> Certificate:
    """Return what there is to say without published verdicts."""
    tasks = {sample.task_id for sample in graded}
    missing = [task_id for task_id in benchmark.tasks if task_id not in tasks]
    extra = list(dict.fromkeys(s.task_id for s in samples if s.task_id not in benchmark.tasks))
    scores = _scores(graded)
    return Certificate(
        samples=str(grading.samples),
        samples_sha256=made_from["samples"],
        dataset=benchmark.dataset,
        data_version=data.version,
        data_md5=benchmark.md5,
        data_sha256=benchmark.sha256,
        fits=data.fits,
        evalplus=made_from["EvalPlus"],
        python=made_from["Python"],
        isolation=find_isolation(grading.config.weaker_isolation).name,
        limits=GradingLimits(**grading.config.model_dump(include=set(GradingLimits.model_fields))),
        graded=len(graded),
        tasks=len(tasks),
        data_tasks=len(benchmark.tasks),
        missing=missing,
        extra=extra,
        scores=scores,
        disagreements=[d for sample in graded for d in sample.disagreements],
        notes=_notes(samples, benchmark, graded, missing, extra, scores),
        made_from=made_from,
    )


def _notes(
    samples: Sequence[GivenSample],
    benchmark: Benchmark,
    graded: Sequence[GradedSample],
    missing: Sequence[str],
    extra: Sequence[str],
    scores: Sequence[Score],
) -> list[str]:
    notes = []
    if missing:
        tasks = len(benchmark.tasks) - len(missing)
        counted = ", ".join(
            f"{100 * score.value * tasks / len(benchmark.tasks):.1f} ({score.part})"
            for score in scores
            if score.judge == "EvalPlus" and score.k == 1
        )
        notes.append(
            f"no sample of {len(missing)} of the data file's tasks: {some_of(missing)}. The scores "
            f"are over the other {tasks}; with the missing ones as failed, EvalPlus's pass@1 is "
            f"{counted}"
        )
    if extra:
        notes.append(
            f"samples of {len(extra)} tasks that the data file does not have, not graded: "
            f"{some_of(extra)}"
        )
    counts = Counter(sample.task_id for sample in graded)
    if len(set(counts.values())) > 1:
        least, most = min(counts.values()), max(counts.values())
        notes.append(f"the tasks have different numbers of samples, from {least} to {most}")
    tasks_of = benchmark.tasks
    again = [s for s in samples if s.task_id in tasks_of and s.repeats(tasks_of[s.task_id].prompt)]
    if again:
        notes.append(
            f"{len(again)} completions hold their task's prompt, first {again[0].where}; graded as "
            "EvalPlus grades them: the prompt, then the completion"
        )
    return notes


def _scores(graded: Sequence[GradedSample]) -> list[Score]:
    judges: dict[str, Callable[[GradedSample, bool], bool]] = {
        "EvalPlus": lambda sample, plus: sample.plus_solved if plus else sample.base_solved,
        "second judge": lambda sample, plus: sample.second_solved(plus),
    }
    judges["both judges"] = lambda sample, plus: all(
        judges[name](sample, plus) for name in ("EvalPlus", "second judge")
    )
    found = []
    for judge, solved in judges.items():
        for part in ("base", "plus"):
            counts: dict[str, list[bool]] = defaultdict(list)
            for sample in graded:
                counts[sample.task_id].append(solved(sample, part == "plus"))
            found += scores_of(judge, part, list(counts.values()))
    return found


def scores_of(judge: str, part: str, solved: Sequence[Sequence[bool]]) -> list[Score]:
    """Return pass@k of tasks, of each of which it is given which of its samples are solved.

    k is 1, 10, 100 and the number of samples, as far as each task has as many.
    """
    least = min(map(len, solved))
    single = max(map(len, solved)) == 1
    found = []
    for k in sorted({k for k in (*_KS, least) if k <= least}):
        value = mean(pass_at_k(len(of_task), sum(of_task), k) for of_task in solved)
        # More samples of a task do not pretend to be more tasks.
        interval = rate_interval(value * len(solved), len(solved)) if k == 1 else None
        count = sum(map(sum, solved)) if single else None
        found.append(
            Score(judge=judge, part=part, k=k, value=value, interval=interval, solved=count)
        )
    return found


def _programs(
    rounds: Sequence[Sequence[GivenSample]], benchmark: Benchmark
) -> dict[str, list[str]]:
    """Return the whole programs by task, in the order of the rounds."""
    programs: dict[str, list[str]] = defaultdict(list)
    for sample in (sample for one_round in rounds for sample in one_round):
        programs[sample.task_id].append(sample.program(benchmark.tasks[sample.task_id].prompt))
    return programs


def _with_published(
    certificate: Certificate,
    published: PublishedVerdicts,
    benchmark: Benchmark,
    rounds: Sequence[Sequence[GivenSample]],
    graded: Sequence[GradedSample],
) -> Certificate:
    """Add the published scores on the same samples, and where ours differ."""
    programs = _programs(rounds, benchmark)
    partners = published.partners(programs)
    scores = []
    for part in ("base", "plus"):
        known_verdicts: dict[str, list[bool]] = defaultdict(list)
        for (task_id, _), verdict in partners.items():
            solved = verdict.base_solved if part == "base" else verdict.plus_solved
            if solved is not None:
                known_verdicts[task_id].append(solved)
        if known_verdicts:
            scores += scores_of("published", part, list(known_verdicts.values()))
    by_number = {
        (task_id, number): program
        for task_id, of_task in programs.items()
        for number, program in enumerate(of_task)
    }
    setting = Setting(benchmark.dataset, benchmark.md5, published, known())
    release = known().by_md5(published.data_md5)
    notes = list(certificate.notes)
    if len(partners) < len(by_number):
        alone = [f"{task}" for task, number in by_number if (task, number) not in partners]
        notes.append(
            f"{len(alone)} samples have no published verdict on the same program: {some_of(alone)}"
        )
    return certificate.model_copy(
        update={
            "published": published.where,
            "published_data": release.version if release else published.data_md5 or None,
            "compared": len(partners),
            "scores": [*scores, *certificate.scores],
            "differences": compare(setting, graded, by_number, partners),
            "notes": notes,
        }
    )
