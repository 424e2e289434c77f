"""Where benchmark data come from: EvalPlus's releases, a file, or the demo's tasks in ``builtin/``.

``builtin/humaneval.jsonl`` was made once by ``maintenance/freeze_humaneval.py``.

In EvalPlus's format a task is a JSON object with ``task_id``, ``prompt``, ``entry_point``,
``contract`` (assertions on the arguments, or empty), ``canonical_solution`` (continues the prompt),
``base_input`` and ``plus_input`` (lists of argument lists) and ``atol`` (absolute tolerance, 0 for
exact). Tasks made from templates also have ``cluster``: the template, which statistics cluster by.
"""

import ast
import contextlib
import hashlib
import json
import socket
import sys
import textwrap
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from codepref.errors import UserError
from codepref.evaluation.published.packed import gunzipped
from codepref.evaluation.settings import (
    BuiltinHumanEval,
    BuiltinMbpp,
    EvalPlusData,
    TaskFileData,
    TemplateData,
)
from codepref.files import read_bytes
from codepref.problems.templates import cluster_of, templated_problems
from codepref.values import decode

_EVALPLUS_NAMES = {"humaneval": "HumanEvalPlus", "mbpp": "MbppPlus"}
_BUILTIN = Path(__file__).with_name("builtin")
_HUMANEVAL_SHA256 = "ea0db835f3f482b2f145af8c964a20e6b6c30136e6b1ab01410ea52148f09021"
_FIRST_BUILTIN_ID = 9001
_FIRST_TEMPLATE_ID = 10001
_GIVE_THE_PATH = "give its 'path' in the configuration"
_SECONDS_WITHOUT_AN_ANSWER = 60.0


def published(dataset: str, data: EvalPlusData, advice: str = _GIVE_THE_PATH) -> bytes:
    """Return EvalPlus's release byte for byte, since EvalPlus identifies it by its md5.

    ``advice`` says how to give the file where it cannot be fetched.

    Raises:
        UserError: it is missing, damaged or another release.
    """
    path = Path(data.path) if data.path else _download(dataset, data.version, advice)
    named = f"{_EVALPLUS_NAMES[dataset]} {data.version}"
    return _unpacked(path, "md5", data.md5, f" ({named}); remove the file and fetch it again")


def from_file(data: TaskFileData) -> bytes:
    """Return a file's bytes, decompressed.

    Raises:
        UserError: it is missing, damaged or not the one that the configuration names.
    """
    return _unpacked(Path(data.path), "sha256", data.sha256)


def builtin_humaneval(data: BuiltinHumanEval) -> bytes:
    """Return the first frozen HumanEval tasks, each with its first plus inputs.

    Raises:
        UserError: the frozen file was changed.
    """
    content = (_BUILTIN / "humaneval.jsonl").read_bytes()
    if hashlib.sha256(content).hexdigest() != _HUMANEVAL_SHA256:
        raise UserError(
            f"{_BUILTIN / 'humaneval.jsonl'}: not the frozen tasks (their sha256 starts with "
            f"{_HUMANEVAL_SHA256[:8]}); restore the file from git"
        )
    tasks = [json.loads(line) for line in content.splitlines()]
    return _first(
        ({**task, "plus_input": task["plus_input"][: data.plus_inputs]} for task in tasks), data
    )


def builtin_mbpp(data: BuiltinMbpp) -> bytes:
    """Return the first of our own MBPP-style tasks."""
    tasks = []
    for number, entry in enumerate(yaml.safe_load((_BUILTIN / "mbpp.yaml").read_text("utf-8"))):
        function = ast.parse(entry["solution"]).body[0]
        assert isinstance(function, ast.FunctionDef)
        tasks.append(
            {
                "task_id": f"Mbpp/{_FIRST_BUILTIN_ID + number}",
                "prompt": f'"""\n{entry["text"]}\n{entry["example"]}\n"""\n',
                "entry_point": function.name,
                "contract": "",
                "canonical_solution": f"\n{entry['solution']}",
                "base_input": entry["base"],
                "plus_input": entry["plus"],
                "atol": 0,
            }
        )
    return _first(tasks, data)


def from_templates(data: TemplateData) -> bytes:
    """Return problems made from templates as tasks: visible tests are the base inputs.

    Raises:
        UserError: a family is not of the part, or the templates do not give so many problems.
    """
    tasks = []
    problems = templated_problems(data.part, data.tasks, data.seed, data.families)
    for number, problem in enumerate(problems):
        inputs = {
            visible: [decode(test.input) for test in problem.tests if test.visible is visible]
            for visible in (True, False)
        }
        # As HumanEval words a task: the function's first line, and a docstring with an example.
        call, _, answer = problem.examples[0].removesuffix(".").rpartition(" returns ")
        docstring = f'"""{problem.statement}\n\n>>> {call}\n{answer}\n"""'
        task = {
            "task_id": f"Mbpp/{_FIRST_TEMPLATE_ID + number}",
            "prompt": f"{problem.starter_code}\n{textwrap.indent(docstring, ' ' * 4)}\n",
            "entry_point": problem.entry_point,
            "contract": "",
            "canonical_solution": (problem.reference_solution or "").partition("\n")[2],
            "base_input": inputs[True],
            "plus_input": inputs[False],
            "atol": 0,
            "cluster": cluster_of(problem),
        }
        tasks.append(json.dumps(task) + "\n")
    return "".join(tasks).encode()


def _first(tasks: Iterable[dict[str, Any]], data: BuiltinHumanEval | BuiltinMbpp) -> bytes:
    """Return as many tasks as were asked for, as JSONL."""
    return "".join(json.dumps(task) + "\n" for task in islice(tasks, data.tasks)).encode()


def _unpacked(path: Path, algorithm: str, expected: str, advice: str = "") -> bytes:
    """Return a file's bytes, decompressed; refuse them if they have another hash."""
    content = gunzipped(read_bytes(path, "the 'path' of the benchmark's data"), str(path))
    found = hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()
    if found != expected:
        raise UserError(
            f"{path}: {algorithm} of the decompressed data is {found}, expected {expected}{advice}"
        )
    return content


def _download(dataset: str, version: str, advice: str) -> Path:
    """Fetch a release with EvalPlus's own downloader into its own cache."""
    from evalplus.data.utils import get_dataset_metadata, make_cache

    url, cached = get_dataset_metadata(_EVALPLUS_NAMES[dataset], version, mini=False)
    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SECONDS_WITHOUT_AN_ANSWER)  # the downloader has no limit of its own
    try:
        with contextlib.redirect_stdout(sys.stderr):  # it prints its progress
            make_cache(url, cached)
    except Exception as error:  # wget raises whatever urllib and the socket raise
        raise UserError(
            f"{url}: cannot be fetched ({error}); fetch it elsewhere and {advice}"
        ) from error
    finally:
        socket.setdefaulttimeout(patience)
    return Path(cached)
