"""The executions stage: one verdict per sample of a file, in the samples' order."""

from collections.abc import Mapping
from pathlib import Path

from codepref.errors import UserError
from codepref.files import read_records, sha256_of, unique_records
from codepref.progress import Progress, say
from codepref.records import Problem, Sample
from codepref.resume import WorkFile
from codepref.sandbox.executor import Executor
from codepref.sandbox.forms import malformed
from codepref.sandbox.judge import refusal
from codepref.sandbox.settings import ExecutionConfig
from codepref.sandbox.summary import Summary


def execute_samples(
    problems_file: Path,
    samples_file: Path,
    output: Path,
    config: ExecutionConfig,
    workers: int | None = None,
) -> None:
    """Run every sample on its problem's tests; write the verdicts and print a summary.

    Verdicts wait in ``<output>.partial`` as they come in: a killed run resumes from there.

    Args:
        problems_file: problem records (JSONL).
        samples_file: sample records (JSONL).
        output: execution records (JSONL), one per sample.
        config: limits and isolation.
        workers: sandboxes at work at once; None: one per processor.

    Raises:
        UserError: a malformed file, a problem that cannot be judged, a sample of an unknown problem
            or given twice, no isolation, or samples that the sandbox failed on.
    """
    problems = check_problems(problems_file)
    total = check_samples(samples_file, problems)
    made_from = {
        "problems file": sha256_of(problems_file),
        "samples file": sha256_of(samples_file),
        "configuration": config.model_dump_json(),
    }
    with WorkFile(output, made_from, "verdicts") as work:
        unfinished = [number for number in range(total) if number not in work]
        pairs = (
            (problems[sample.problem_id], sample)
            for number, sample in enumerate(read_records(samples_file, Sample))
            if number not in work
        )
        progress = Progress("executed", total, done=len(work))
        with Executor(workers, config) as executor:
            summary = Summary(executor.workers, executor.isolation.name, executor.spent)
            for position, execution in executor.run_as_completed(pairs):
                summary.add(execution)
                if execution.verdict != "infra_error":
                    work.add(unfinished[position], [execution])
                progress.advance(note=f"{summary.counts['passed']} passed")
        say(summary.table())
        if lost := summary.counts["infra_error"]:
            raise UserError(
                f"{lost} of {total} samples could not be executed because the sandbox failed "
                f"({summary.last_infra_message}); run again: the other verdicts are kept"
            )
        work.finish()


def check_problems(path: Path) -> dict[str, Problem]:
    """Return a file's problems by their id, all of which can be judged.

    Raises:
        UserError: a malformed line, an id that occurs twice, a problem or a test of a form that
            cannot be run or compared (file and line).
    """
    problems: dict[str, Problem] = {}
    for line, problem in unique_records(path, Problem, "id"):
        tests = enumerate(problem.tests, start=1)
        wrong = (f"test {n}: {what}" for n, test in tests for what in malformed(problem, test))
        if reason := refusal(problem) or next(wrong, None):
            raise UserError(
                f"{path}:{line}: problem {problem.id} cannot be judged: {reason}; leave it out"
            )
        problems[problem.id] = problem
    return problems


def check_samples(path: Path, problems: Mapping[str, Problem]) -> int:
    """Check every sample of a file; return how many there are.

    Raises:
        UserError: a malformed line, an unknown problem, a sample that occurs twice (file and line).
    """
    count = 0
    for line, sample in unique_records(path, Sample, "model", "problem_id", "index"):
        if sample.problem_id not in problems:
            raise UserError(
                f"{path}:{line}: there is no problem '{sample.problem_id}' in the problems file"
            )
        count += 1
    return count
