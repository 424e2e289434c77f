"""Grade anyone's EvalPlus samples by both judges; say what differs from published verdicts and why.

Takes EvalPlus's samples.jsonl (solution or completion) and its folders of HumanEval_0/0.py, also
gzipped or in a zip or tar archive. A second call goes on where the first one stopped.
"""

import argparse
from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.evaluation.settings import GradingConfig


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=Path, required=True, help="file, archive or folder")
    parser.add_argument("--published", type=Path, help="EvalPlus's eval_results.json on the same")
    parser.add_argument(
        "--data",
        type=Path,
        help="data file (.jsonl, .jsonl.gz) or a folder with EvalPlus's releases; default: fetched",
    )
    parser.add_argument("--data-version", help="of EvalPlus's data; default: what the samples fit")
    parser.add_argument(
        "--output", type=Path, required=True, help="folder: certificate.json, certificate.md"
    )
    parser.add_argument("--workers", type=int, default=2, help="solutions at the same time")
    parser.add_argument(
        "--cache", type=Path, help="folder that keeps data and ground truth; default: in --output"
    )
    add_section(parser, GradingConfig)
    arguments = parser.parse_args()

    # These load EvalPlus, which help does without.
    from codepref.evaluation.published.certificate import markdown
    from codepref.evaluation.published.grade import Grading, grade_samples
    from codepref.evaluation.published.verdicts import read_published

    certificate = grade_samples(
        Grading(
            samples=arguments.samples,
            data=arguments.data,
            published=read_published(arguments.published) if arguments.published else None,
            output=arguments.output,
            cache=arguments.cache or arguments.output / "cache",
            config=section_from(arguments, GradingConfig),
            workers=arguments.workers,
            version=arguments.data_version,
        )
    )
    print(markdown(certificate))
    print(f"written: {arguments.output}")


if __name__ == "__main__":
    run(main)
