"""Certify the grading: published samples and reference solutions must get their known verdicts.

Grades every set of samples in DATA/published_samples that has verdicts beside it (as make grade
does, by both judges), on the data it was published with and on the newest data: every verdict that
is not the published one needs a cause. Then grades the data sets' own reference solutions (of
DATA/evalplus) with one worker, with two, and beside two busy processors: all must pass each time.
Certifying nothing is a failure.
"""

import argparse
import contextlib
from dataclasses import replace
from pathlib import Path

import certification

from codepref.cli import add_section, run, section_from
from codepref.errors import UserError
from codepref.evaluation.published.certificate import Certificate, markdown
from codepref.evaluation.published.grade import Grading, grade_samples
from codepref.evaluation.published.releases import known
from codepref.evaluation.published.verdicts import read_published
from codepref.evaluation.settings import GradingConfig

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=certification.shared_data(ROOT),
        help="folder with published_samples/ and evalplus/; default: %(default)s",
    )
    parser.add_argument("--work", type=Path, default=ROOT / "results" / "certify", help="cache")
    parser.add_argument("--workers", type=int, default=2, help="solutions at the same time")
    parser.add_argument("--only", choices=["samples", "references"], help="one of the two halves")
    add_section(parser, GradingConfig)
    arguments = parser.parse_args()

    if not arguments.data.is_dir():
        raise UserError(
            f"{arguments.data}: no such folder: nothing to certify with; give the place of "
            "published_samples/ and evalplus/ as DATA=... (--data)"
        )
    config = section_from(arguments, GradingConfig)
    failures = []
    if arguments.only != "references":
        failures += certify_samples(arguments.data, arguments.work, config, arguments.workers)
    if arguments.only != "samples":
        failures += certify_references(arguments.data, arguments.work, config)
    if failures:
        raise UserError("not certified: " + "; ".join(failures))
    print("certified")


def certify_samples(data: Path, work: Path, config: GradingConfig, workers: int) -> list[str]:
    """Grade and print every published set; return what is wrong.

    Raises:
        UserError: there is none.
    """
    sets = certification.published_sets(data)
    if not sets:
        raise UserError(
            f"{data / 'published_samples'}: holds no samples with verdicts beside them "
            "(samples_x.jsonl and eval_results_x.json, x.jsonl and x_eval_results.json): nothing "
            "to certify"
        )
    failures = []
    for given in sets:
        grading = Grading(
            samples=given.samples,
            data=data,
            published=read_published(given.verdicts),
            output=work / "sets" / given.name / "as_published",
            cache=work / "cache",
            config=config,
            workers=workers,
        )
        certificate = graded(grading)
        failures += [f"{given.name}: {what}" for what in wrong(certificate)]
        if grading.published and grading.published.data_md5 not in ("", certificate.data_md5):
            failures.append(f"{given.name}: the data it was published with are not in {data}")
        newest = known().of(certificate.dataset)[-1].version
        if certificate.data_version != newest:
            output = work / "sets" / given.name / newest
            again = graded(replace(grading, output=output, version=newest))
            failures += [f"{given.name} on {newest}: {what}" for what in wrong(again)]
    return failures


def graded(grading: Grading) -> Certificate:
    """Grade one set and print its certificate."""
    certificate = grade_samples(grading)
    print(markdown(certificate), flush=True)
    return certificate


def wrong(certificate: Certificate) -> list[str]:
    """Return what keeps a certificate from certifying anything."""
    if not certificate.compared:
        return ["no sample has a published verdict on the same program"]
    return [f"{d.task_id} differs without a known cause" for d in certificate.unexplained]


def certify_references(data: Path, work: Path, config: GradingConfig) -> list[str]:
    """Grade the newest reference solutions in three situations; return what is wrong."""
    failures = []
    for dataset in certification.DATASETS:
        benchmark = certification.newest_data(dataset, data, work / "cache")
        for workers, burners in ((1, 0), (2, 0), (2, 2)):
            load = certification.processor_burners(burners) if burners else contextlib.nullcontext()
            with load:
                ours = certification.grade_references(benchmark, config, work / "cache", workers)
            beside = f", {burners} processors busy beside" if burners else ""
            print(
                f"{dataset}: reference solutions, {workers} workers{beside}: base "
                f"{ours.base_solved}, plus {ours.plus_solved} of {ours.total} "
                f"in {ours.seconds:.0f} s"
                + (f"; repaired: {ours.repaired}" if ours.repaired else ""),
                flush=True,
            )
            if ours.plus_solved != ours.total:
                failures.append(f"{dataset}: {ours.total - ours.plus_solved} references fail")
    return failures


if __name__ == "__main__":
    run(main)
