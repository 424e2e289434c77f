"""Keep the written problems that count: no copies, no benchmark tasks; say why not the others."""

import argparse
import json
import sys
import time
from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.errors import UserError
from codepref.files import read_records, write_json, write_records, write_text
from codepref.problems.decontamination.contamination import read_tasks
from codepref.problems.settings import ProblemsConfig, SynthesisedSource
from codepref.sandbox import SandboxError
from codepref.sandbox.settings import ExecutionConfig
from codepref.synthesis.keep import Kept, keep
from codepref.synthesis.records import Candidate, Seed

ALIKE = ("near_duplicate", "overlap_words", "code_similarity", "behavioural_inputs")


def account(name: str, source: SynthesisedSource, kept: Kept) -> dict:
    """Return the source's report."""
    return {
        "source": name,
        "collected": len(kept.problems),
        "skipped": dict(sorted(kept.skipped.items())),
        "synthesis": {
            "source": name,
            "model": source.model,
            "seeds_from": source.seeds_from or source.path,
            "asked": source.problems,
            "kept": len(kept.problems),
            "wrong_tests": kept.controls,
            "variations": kept.variations,
            "benchmark_tasks": kept.tasks,
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True, help="the source's name in the configuration")
    parser.add_argument("--seeds", required=True, help="what each problem starts from (JSONL)")
    parser.add_argument("--candidates", required=True, nargs="+", help="what came of them (JSONL)")
    parser.add_argument("--collected", nargs="*", default=[], help="problems not to copy (JSONL)")
    parser.add_argument("--benchmarks", nargs="*", default=[], help="tasks to keep out")
    parser.add_argument("--output", required=True, help="problem records (JSONL)")
    parser.add_argument("--report", required=True, help="what was kept and left out (JSON)")
    parser.add_argument("--manifest", required=True, help="what each problem was made from (JSONL)")
    add_section(parser, SynthesisedSource)
    add_section(parser, ProblemsConfig, ALIKE)
    add_section(parser, ExecutionConfig, ("weaker_isolation",))
    arguments = parser.parse_args()
    source, start = section_from(arguments, SynthesisedSource), time.monotonic()
    seeds = {seed.id: seed for seed in read_records(arguments.seeds, Seed)}
    candidates = [one for path in arguments.candidates for one in read_records(path, Candidate)]
    try:
        kept = keep(
            *(candidates, seeds, arguments.collected, read_tasks(arguments.benchmarks), source),
            section_from(arguments, ProblemsConfig),
            section_from(arguments, ExecutionConfig),
        )
    except SandboxError as error:
        raise UserError(f"the sandbox failed ({error}); run again") from error
    write_records(arguments.output, kept.problems)
    mib = round(Path(arguments.output).stat().st_size / 2**20, 2)
    seconds = round(time.monotonic() - start, 1)
    found = account(arguments.source, source, kept)
    write_json(arguments.report, {**found, "seconds": seconds, "mib": mib})
    made = {one.id: one for one in candidates}
    lines = [
        {"problem": one.id, "seed": made[one.id].seed, "programs": made[one.id].programs}
        | {"agreed": made[one.id].agreed}
        for one in kept.problems
    ]
    write_text(arguments.manifest, "".join(json.dumps(line) + "\n" for line in lines))
    print(f"{arguments.source}: {len(kept.problems)} of {source.problems} count", file=sys.stderr)
    for reason, count in kept.skipped.most_common():
        print(f"  {count} left out: {reason}", file=sys.stderr)


if __name__ == "__main__":
    run(main)
