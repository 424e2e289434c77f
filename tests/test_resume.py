"""Unfinished work on disk: kept whole, in any order, and only for the inputs it is made from."""

from pathlib import Path

import pytest
from helpers.records import make_problem, make_sample

from codepref.errors import UserError
from codepref.files import write_records
from codepref.resume import WorkFile, prepare_work_folder

MADE_FROM = {"seed": "0", "model": "m"}
SAMPLES = [make_sample(make_problem("a/a"), index, "tab\tnewline\n") for index in range(4)]


def open_work(output: Path, **changed: str) -> WorkFile:
    return WorkFile(output, MADE_FROM | changed, "groups")


def test_parts_in_any_order_end_in_the_bytes_of_the_records(tmp_path: Path) -> None:
    output = tmp_path / "s.jsonl"
    with open_work(output) as work:
        work.add(1, SAMPLES[2:])
        work.add(0, SAMPLES[:2])
        work.finish()
    write_records(tmp_path / "expected.jsonl", SAMPLES)
    assert output.read_bytes() == (tmp_path / "expected.jsonl").read_bytes()
    assert not work.path.exists()


@pytest.mark.parametrize("torn", ["", "2", '2\t{"problem_id": "a', "\0\0\0\n"])
def test_a_torn_line_is_dropped_and_the_rest_kept(
    torn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_work(tmp_path / "s.jsonl") as work:
        work.add(0, SAMPLES[:1])
    with work.path.open("a") as stream:
        stream.write(torn)
    with open_work(tmp_path / "s.jsonl") as work:
        assert (0 in work, 1 in work, len(work)) == (True, False, 1)
        work.add(1, SAMPLES[1:])
        work.finish()
    assert "s.jsonl.partial: resuming after 1 finished groups" in capsys.readouterr().err
    assert (tmp_path / "s.jsonl").read_text().count("\n") == 4


def test_work_made_from_other_things_is_thrown_away_and_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_work(tmp_path / "s.jsonl") as work:
        work.add(0, SAMPLES)
    with open_work(tmp_path / "s.jsonl", seed="1") as work:
        assert len(work) == 0
        work.add(0, SAMPLES[:1])
    assert "starting again, made with another seed" in capsys.readouterr().err
    work.path.write_text("what an older version left\n")
    with open_work(tmp_path / "s.jsonl"):
        pass
    assert "starting again, made with another layout" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [], "without a finished part no file is left"


def test_two_jobs_on_one_output_are_refused(tmp_path: Path) -> None:
    with open_work(tmp_path / "s.jsonl") as work:
        work.add(0, SAMPLES)
        with pytest.raises(UserError, match="another job is writing it"), open_work(work.output):
            pass
        work.finish()


def test_a_full_disk_is_one_clear_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_work(tmp_path / "s.jsonl") as work:
        monkeypatch.setattr("os.pwrite", lambda *_: 1)
        with pytest.raises(UserError, match="free some space"):
            work.add(0, SAMPLES)


def test_a_work_folder_is_kept_for_the_same_inputs_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "work"
    prepare_work_folder(folder, MADE_FROM)
    (folder / "state").touch()
    prepare_work_folder(folder, MADE_FROM)
    assert (folder / "state").exists()
    prepare_work_folder(folder, MADE_FROM | {"model": "other"})
    assert not (folder / "state").exists()
    assert "starting again, made with another model" in capsys.readouterr().err
