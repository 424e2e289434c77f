"""Anyone's samples, graded: forms, versions of the data, published verdicts and why ours differ."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from helpers.places import ROOT, SHARED
from helpers.small_benchmark import RIGHT, TASKS, task, write_tasks

from codepref.errors import UserError
from codepref.evaluation.published import grade
from codepref.evaluation.published.certificate import Certificate, GradedSample, markdown
from codepref.evaluation.published.data_files import data_file
from codepref.evaluation.published.differences import Setting, compare
from codepref.evaluation.published.releases import known
from codepref.evaluation.published.verdicts import (
    PublishedVerdict,
    PublishedVerdicts,
    read_published,
)
from codepref.evaluation.settings import GradingConfig
from codepref.gradings import Disagreement, PartVerdict

CODEQWEN = SHARED / "published_samples" / "codeqwen1.5-7b-chat"
V9, V10 = "84f4b93a1270b492e4c54d5212da7a5b", "fe585eb4df8c88d844eeb463ea4d0302"


def write_lines(path: Path, samples: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(sample) + "\n" for sample in samples), encoding="utf-8")
    return path


@pytest.fixture
def grading(tmp_path: Path, cache: Path) -> Callable[..., grade.Grading]:
    """Return a grading of samples on the small benchmark."""
    data = write_tasks(tmp_path / "data.jsonl", TASKS)

    def of(samples: Path, **more: Any) -> grade.Grading:
        values = {
            **{"data": data, "published": None, "output": tmp_path / "out", "cache": cache},
            **{"config": GradingConfig(min_time_limit=0.5), "workers": 2},
            **more,
        }
        return grade.Grading(samples, **values)

    return of


def scores(certificate: Certificate) -> dict[tuple[str, str, int], float]:
    return {(s.judge, s.part, s.k): round(s.value, 3) for s in certificate.scores}


@pytest.mark.slow
def test_several_samples_a_task_give_pass_at_k_and_a_certificate(
    tmp_path: Path, grading: Callable[..., grade.Grading]
) -> None:
    wrong = "def {}(x):\n    return None\n"
    base_only = "def f0(x):\n    return x + (1 if x < 9 else 2)\n"
    programs = {
        "HumanEval/0": [RIGHT["HumanEval/0"], base_only],
        "HumanEval/1": [wrong.format("f1"), RIGHT["HumanEval/1"]],
        "HumanEval/2": [wrong.format("f2")] * 2,
    }
    for task_id, texts in programs.items():
        for number, text in enumerate(texts):
            place = tmp_path / "model" / task_id.replace("/", "_") / f"{number}.py"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
    certificate = grade.grade_samples(grading(tmp_path / "model"))
    found = scores(certificate)
    for judge in ("EvalPlus", "second judge", "both judges"):
        assert (found[judge, "base", 1], found[judge, "base", 2]) == (0.5, 0.667)
        assert (found[judge, "plus", 1], found[judge, "plus", 2]) == (0.333, 0.667)
    assert (certificate.graded, certificate.tasks, certificate.missing) == (6, 3, [])
    assert certificate.data_version == "unknown"
    page = (tmp_path / "out" / "certificate.md").read_text("utf-8")
    assert page == markdown(certificate)
    assert "| EvalPlus     | base  | pass@2  | 66.7  |" in page
    stored = Certificate.model_validate_json((tmp_path / "out" / "certificate.json").read_text())
    assert stored == certificate


@pytest.mark.slow
def test_tasks_too_many_and_too_few_are_told_and_the_common_ones_graded(
    tmp_path: Path, grading: Callable[..., grade.Grading]
) -> None:
    prompt = TASKS[0]["prompt"]
    samples = [
        {"task_id": "HumanEval/0", "completion": "    return x + 1\n"},
        {"task_id": "HumanEval/1", "completion": TASKS[1]["prompt"] + "    return 0\n"},
        {"task_id": "HumanEval/163", "solution": "pass"},
    ]
    certificate = grade.grade_samples(grading(write_lines(tmp_path / "s.jsonl", samples)))
    assert (certificate.extra, certificate.missing) == (["HumanEval/163"], ["HumanEval/2"])
    assert scores(certificate)["EvalPlus", "plus", 1] == 0.5
    notes = "\n".join(certificate.notes)
    assert "no sample of 1 of the data file's tasks: HumanEval/2." in notes
    assert "with the missing ones as failed, EvalPlus's pass@1 is 33.3 (base), 33.3 (plus)" in notes
    assert "samples of 1 tasks that the data file does not have, not graded: HumanEval/163" in notes
    assert "1 completions hold their task's prompt, first" in notes and ":2; graded as" in notes
    assert prompt.startswith("def f0")


def test_what_does_not_belong_together_is_refused_before_any_work(
    tmp_path: Path, grading: Callable[..., grade.Grading]
) -> None:
    path = write_lines(tmp_path / "s.jsonl", [{"task_id": "HumanEval/0", "solution": "x"}])
    verdict = PublishedVerdict("pass", "pass", "another program")
    for of in ({"HumanEval/0": [verdict]}, {"HumanEval/7": [verdict]}):
        with pytest.raises(UserError, match=r"r\.json: has no verdict on any of these samples"):
            grade.grade_samples(grading(path, published=PublishedVerdicts("r.json", "", "", of)))
    for content, message in (
        ("[", r"d\.jsonl:1: not JSON"),
        ('{"task_id": "Mbpp/2", "prompt": "x"}', r"d\.jsonl:1: not an EvalPlus task"),
        ("", r"d\.jsonl: holds no task"),
    ):
        (tmp_path / "d.jsonl").write_text(content)
        with pytest.raises(UserError, match=message):
            grade.grade_samples(grading(path, data=tmp_path / "d.jsonl"))


def test_a_task_of_no_version_is_named(
    tmp_path: Path, grading: Callable[..., grade.Grading]
) -> None:
    samples = [{"task_id": f"HumanEval/{n}", "solution": ""} for n in (0, 164, 999)]
    path = write_lines(tmp_path / "s.jsonl", samples)
    with pytest.raises(UserError, match=r"s\.jsonl:2: no version .* 'HumanEval/164' \(and 1 more"):
        grade.grade_samples(grading(path))
    path = write_lines(tmp_path / "s.jsonl", [{"task_id": "HumanEval/9", "solution": ""}])
    with pytest.raises(
        UserError, match=r"none of its tasks is in .*data\.jsonl; .* fit humaneval\+ v0"
    ):
        grade.grade_samples(grading(path))


@pytest.mark.slow
def test_a_second_call_goes_on_and_a_third_repeats_nothing(
    tmp_path: Path,
    grading: Callable[..., grade.Grading],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    samples = write_lines(
        tmp_path / "s.jsonl", [{"task_id": k, "solution": v} for k, v in RIGHT.items()]
    )
    graded: list[str] = []
    limit = [1]
    original = grade._grade_part

    def watched(*arguments: Any) -> list[GradedSample]:
        if len(graded) in limit:
            raise KeyboardInterrupt
        graded.append(arguments[3][0].task_id)
        return original(*arguments)

    monkeypatch.setattr(grade, "_PART", 1)
    monkeypatch.setattr(grade, "_grade_part", watched)
    with pytest.raises(KeyboardInterrupt):
        grade.grade_samples(grading(samples))
    limit.clear()
    assert scores(grade.grade_samples(grading(samples)))["both judges", "plus", 1] == 1
    assert graded == list(RIGHT)
    assert "resuming after 1 finished parts" in capsys.readouterr().err
    grade.grade_samples(grading(samples))
    assert graded == list(RIGHT)
    assert "not repeated" in capsys.readouterr().err
    verdicts = tmp_path / "out" / grade.VERDICTS
    verdicts.write_text(verdicts.read_text("utf-8").partition("\n")[0])
    with pytest.raises(UserError, match="holds 1 verdicts on 3 samples"):
        grade.grade_samples(grading(samples))
    # Other limits are another grading.
    grade.grade_samples(grading(samples, config=GradingConfig(min_time_limit=0.6)))
    assert graded == list(RIGHT) * 2


@pytest.mark.slow
@pytest.mark.shared
def test_real_samples_differ_from_their_published_verdicts_for_known_causes(
    tmp_path: Path, cache: Path, real_benchmark: Callable[..., Any]
) -> None:
    wanted = {
        "humaneval": ({0, 31, 32, 33}, "HumanEvalPlus-v0.1.9"),
        "mbpp": ({2, 3, 6, 8, 287}, "MbppPlus-v0.1.0"),
    }
    found = {}
    for dataset, (numbers, name) in wanted.items():

        def chosen(path: Path, numbers: set[int] = numbers) -> Iterator[str]:
            for line in path.read_text("utf-8").splitlines():
                if int(json.loads(line)["task_id"].split("/")[1]) in numbers:
                    yield line + "\n"

        data = tmp_path / f"{dataset}.jsonl"
        data.write_text("".join(chosen(real_benchmark(dataset, name).path)))
        samples = tmp_path / f"s_{dataset}.jsonl"
        given = CODEQWEN / f"samples_{dataset}_codeqwen_chat_temp_0.0.jsonl"
        samples.write_text("".join(chosen(given)))
        published = CODEQWEN / f"eval_results_{dataset}_codeqwen_chat_temp_0.0.json"
        certificate = grade.grade_samples(
            grade.Grading(
                *(samples, data, read_published(published), tmp_path / f"out_{dataset}", cache),
                *(GradingConfig(), 2),
            )
        )
        assert certificate.compared == certificate.graded == len(numbers)
        assert certificate.disagreements == []
        for difference in certificate.differences:
            found[difference.task_id] = (difference.published, difference.ours, difference.cause)
    assert found == {
        "HumanEval/32": ("neither", "base only", "oracle"),
        "Mbpp/2": ("neither", "plus", "oracle"),
        "Mbpp/6": ("neither", "base only", "python"),
        "Mbpp/287": ("plus", "base only", "type"),
    }


PASS = {"status": "pass", "seconds": 0.1}
FAIL = {"status": "fail", "reason": "wrong answer", "seconds": 0.1}
LATE, MEMORY = {**FAIL, "reason": "out of time"}, {**FAIL, "reason": "raised MemoryError"}
MATCH = "def f(x):\n    match x:\n        case 1: pass"


def sample(
    task_id: str, base: Mapping[str, Any], plus: Mapping[str, Any], judged: str = ""
) -> GradedSample:
    disagreement = {"task_id": task_id, "part": "base", "evalplus": "pass", "second": "s"}
    judges = [Disagreement(**disagreement, reason=judged)] if judged else []
    return GradedSample(
        task_id=task_id,
        index=0,
        where="s.jsonl:1",
        base=PartVerdict(**base),
        plus=PartVerdict(**plus),
        disagreements=judges,
    )


@pytest.mark.parametrize(
    ("published", "graded", "program", "cause"),
    [
        (("fail", "fail"), sample("HumanEval/32", PASS, PASS), "", "oracle"),
        (("pass", "fail"), sample("HumanEval/21", PASS, PASS), "", "tolerance"),
        (("pass", "pass"), sample("HumanEval/45", PASS, FAIL), "", "type"),
        (("fail", "fail"), sample("HumanEval/3", PASS, PASS), "return x.bit_count()", "python"),
        (("fail", "fail"), sample("HumanEval/3", PASS, PASS), MATCH, "python"),
        (("pass", "pass"), sample("HumanEval/28", PASS, FAIL), "", "data"),
        (("timeout", "timeout"), sample("HumanEval/3", PASS, PASS), "", "load"),
        (("fail", "fail"), sample("HumanEval/3", {**PASS, "graded_again": True}, PASS), "", "time"),
        (("fail", "fail"), sample("HumanEval/3", {**PASS, "seconds": 2.0}, PASS), "", "time"),
        (("pass", "pass"), sample("HumanEval/3", PASS, LATE), "", "time"),
        (("pass", "pass"), sample("HumanEval/3", {**FAIL, "status": "timeout"}, FAIL), "", "time"),
        (("pass", "pass"), sample("HumanEval/3", MEMORY, FAIL), "", "memory"),
        (("fail", "fail"), sample("HumanEval/3", PASS, PASS, "tamper"), "", "tamper"),
        (("fail", "fail"), sample("HumanEval/32", PASS, PASS, "tamper"), "", "tamper"),
        (("fail", "fail"), sample("HumanEval/3", PASS, PASS, "type"), "", "type"),
        # Not the direction that the known change explains, and a task it does not concern.
        (("pass", "pass"), sample("HumanEval/32", FAIL, FAIL), "", "type"),
        (("pass", "pass"), sample("HumanEval/3", PASS, FAIL), "", "unexplained"),
        (("fail", "fail"), sample("HumanEval/3", PASS, PASS, "other"), "", "unexplained"),
    ],
)  # fmt: skip
def test_a_difference_has_a_cause_or_is_unexplained(
    published: tuple[str, str], graded: GradedSample, program: str, cause: str
) -> None:
    theirs = PublishedVerdicts("r.json", V9, "", {})
    key = (graded.task_id, 0)
    [found] = compare(
        Setting("humaneval", V10, theirs, known()),
        [graded],
        {key: program},
        {key: PublishedVerdict(*published)},
    )
    assert found.cause == cause


def test_equal_verdicts_and_missing_plus_verdicts_are_no_difference() -> None:
    setting = Setting("humaneval", V10, PublishedVerdicts("r.json", V10, "", {}), known())
    graded = sample("HumanEval/3", PASS, FAIL)
    key = ("HumanEval/3", 0)
    for theirs in (PublishedVerdict("pass", "fail"), PublishedVerdict("pass", None)):
        assert compare(setting, [graded], {key: ""}, {key: theirs}) == []
    assert compare(setting, [graded], {key: ""}, {}) == []


def test_releases_know_their_tasks() -> None:
    counts = {f"{r.dataset} {r.version}": len(r.task_ids) for r in known().releases}
    assert counts == {
        **{"humaneval v0.1.9": 164, "humaneval v0.1.10": 164},
        **{"mbpp v0.1.0": 399, "mbpp v0.2.0": 378},
    }


@pytest.mark.shared
def test_the_version_is_told_from_the_tasks_or_the_published_verdicts(tmp_path: Path) -> None:
    def found(
        dataset: str, tasks: set[str], md5: str = "", place: Path = SHARED, **more: str
    ) -> Any:
        return data_file(dataset, tasks, md5, more.get("version"), place, tmp_path / "cache")

    mbpp = {release.version: set(release.task_ids) for release in known().of("mbpp")}
    for version, tasks in mbpp.items():
        assert found("mbpp", tasks).version == version
        assert found("mbpp", tasks).fits == [f"mbpp+ {version}"]
    humaneval = set(known().of("humaneval")[0].task_ids)
    assert found("humaneval", humaneval).version == "v0.1.10"
    assert found("humaneval", humaneval).fits == ["humaneval+ v0.1.9", "humaneval+ v0.1.10"]
    assert found("humaneval", humaneval, V9).version == "v0.1.9"
    assert found("humaneval", humaneval, V9, version="v0.1.10").version == "v0.1.10"
    with pytest.raises(UserError, match="no version 'v1' of humaneval"):
        found("humaneval", humaneval, version="v1")
    # A file is taken as it is; a folder without the wanted version gives what it has.
    newest = SHARED / "evalplus" / "MbppPlus-v0.2.0.jsonl.gz"
    assert found("mbpp", mbpp["v0.1.0"], place=newest).version == "v0.2.0"
    (tmp_path / "few").mkdir()
    (tmp_path / "few" / newest.name).write_bytes(newest.read_bytes())
    assert found("mbpp", mbpp["v0.1.0"], place=tmp_path / "few").version == "v0.2.0"
    with pytest.raises(UserError, match=r"holds no data file of humaneval\+"):
        found("humaneval", humaneval, place=tmp_path / "few")


def run(*command: object, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, command)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **variables},
    )


@pytest.mark.slow
def test_without_a_network_and_data_there_is_one_message(tmp_path: Path) -> None:
    samples = write_lines(tmp_path / "s.jsonl", [{"task_id": "HumanEval/0", "solution": ""}])
    done = run(
        *(ROOT / "scripts/grade_samples.py", "--samples", samples, "--output", tmp_path / "o"),
        folder=tmp_path,
        XDG_CACHE_HOME=str(tmp_path / "no-cache"),
        https_proxy="http://127.0.0.1:9",
    )
    assert done.returncode == 2
    assert "cannot be fetched" in done.stderr and "DATA=" in done.stderr
    assert "Traceback" not in done.stderr and "configuration" not in done.stderr


@pytest.mark.slow
def test_certifying_nothing_is_a_failure(tmp_path: Path) -> None:
    script = ROOT / "maintenance/certify.py"
    for place, message in ((tmp_path / "none", "no such folder"), (tmp_path, "nothing to certify")):
        done = run(script, "--data", place, "--work", tmp_path / "w", folder=tmp_path)
        assert done.returncode == 2, done.stdout
        assert message in done.stderr and "Traceback" not in done.stderr


def test_sets_are_found_with_the_verdicts_beside_them(tmp_path: Path) -> None:
    from certification import published_sets

    root = tmp_path / "published_samples"
    for name in (
        *("m/samples_x.jsonl", "m/eval_results_x.json", "m/y.jsonl.gz", "m/y_eval_results.json"),
        *("folder/HumanEval_0/0.py", "folder/eval_results.json", "m/alone.jsonl"),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    assert [(s.name, s.verdicts.name) for s in published_sets(tmp_path)] == [
        ("folder", "eval_results.json"),
        ("m/samples_x.jsonl", "eval_results_x.json"),
        ("m/y.jsonl.gz", "y_eval_results.json"),
    ]


@pytest.mark.slow
def test_a_solution_that_cheats_is_told(
    tmp_path: Path, grading: Callable[..., grade.Grading]
) -> None:
    equal = (
        "class Equal(int):\n    def __eq__(self, other):\n        return True\n"
        "    __hash__ = int.__hash__\ndef f0(x):\n    return Equal()\n"
    )
    data = write_tasks(tmp_path / "d.jsonl", [task(0, "    return x + 1\n", [[1]], [[2]])])
    samples = write_lines(tmp_path / "s.jsonl", [{"task_id": "HumanEval/0", "solution": equal}])
    given = [{"task_id": "HumanEval/0", "base_status": "fail", "plus_status": "fail"}]
    (tmp_path / "r.json").write_text(json.dumps({"eval": {"HumanEval/0": given}}))
    published = read_published(tmp_path / "r.json")
    certificate = grade.grade_samples(grading(samples, data=data, published=published))
    found = scores(certificate)
    assert found["second judge", "base", 1] == found["both judges", "base", 1] == 0
    assert certificate.disagreements[0].task_id == "HumanEval/0"
    assert certificate.differences[0].cause in ("tamper", "type")
