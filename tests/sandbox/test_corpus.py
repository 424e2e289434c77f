"""Every program of the corpus gets the verdict its header names."""

from pathlib import Path

import pytest
from helpers.corpus_programs import CorpusProgram, load_corpus

from codepref.records import Execution
from codepref.sandbox import Executor

PROGRAMS = load_corpus()


@pytest.fixture(scope="module")
def verdicts(executor: Executor) -> dict[tuple[str, str], Execution]:
    """All verdicts, made in one go so that both workers stay busy."""
    executions = executor.run((program.problem, program.sample()) for program in PROGRAMS)
    return {
        (program.group, program.name): execution
        for program, execution in zip(PROGRAMS, executions, strict=True)
    }


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: f"{p.group}/{p.name}")
def test_verdict(program: CorpusProgram, verdicts: dict[tuple[str, str], Execution]) -> None:
    assert program.complaint(verdicts[program.group, program.name]) is None


def test_the_corpus_is_large_enough() -> None:
    assert len(PROGRAMS) >= 90
    assert {program.group for program in PROGRAMS} == {
        "checkers",
        "comparison",
        "escape",
        "extraction",
        "forging",
        "honest",
        "resources",
        "time",
    }


def test_no_process_and_no_file_survives(executor: Executor, tmp_path: Path) -> None:
    """Programs that try to stay are gone, seen from outside the sandbox."""
    marker = "codepref-survivor-test"
    code = (
        "import os, threading, time\n"
        f"open('/tmp/{marker}', 'w').write('x')\n"
        "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
        "def add(a, b):\n"
        f"    os.environ['X'] = '{marker}'\n"
        "    return a + b\n"
    )
    outcomes = executor.call_values(code, "add", [[1, 2]])
    assert outcomes[0].value == 3
    listing = executor.call_values(
        "import os\ndef look(): return [os.listdir('/tmp'), "
        "sorted(int(p) for p in os.listdir('/proc') if p.isdigit())]",
        "look",
        [[]] * 2,
    )
    files, processes = listing[0].value
    assert files == []
    assert len(processes) == 2, "only the zygote and the program itself"
    assert not (Path("/tmp") / marker).exists()
