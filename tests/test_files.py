"""Files appear whole or not at all; a malformed line is named."""

import errno
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codepref.errors import UserError
from codepref.files import (
    check_writable,
    read_json,
    read_records,
    read_yaml,
    sha256_of,
    whole_folder,
    write_records,
    write_whole,
)
from codepref.records import Message, TestCase


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), write_whole(path) as stream:
        stream.write("half")
        raise RuntimeError("killed in the middle")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]


def test_a_folder_that_cannot_be_moved_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, replace = tmp_path / "model", Path.replace

    def refused(self: Path, target: Path) -> Path:
        if Path(target) == path and self.name.endswith(".tmp"):
            raise OSError(errno.EBUSY, "busy")
        return replace(self, target)

    with whole_folder(path) as made:
        (made / "weights").write_text("old")
    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(UserError, match="busy"), whole_folder(path) as made:
        (made / "weights").write_text("new")
    assert [file.name for file in tmp_path.iterdir()] == ["model"]
    assert (path / "weights").read_text() == "old"
    monkeypatch.undo()
    with whole_folder(path) as made:
        (made / "weights").write_text("new")
    assert [file.name for file in tmp_path.iterdir()] == ["model"]
    assert (path / "weights").read_text() == "new"


def test_what_else_fails_while_a_file_is_written_is_not_called_a_full_disk(tmp_path: Path) -> None:
    def records() -> Iterator[Message]:
        yield Message(role="user", content="x")
        raise ConnectionError("hub unreachable")

    with pytest.raises(ConnectionError):
        write_records(tmp_path / "out.jsonl", records())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["name: {{run}}", "? [a, b]\n: 1", "{{}: 1}"])
def test_a_yaml_key_that_is_no_text_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(UserError, match=r"own\.yaml.*key"):
        read_yaml(tmp_path / "own.yaml", Message)


def test_an_unwritable_place_is_a_user_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(UserError, match="cannot be written"),
        write_whole(tmp_path / "file" / "out.txt"),
    ):
        pass


def test_an_output_is_tried_beforehand_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    check_writable(tmp_path / "new" / "folder" / "out.jsonl")
    check_writable(tmp_path / "file")  # will be replaced
    with pytest.raises(UserError, match="is a folder; expected the name of a file"):
        check_writable(tmp_path)
    with pytest.raises(UserError, match=r"out\.jsonl: cannot be written .*; check the folder"):
        check_writable(tmp_path / "file" / "new" / "out.jsonl")
    with pytest.raises(UserError, match="cannot be written"):
        check_writable("/proc/out.jsonl")  # not even root may
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_records_come_back(tmp_path: Path) -> None:
    tests = [TestCase(input=[1, "ü"], expected=None), TestCase(input=[], expected=[1.5])]
    assert write_records(tmp_path / "t.jsonl", tests) == 2
    assert list(read_records(tmp_path / "t.jsonl", TestCase)) == tests


# What str.splitlines() takes for the end of a line, JSON leaves as it is inside a string.
@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("a\u2028b\u2029c\x85d\x0be\x0cf\x1cg")
def test_any_text_stays_one_line(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.jsonl"
        messages = [Message(role="user", content=text), Message(role="user", content="next")]
        write_records(path, messages)
        assert list(read_records(path, Message)) == messages


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("5", "Input should be an object"),
        ("[]", "Input should be an object"),
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


@pytest.mark.parametrize(
    "read", [lambda path: list(read_records(path, TestCase)), read_json, sha256_of]
)
def test_what_cannot_be_read_is_named(
    read: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.jsonl"
    with pytest.raises(UserError, match=r"t\.jsonl: no such file"):
        read(path)
    if read is not sha256_of:  # which takes folders
        with pytest.raises(UserError, match=f"{tmp_path}: cannot be read \\(Is a directory\\)"):
            read(tmp_path)
        path.write_bytes(b'{"input": 1, "expected": 2}\n"\xff"\n')
        with pytest.raises(UserError, match=r"t\.jsonl(:2)?: not UTF-8 text"):
            read(path)

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)  # the tests may run as root, who may read all
    with pytest.raises(UserError, match=r"t\.jsonl: cannot be read \(Permission denied\)"):
        read(path)


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
