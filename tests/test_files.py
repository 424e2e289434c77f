"""Files appear whole or not at all; a malformed line is named."""

from pathlib import Path

import pytest

from codepref.errors import UserError
from codepref.files import read_json, read_records, sha256_of, write_records, write_whole
from codepref.records import TestCase


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), write_whole(path) as stream:
        stream.write("half")
        raise RuntimeError("killed in the middle")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]


def test_an_unwritable_place_is_a_user_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(UserError, match="cannot be written"),
        write_whole(tmp_path / "file" / "out.txt"),
    ):
        pass


def test_records_come_back(tmp_path: Path) -> None:
    tests = [TestCase(input=[1, "ü"], expected=None), TestCase(input=[], expected=[1.5])]
    assert write_records(tmp_path / "t.jsonl", tests) == 2
    assert list(read_records(tmp_path / "t.jsonl", TestCase)) == tests


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"input": 1, "expected": 2, "visble": true}', "field 'visble': Extra inputs"),
        ('{"input": 1}', "a test needs an 'input' and an 'expected' output, or a 'check'"),
        (
            '{"input": 1, "expected": 2, "check": 3}',
            "field 'check': Input should be a valid string",
        ),
        ('{"input": 1,', "Invalid JSON"),
        ('{"input": 1, "expected": 2, "visible": "yes"}', "field 'visible'"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str, expected: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(f'{{"input": 1, "expected": 2}}\n\n{line}\n')
    with pytest.raises(UserError) as caught:
        list(read_records(path, TestCase))
    assert str(caught.value).startswith(f"{path}:3: not a valid TestCase record: ")
    assert expected in str(caught.value)


def test_missing_and_malformed_json(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        read_json(tmp_path / "x.json")
    (tmp_path / "x.json").write_text('{\n"a": }')
    with pytest.raises(UserError, match=r"x\.json:2:6: not JSON"):
        read_json(tmp_path / "x.json")


def test_a_folders_hash_depends_on_names_and_content(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "x").write_text("1")
    (tmp_path / "b" / "x").write_text("1")
    (tmp_path / "c" / "y").write_text("1")
    assert sha256_of(tmp_path / "a") == sha256_of(tmp_path / "b") != sha256_of(tmp_path / "c")
