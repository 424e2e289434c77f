"""Solutions that attack the judges: none counts as solved, and none harms another's grading."""

from pathlib import Path

import pytest
from helpers.small_benchmark import RIGHT, TASKS, task, write_tasks

from codepref.evaluation.benchmarks import read_data
from codepref.evaluation.entry import confirmed
from codepref.evaluation.evalplus.judge import EvalPlusJudge
from codepref.evaluation.second_judge import compare_judges
from codepref.evaluation.settings import GradingConfig
from codepref.gradings import BenchmarkVerdicts

pytestmark = pytest.mark.slow  # sandboxes

# Walks up to EvalPlus's frame, to its expected outputs and its verdict.
FRAMES = """
import sys
def evalplus():
    frame = sys._getframe()
    while frame and "expected" not in frame.f_locals: frame = frame.f_back
    return frame.f_locals if frame else {}
"""
LIAR = "class Liar{base}:\n    def __eq__(self, other): return True\n    __hash__ = None\n"
PASSED = "stat.value, progress.value = 0, len(inputs)\n"

# Each defines ``f(x)``, whose right answer is x + 1 (a list of it where it says so).
HOSTILE = {
    "an object equal to all": LIAR.format(base="") + "def f(x): return Liar()\n",
    "an int equal to all": LIAR.format(base="(int)") + "def f(x): return Liar(7)\n",
    "a float equal to all": LIAR.format(base="(float)") + "def f(x): return Liar(7)\n",
    "a str equal to all": LIAR.format(base="(str)") + "def f(x): return Liar('x')\n",
    "a list equal to all": LIAR.format(base="(list)") + "def f(x): return Liar()\n",
    "a tuple equal to all": LIAR.format(base="(tuple)") + "def f(x): return Liar()\n",
    "a dict equal to all": LIAR.format(base="(dict)") + "def f(x): return Liar()\n",
    "a set equal to all": LIAR.format(base="(set)") + "def f(x): return Liar()\n",
    "a class equal to all": "class Meta(type):\n    def __eq__(self, other): return True\n"
    "    __hash__ = type.__hash__\nclass Liar(metaclass=Meta): pass\ndef f(x): return Liar\n",
    "a liar in a numpy array": "import numpy\nclass Array(numpy.ndarray):\n"
    "    def __eq__(self, other): return True\ndef f(x): return numpy.zeros(1).view(Array)\n",
    "an equality that takes its turn": "import unittest.mock\ndef f(x): return unittest.mock.ANY\n",
    "an answer read from the frames": FRAMES
    + "def f(x):\n    found = evalplus()\n    return found['expected'][found['i']]\n",
    "expected outputs replaced": FRAMES + "def f(x):\n    evalplus()['expected'][:] = [0] * 9\n"
    "    return 0\n",
    "inputs emptied": FRAMES + "def f(x):\n    evalplus()['inputs'].clear()\n    return 0\n",
    "a verdict written": FRAMES + "def f(x):\n    found = evalplus()\n"
    "    for i in range(len(found['inputs'])): found['details'][i] = 1\n"
    "    found['progress'].value = len(found['inputs'])\n    found['stat'].value = 0\n"
    "    import os; os._exit(0)\n",
    "a verdict written while loading": FRAMES + "found = evalplus()\n"
    "for i in range(len(found['inputs'])): found['details'][i] = 1\n"
    "found['progress'].value = len(found['inputs'])\nfound['stat'].value = 0\n"
    "import os; os._exit(0)\n",
    "expected outputs among all objects": "import gc\ndef f(x):\n"
    "    for found in gc.get_objects():\n"
    "        if type(found) is list and found == [x + 1 for x in (5, 6)]: return found[x - 5]\n",
    "patched allclose": "import numpy\nnumpy.allclose = lambda *a, **k: True\n"
    "def f(x): return 0.0 if isinstance(x, float) else [0.0]\n",
    "patched type and len": "import evalplus.eval as judge\n"
    "judge.type = lambda value: 0\njudge.len = lambda value: 0\n"
    "judge.np.allclose = lambda *a, **k: True\ndef f(x): return 'anything'\n",
    "patched is_floats": "import evalplus.eval as judge\njudge.is_floats = lambda value: True\n"
    "judge.np.allclose = lambda *a, **k: True\ndef f(x): return 0\n",
    "a patched time limit": "import evalplus.eval as judge, contextlib\n"
    "class Swallow(contextlib.AbstractContextManager):\n"
    "    def __exit__(self, *error): return True\n"
    "judge.time_limit = lambda seconds: Swallow()\n" + FRAMES + "def f(x):\n"
    "    evalplus()['expected'][evalplus()['i']] = None\n    return None\n",
    "patched builtins": "import builtins\nbuiltins.all = builtins.any = lambda items: True\n"
    "builtins.abs = lambda value: 0\nbuiltins.type = lambda *a: int\n"
    + FRAMES
    + "def f(x): return evalplus()['expected'][evalplus()['i']]\n",
    "a tracing function": "import sys\ndef trace(frame, event, argument):\n"
    "    if 'exp' in frame.f_locals: frame.f_locals['out'] = frame.f_locals['exp']\n"
    "    return trace\n" + FRAMES + "def f(x):\n    found = evalplus()\n"
    "    found['expected'][found['i']] = 0\n    return 0\n",
    "the folder of expected outputs": "import io, os\ndef f(x):\n"
    "    for root in ('/', '/tmp', '/proc/self/fd', '/proc/1/fd'):\n"
    "        for place, _, names in os.walk(root):\n"
    "            if place.count('/') > 6: continue\n"
    "            for name in names:\n"
    "                if name.endswith(('.truth', '.pickle')):\n"
    "                    return x + 1\n    return 0\n",
    "its own open files": "import io, os\ndef f(x):\n    for number in range(3, 300):\n"
    "        try:\n            if b'expected' in os.pread(number, 999, 0): return x + 1\n"
    "        except OSError: pass\n    return 0\n",
    "late beside the second judge": FRAMES + "def f(x):\n    found = evalplus()\n"
    "    while not found: pass\n    return found['expected'][found['i']]\n",
    "out of memory beside the second judge": FRAMES + "def f(x):\n    found = evalplus()\n"
    "    if not found: return [0] * 10**12\n    return found['expected'][found['i']]\n",
    "dead beside the second judge": FRAMES + "def f(x):\n    found = evalplus()\n"
    "    if not found:\n        import ctypes; ctypes.string_at(0)\n"
    "    return found['expected'][found['i']]\n",
}
FORGED_IN_EVALPLUS = {  # those that EvalPlus's own process passes; the others fail there, too
    *(name for name in HOSTILE if "equal to all" in name),
    *("an answer read from the frames", "expected outputs replaced", "a verdict written"),
    *("a verdict written while loading", "late beside the second judge"),
    *("out of memory beside the second judge", "dead beside the second judge"),
    *("an equality that takes its turn", "a tracing function", "patched builtins"),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> dict[str, BenchmarkVerdicts]:
    """Grade all hostile solutions once, by EvalPlus alone and by both judges."""
    tasks, programs = [], {}
    for number, source in enumerate(HOSTILE.values()):
        entry = task(number, "    return x + 1\n", [[5]], [[6]], entry_point="f")
        tasks.append({**entry, "base_input": [[5], [6]]})
        programs[entry["task_id"]] = source
    data = write_tasks(tmp_path_factory.mktemp("hostile") / "d.jsonl", tasks)
    judge = EvalPlusJudge(read_data("humaneval", data), GradingConfig(min_time_limit=1), cache, 2)
    first = judge.grade(programs, "0" * 64)
    return {"evalplus": first, "both": confirmed(first, compare_judges(judge, programs, first))}


def solved(verdicts: BenchmarkVerdicts) -> set[str]:
    names = dict(zip((one.task_id for one in verdicts.tasks), HOSTILE, strict=True))
    return {names[one.task_id] for one in verdicts.tasks if one.base_solved or one.plus_solved}


def test_no_forged_solution_counts(graded: dict[str, BenchmarkVerdicts]) -> None:
    assert len(HOSTILE) >= 25
    assert solved(graded["both"]) == set()
    assert (graded["both"].base_solved, graded["both"].plus_solved) == (0, 0)


def test_what_only_evalplus_passes_is_listed(graded: dict[str, BenchmarkVerdicts]) -> None:
    forged = solved(graded["evalplus"])
    assert forged >= FORGED_IN_EVALPLUS
    comparison = graded["both"].judges
    assert comparison is not None
    listed = {found.task_id for found in comparison.disagreements}
    overruled = {t.task_id for t in graded["both"].tasks if t.base.overruled or t.plus.overruled}
    assert listed == overruled and len(overruled) == len(forged)


HONEST = {
    "a named tuple": ("(x, x + 1)", "P = __import__('collections').namedtuple('P', 'a b')\n"
                      "def f(x): return P(x, x + 1)\n"),
    "a counter": ("{x: 1}", "import collections\ndef f(x): return collections.Counter([x])\n"),
    "an ordered dict in a list": (
        "[{x: [1]}]", "import collections\n"
        "def f(x): return [collections.OrderedDict({x: [1]})]\n"),
    "keys of a dict": ("{x}", "def f(x): return {x: 1}.keys()\n"),
    "a numpy integer": ("x + 1", "import numpy\ndef f(x): return numpy.int64(x + 1)\n"),
    "a numpy truth value": ("x > 5", "import numpy\ndef f(x): return numpy.int64(x) > 5\n"),
    "a fraction": ("x / 2", "import fractions\ndef f(x): return fractions.Fraction(x, 2)\n"),
    "a decimal": ("x / 2", "import decimal\ndef f(x): return decimal.Decimal(x) / 2\n"),
    "an enumeration's member": (
        "x + 1", "import enum\nclass E(enum.IntEnum):\n    A = 6\n    B = 7\n"
        "def f(x): return E(x + 1)\n"),
    "a frozen set": ("{x}", "def f(x): return frozenset([x])\n"),
    "a byte array": ("b'ab'", "def f(x): return bytearray(b'ab')\n"),
    "a user list": ("[x]", "import collections\ndef f(x): return collections.UserList([x])\n"),
    "a large integer": ("10**5000 + x", "def f(x): return 10**5000 + x\n"),
}  # fmt: skip


def test_honest_values_that_are_not_plain_pass_with_both_judges(
    tmp_path: Path, cache: Path
) -> None:
    tasks = [
        task(number, f"    return {expression}\n", [[5]], [[6]], entry_point="f")
        for number, (expression, _) in enumerate(HONEST.values())
    ]
    data = write_tasks(tmp_path / "d.jsonl", tasks)
    programs = {
        entry["task_id"]: source for entry, (_, source) in zip(tasks, HONEST.values(), strict=True)
    }
    judge = EvalPlusJudge(read_data("humaneval", data), GradingConfig(), cache, 2)
    first = judge.grade(programs, "0" * 64)
    found = compare_judges(judge, programs, first)
    assert found.disagreements == []
    assert confirmed(first, found).plus_solved == len(HONEST)


DISTURBERS = {
    "fills /dev/shm": "import io\ntry:\n    io.FileIO('/dev/shm/x', 'w').write(b'?' * (1 << 27))\n"
    "except OSError: pass\n",
    "nests 2,000 folders": "import os\nfor n in range(2000):\n    os.mkdir('d')\n"
    "    libc = __import__('ctypes').CDLL(None)\n    libc.chdir(b'd')\n",
    "closes /tmp": "import ctypes\nctypes.CDLL(None).chmod(b'/tmp', 0o555)\n",
    "closes /dev/shm": "import ctypes\nctypes.CDLL(None).chmod(b'/dev/shm', 0)\n",
    "marks /tmp": "import os\ntry: os.setxattr('/tmp', 'user.note', b'x')\nexcept OSError: pass\n",
    "leaves a module": "import io\nio.FileIO('/tmp/colorsys.py', 'w').write(b'?')\n",
    "closes the null device": "import ctypes\nctypes.CDLL(None).chmod(b'/dev/null', 0)\n",
}
INNOCENT = """
import colorsys, io, os, stat
for folder in ('/tmp', '/dev/shm'):
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o1777
    assert not os.listxattr(folder)
    assert len(os.listdir(folder)) <= 1, os.listdir(folder)  # EvalPlus's own folder
io.FileIO('/dev/shm/mine', 'w').write(b'?' * 1000)
io.FileIO('/dev/null', 'w').write(b'?')
"""


@pytest.mark.parametrize("name", DISTURBERS)
def test_a_disturber_reaches_no_innocent(name: str, small_graded: EvalPlusJudge) -> None:
    programs = {key: INNOCENT + code for key, code in RIGHT.items()}
    programs["HumanEval/0"] = DISTURBERS[name] + RIGHT["HumanEval/0"]
    verdicts = small_graded.grade(programs, "0" * 64)
    innocents = [one for one in verdicts.tasks if one.task_id != "HumanEval/0"]
    assert [(one.plus_solved, one.base.reason, one.plus.reason) for one in innocents] == [
        (True, None, None)
    ] * 2


@pytest.fixture
def small_graded(tmp_path: Path, cache: Path) -> EvalPlusJudge:
    benchmark = read_data("humaneval", write_tasks(tmp_path / "d.jsonl", TASKS))
    return EvalPlusJudge(benchmark, GradingConfig(min_time_limit=2), cache)
