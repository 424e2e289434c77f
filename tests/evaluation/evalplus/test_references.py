"""Reference solutions are foreign code, too: a hostile one spoils its own task and nothing else."""

import time
from pathlib import Path

import pytest
from helpers.small_benchmark import RIGHT, TASKS, task, write_tasks

from codepref.evaluation.benchmarks import read_data
from codepref.evaluation.evalplus import files
from codepref.evaluation.evalplus.files import (
    PartTruth,
    encode_part,
    part_file,
    read_part,
    row_kinds,
)
from codepref.evaluation.evalplus.judge import EvalPlusJudge
from codepref.evaluation.evalplus.plain import fingerprint
from codepref.evaluation.settings import GradingConfig

# What it writes into every file it has open before it ends; the last one is the ground truth's.
WRITE = """
    import os
    for number in range(3, 60):
        try: os.ftruncate(number, 0); os.pwrite(number, {data}, 0)
        except OSError: pass
    os._exit(0)
"""
HOSTILE = {
    "an object with code for an unpickler": (
        "    class Bomb:\n        def __reduce__(self): return print, ('boom',)\n"
        "    return Bomb()\n",
        "is not a builtin value",
    ),
    "a pickle in place of its file": (
        WRITE.format(data=repr(b"cposix\nsystem\n(S'touch {marker}'\ntR.")),
        "not a part of a ground truth",
    ),
    "nothing": ("    import os\n    os._exit(0)\n", "not a part of a ground truth"),
    "no channel": (
        "    import os\n    os.closerange(0, 99)\n    return x\n",
        "not a part of a ground truth",
    ),
    "a value larger than any": ("    return 'x' * (300 << 20)\n", "File too large"),
    "more than memory holds": ("    return [0] * 10**12\n", "MemoryError"),
    "a value without end": ("    x = []\n    x.append(x)\n    return x\n", "nested more than 200"),
    "colliding keys": (
        WRITE.format(
            data='b\'{"inputs":[[1]],"seconds":[0],"encoding":0,"expected":[{"value":{"$set":[\''
            " + b','.join(b'{\"$int\":\"%x\"}' % (n * (2**61 - 1)) for n in range(50000))"
            " + b']}}]}'"
        ),
        "collide",
    ),
    "times that are none": (
        WRITE.format(
            data='b\'{"inputs":[[1]],"seconds":[NaN],"encoding":0,"expected":[{"value":1}]}\''
        ),
        "times out of range",
    ),
    "more bytes than there are": (
        WRITE.format(
            data='b\'{"inputs":[[1]],"seconds":[0],"encoding":0,"expected":[{"rows":"tuple",'
            '"count":99999999999,"cells":1,"table":[],"digest":""}]}\''
        ),
        "numbers are missing",
    ),
    "a message for the terminal": (
        "    raise ValueError('\\x1b[2J\\n\\nall is well')\n",
        "ValueError: [2J all is well",
    ),
    "a crash": ("    import ctypes\n    ctypes.string_at(0)\n", "killed by SIGSEGV"),
}


@pytest.mark.slow
def test_a_hostile_reference_gets_nowhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    marker = tmp_path / "marker"
    tasks = TASKS + [
        task(100 + number, body.replace("{marker}", str(marker)), [[1]], [[1]])
        for number, (body, _) in enumerate(HOSTILE.values())
    ]
    names = [entry["task_id"] for entry in tasks[len(TASKS) :]]
    benchmark = read_data("humaneval", write_tasks(tmp_path / "d.jsonl", tasks))
    config = GradingConfig(known_oracle_failures=names, memory_mb=4096)
    judge = EvalPlusJudge(benchmark, config, tmp_path / "cache", 2)
    start = time.monotonic()
    truth = judge.ground_truth()
    assert time.monotonic() - start < 120
    assert set(truth.failures) == set(names)
    for name, (what, (_, reason)) in zip(names, HOSTILE.items(), strict=True):
        assert reason in truth.failures[name], (what, truth.failures[name])
        assert truth.failures[name].isprintable()
    assert not marker.exists() and "boom" not in capfd.readouterr().out
    verdicts = judge.grade({**RIGHT, **dict.fromkeys(names, "")}, "0" * 64)
    assert verdicts.plus_solved == len(RIGHT)


VALUES = [
    *(None, True, 0, -1, 2**64, -(10**5000), 0.1, -0.0, float("inf"), 1j, "", "é\ud800", b"\x00"),
    *([], (), set(), frozenset(), {}, [1, (2.0, {3})], {"$a": 1, (1, 2): None}),
    *([0.5] * 2000, [1, *[0.25] * 3000, 7], [*[0.5] * 2000, 1], (0.5,) * 2000),
    [("a", "b") * (1 + n % 3) for n in range(2000)],
    [["a", "b", "é"] for _ in range(2000)],
    [("a",), ["a"]] * 1000,
    [(True, 1, 1.0, 2, "1")] * 2000,
    [(-0.0, 0.0)] * 2000,
]


def exactly(value: object) -> str:
    """Types and values, which ``==`` does not tell apart."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{exactly(k)}:{exactly(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}({','.join(map(exactly, value))})"
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value)
    return f"{type(value).__name__} {value!r}"


def test_values_come_back_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_MANY_CELLS", 2000)  # so that rows are packed
    path = part_file(tmp_path, "HumanEval/0", "base")
    inputs = [[value] for value in VALUES]
    truth = PartTruth(inputs, VALUES, [0.5] * len(VALUES), 0.25)
    path.write_bytes(b"".join(encode_part(truth, list(map(row_kinds, VALUES)))))
    with path.open("rb") as stream:
        found = files.decode_part(stream.fileno())
    assert (found.seconds, found.encoding) == (truth.seconds, 0.25)
    for column, before in ((found.expected, VALUES), (found.inputs, inputs)):
        assert list(map(exactly, column)) == list(map(exactly, before))
    digests = [one for one in read_part(path).expected if isinstance(one, files.Digest)]
    assert [one.text for one in digests] == [fingerprint(VALUES[-5]), fingerprint(VALUES[-4])]


def test_a_fingerprint_says_nothing_but_the_values() -> None:
    shared = "abcdefgh" * 3
    once = [(shared, shared, "x")] * 3
    again = [tuple("".join(list(text)) for text in row) for row in once]
    assert fingerprint(once) == fingerprint(again)
    assert fingerprint(once) != fingerprint([list(row) for row in once])
    assert fingerprint(tuple(once)) == "" != fingerprint([])
