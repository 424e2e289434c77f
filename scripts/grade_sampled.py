"""Grade several samples of each benchmark task by both judges; equal programs run once."""

import argparse
import tempfile
from contextlib import nullcontext

from codepref.cli import add_section, run, section_from
from codepref.evaluation.benchmarks import BENCHMARKS, read_data
from codepref.evaluation.grade_sampled import grade_sampled
from codepref.evaluation.settings import GradingConfig
from codepref.files import check_writable, write_text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", choices=list(BENCHMARKS), required=True)
    parser.add_argument("--data", required=True, help="the benchmark's tasks (JSONL)")
    parser.add_argument("--samples", required=True, help="as many samples of each task (JSONL)")
    parser.add_argument("--output", required=True, help="verdicts (JSON)")
    for name in ("model", "method", "benchmark"):
        parser.add_argument(f"--{name}", default="", help="its name, for the record")
    parser.add_argument("--seed", type=int, default=0, help="of the training, for the record")
    parser.add_argument("--workers", type=int, default=1, help="programs at the same time")
    parser.add_argument(
        "--cache", help="folder that keeps the ground truth of each data file; default: none kept"
    )
    add_section(parser, GradingConfig)
    arguments = parser.parse_args()

    check_writable(arguments.output)
    benchmark = read_data(arguments.dataset, arguments.data)
    with (
        nullcontext(arguments.cache) if arguments.cache else tempfile.TemporaryDirectory() as cache
    ):
        config = section_from(arguments, GradingConfig)
        verdicts = grade_sampled(benchmark, arguments.samples, config, cache, arguments.workers)
    names = {name: getattr(arguments, name) for name in ("model", "method", "seed", "benchmark")}
    verdicts = verdicts.model_copy(update=names)
    write_text(arguments.output, verdicts.model_dump_json(indent=1, exclude_none=True) + "\n")
    samples = verdicts.samples
    print(
        f"{arguments.dataset}: {len(samples)} samples, {verdicts.programs} programs run; "
        f"{sum(sample.base for sample in samples)} pass, plus "
        f"{sum(sample.plus for sample in samples)}, in {verdicts.seconds:.1f} s"
    )


if __name__ == "__main__":
    run(main)
