"""What an execution run says of its time: shares of a whole, each program counted once."""

import re
from pathlib import Path

from helpers.records import make_problem, make_sample

from codepref.files import write_records
from codepref.provenance.record import UNSEEN_CPU, read_provenance, recorded
from codepref.records import Execution
from codepref.sandbox.execute import execute_samples
from codepref.sandbox.settings import ExecutionConfig
from codepref.sandbox.summary import Spent, Summary

BURN = """```python
def f(x):
    import time
    start = time.process_time()
    while time.process_time() - start < 0.3: pass
    return {}
```"""


def shares(text: str) -> list[int]:
    """The percentages of the line on worker time."""
    line = next(line for line in text.splitlines() if line.startswith("worker time"))
    return [int(number) for number in re.findall(r"(\d+)%", line)]


def test_equal_programs_are_counted_once_and_shares_add_up(tmp_path: Path, capfd) -> None:
    problem = make_problem("p/a")
    samples = [make_sample(problem, n, BURN.format(n // 6), model="m") for n in range(12)]
    write_records(tmp_path / "problems.jsonl", [problem])
    write_records(tmp_path / "samples.jsonl", samples)
    files = [tmp_path / name for name in ("problems.jsonl", "samples.jsonl", "executions.jsonl")]
    with recorded(["run_executions.py"]):
        execute_samples(*files, ExecutionConfig(), workers=2)
    text = "".join(capfd.readouterr())
    assert "12 samples in" in text and "2 programs run, equal ones once" in text
    assert sum(shares(text)) == 100
    total = next(line for line in text.splitlines() if line.strip().startswith("all"))
    cpu = float(total.split()[-2])
    assert 0.6 <= cpu < 1.2  # two programs, not twelve
    # The cost of the command has what its sandboxes used.
    used = read_provenance(files[2]).cpu_seconds
    assert used >= cpu and sum(UNSEEN_CPU) >= cpu


def test_more_cpu_time_than_a_worker_has_does_not_make_more_than_all_of_it() -> None:
    spent = Spent()
    summary = Summary(1, "test", spent)
    execution = Execution.model_construct(
        verdict="passed", cpu_seconds=40.0, tampered=False, weak=False, checker=None, message=None
    )
    spent.add(execution, 20.0)  # two threads on two processors
    summary.add(execution)
    assert shares(summary.table()) == [100, 0, 0]
