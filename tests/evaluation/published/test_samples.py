"""Samples in every form that EvalPlus's users hand on; one message for what is none."""

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import evalplus.data.utils
import pytest

from codepref.errors import UserError
from codepref.evaluation.published.samples import dataset_of, in_rounds, read_samples
from codepref.evaluation.published.verdicts import read_published

PROGRAMS = {"HumanEval/2": ["def a(): pass\n", "x = 2\n"], "HumanEval/10": ["x = 'ä'\n"] * 2}
PAIRS = [(task_id, text) for task_id, texts in PROGRAMS.items() for text in texts]


def lines(form: str = "solution") -> str:
    return "".join(json.dumps({"task_id": key, form: text}) + "\n" for key, text in PAIRS)


def write_folder(folder: Path) -> Path:
    for task_id, texts in PROGRAMS.items():
        for number, text in enumerate(texts):
            place = folder / task_id.replace("/", "_") / f"{number}.py"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
    return folder


def write_zip(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def zipped_folder(tmp: Path) -> Path:
    folder = write_folder(tmp / "f")
    members = {f"run/{p.relative_to(folder)}": p.read_text("utf-8") for p in folder.rglob("*.py")}
    return write_zip(tmp / "s.zip", {"__MACOSX/._x.jsonl": "", "README.md": "x", **members})


def tar_of_folder(tmp: Path) -> Path:
    with tarfile.open(tmp / "s.tar.gz", "w:gz") as archive:
        archive.add(write_folder(tmp / "f"), "run")
    return tmp / "s.tar.gz"


def written(name: str, content: str | bytes) -> Callable[[Path], Path]:
    def write(tmp: Path) -> Path:
        raw = content.encode() if isinstance(content, str) else content
        (tmp / name).write_bytes(raw)
        return tmp / name

    return write


@pytest.mark.parametrize(
    "make",
    [
        written("s.jsonl", lines()),
        written("samples.txt", lines()),
        written("s.jsonl", b"\xef\xbb\xbf" + lines().replace("\n", "\r\n").encode()),
        written("s.jsonl", "\n" + lines() + " \n\n"),
        written("s.jsonl.gz", gzip.compress(lines().encode())),
        lambda tmp: write_zip(tmp / "s.zip", {"out/samples.jsonl": lines()}),
        lambda tmp: write_folder(tmp / "f"),
        lambda tmp: write_folder(tmp / "f" / "model_temp_0.8").parent,
        zipped_folder,
        tar_of_folder,
    ],
)
def test_every_form_gives_the_same_samples(make: Callable[[Path], Path], tmp_path: Path) -> None:
    samples = read_samples(make(tmp_path))
    assert [(s.task_id, s.text, s.form) for s in samples] == [(*p, "solution") for p in PAIRS]
    assert dataset_of(samples) == "humaneval"
    rounds = in_rounds(samples)
    assert [[s.task_id for s in one] for one in rounds] == [["HumanEval/2", "HumanEval/10"]] * 2


def test_they_are_what_evalplus_reads(tmp_path: Path) -> None:
    prompt = "def f():\n"
    both = {"task_id": "HumanEval/1", "solution": "whole", "completion": "rest"}
    (tmp_path / "s.jsonl").write_text(lines("completion") + json.dumps(both) + "\n")
    for path in (tmp_path / "s.jsonl", write_folder(tmp_path / "f")):
        theirs = sorted(
            (s["task_id"], s["solution"] if "solution" in s else prompt + s["completion"])
            for s in evalplus.data.utils.load_solutions(str(path))
        )
        assert sorted((s.task_id, s.program(prompt)) for s in read_samples(path)) == theirs


def test_a_completion_that_repeats_the_prompt_is_noticed(tmp_path: Path) -> None:
    prompt = 'def f():\n    """Say."""\n'
    line = {"task_id": "HumanEval/1", "completion": f"{prompt}    return 1\n"}
    (tmp_path / "s.jsonl").write_text(json.dumps(line))
    [sample] = read_samples(tmp_path / "s.jsonl")
    assert sample.repeats(prompt) and not sample.repeats("def g():\n")


ONE = '{"task_id": "HumanEval/1", "solution": "x = 1"}\n'


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (written("s.jsonl", ""), r"s\.jsonl: holds no sample; expected EvalPlus samples"),
        (written("s.jsonl", b"\xef\xbb\xbf\r\n"), r"s\.jsonl: holds no sample"),
        (written("s.jsonl", ONE + '{"task_id": \n'), r"s\.jsonl:2: not JSON: Expecting value"),
        (written("s.jsonl", ONE + "[1]\n"), r"s\.jsonl:2: not a sample"),
        (written("s.jsonl", ONE + "[" * 100_000), r"s\.jsonl:2: not JSON"),
        (written("s.jsonl", ONE.encode() + b'{"a": "\xff"}'), r"s\.jsonl:2: not UTF-8 text"),
        (written("s.jsonl", '{"solution": "x"}'), r"s\.jsonl:1: it has no task_id"),
        (written("s.jsonl", '{"task_id": 3, "solution": ""}'), r"s\.jsonl:1: task_id is 3"),
        (
            written("s.jsonl", '{"task_id": "mbpp/2", "solution": ""}'),
            r"s\.jsonl:1: 'mbpp/2' is no task of .*did you mean 'Mbpp/2'\?",
        ),
        (
            written("s.jsonl", ONE + '{"task_id": "HumanEval/1"}'),
            r"s\.jsonl:2: HumanEval/1 has neither 'solution' nor 'completion'",
        ),
        (
            written("s.jsonl", '{"task_id": "HumanEval/1", "completion": ["x"]}'),
            r"s\.jsonl:1: the completion of HumanEval/1 is list, expected a text",
        ),
        (
            written("s.jsonl", ONE * 2 + ONE.replace("HumanEval", "Mbpp")),
            r"s\.jsonl:3: a sample of Mbpp/1, but .*s\.jsonl:1 is one of HumanEval/1",
        ),
        (lambda tmp: tmp, r"holds no solution; expected"),
        (written("x.py", "x = 1"), r"x\.py: holds no solution"),
        (lambda tmp: tmp / "none", r"none: no such file"),
        (written("s.gz", gzip.compress(lines().encode())[:-9]), r"s\.gz: damaged"),
        (written("s.zip", b"PK\x03\x04 no zip"), r"s\.zip: damaged"),
        (
            lambda tmp: write_zip(tmp / "s.zip", {"../../etc/x.jsonl": lines()}),
            r"s\.zip: its member '\.\./\.\./etc/x\.jsonl' would lie outside",
        ),
        (
            lambda tmp: write_zip(tmp / "s.zip", {"C:\\x\\s.jsonl": lines()}),
            r"s\.zip: its member 'C:\\x\\s\.jsonl' would lie outside",
        ),
        (
            lambda tmp: write_zip(tmp / "s.zip", {"a:b/s.jsonl": lines(), "/a.jsonl": ""}),
            r"s\.zip: its member '/a\.jsonl' would lie outside",
        ),
        (
            lambda tmp: write_zip(tmp / "s.zip", {"a.jsonl": lines(), "b.jsonl": lines()}),
            r"s\.zip: holds several sets of samples \(.*a\.jsonl, .*b\.jsonl",
        ),
        (
            lambda tmp: write_zip(tmp / "s.zip", {"a.jsonl": ONE, "HumanEval_0/0.py": "x"}),
            r"s\.zip: holds several sets of samples",
        ),
        (
            lambda tmp: write_zip(
                tmp / "s.zip", {"a/HumanEval_0/0.py": "x", "b/HumanEval_0/0.py": "x"}
            ),
            r"s\.zip: holds several sets of samples \(below a and b\)",
        ),
        (
            lambda tmp: write_zip(tmp / "s.zip", {"Foo_1/0.py": "x", "HumanEval_0/0.py": "x"}),
            r"s\.zip/Foo_1/0\.py: 'Foo_1' is no task of EvalPlus's benchmarks",
        ),
        (lambda tmp: write_zip(tmp / "s.zip", {}), r"s\.zip: holds no solution"),
    ],
)
def test_what_is_no_set_of_samples_is_one_message(
    make: Callable[[Path], Path], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message):
        read_samples(make(tmp_path))


def test_a_tar_member_outside_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        info = tarfile.TarInfo("../s.jsonl")
        info.size = len(lines().encode())
        archive.addfile(info, io.BytesIO(lines().encode()))
    with pytest.raises(UserError, match="would lie outside"):
        read_samples(tmp_path / "s.tar")


def test_a_copy_among_single_samples_is_refused(tmp_path: Path) -> None:
    other = ONE.replace("/1", "/2")
    (tmp_path / "s.jsonl").write_text(ONE + other + ONE + other.replace("/2", "/3"))
    with pytest.raises(UserError, match=r"s\.jsonl:3: the same sample of HumanEval/1 as .*:1;"):
        in_rounds(read_samples(tmp_path / "s.jsonl"))
    # Where each task has as many, equal ones are what a model said twice.
    (tmp_path / "s.jsonl").write_text(ONE * 2 + other * 2)
    assert len(in_rounds(read_samples(tmp_path / "s.jsonl"))) == 2


def test_half_a_character_does_not_end_the_reading(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text(r'{"task_id": "HumanEval/1", "solution": "x = \"\ud800\""}')
    assert read_samples(tmp_path / "s.jsonl")[0].text.encode("utf-8") == b'x = "?"'


def test_published_verdicts_of_both_formats_are_read(tmp_path: Path) -> None:
    new = [
        {"task_id": "T", "solution": "b\n", "base_status": "pass", "plus_status": "fail"},
        {"task_id": "T", "solution": "a", "base_status": "pass", "plus_status": "timeout"},
    ]
    old = {"nfiles": 2, "base": [["success", []], ["timed out", []]], "plus": []}
    path = tmp_path / "r.json.gz"
    verdicts = {"HumanEval/0": new, "HumanEval/1": old}
    found = {"date": "2024-04-16 18:23", "hash": "h", "eval": verdicts}
    path.write_bytes(gzip.compress(json.dumps(found).encode()))
    published = read_published(path)
    assert (published.data_md5, published.date) == ("h", "2024-04-16 18:23")
    # By program where the file has programs, else by number.
    partners = published.partners({"HumanEval/0": ["a", "c", "b"], "HumanEval/1": ["x", "y"]})
    statuses = {key: (v.base_solved, v.plus_solved) for key, v in partners.items()}
    assert statuses == {
        ("HumanEval/0", 0): (True, False),
        ("HumanEval/0", 2): (True, False),
        ("HumanEval/1", 0): (True, None),
        ("HumanEval/1", 1): (False, None),
    }
    assert partners["HumanEval/0", 0].out_of_time("plus")
    assert not partners["HumanEval/0", 2].out_of_time("plus")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"r\.json: not JSON"),
        ("[]", r"r\.json: no verdicts of EvalPlus"),
        ('{"eval": {}}', r"r\.json: no verdicts of EvalPlus"),
        ('{"eval": {"HumanEval/0": [{}]}}', r"r\.json: HumanEval/0: not EvalPlus's verdicts"),
        ('{"eval": {"HumanEval/0": 3}}', r"r\.json: HumanEval/0: not EvalPlus's verdicts"),
    ],
)
def test_malformed_published_verdicts_are_one_message(
    text: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(UserError, match=message):
        read_published(tmp_path / "r.json")
