"""Codeforces: the list of problems from the official API, statements from their pages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from bs4 import BeautifulSoup, Tag
from pydantic import Field

from codepref.problems.answers import stdio_comparison
from codepref.problems.crawl import Client, Unusable
from codepref.problems.foreign import Foreign, NotUnderstood, Skip, Skipped, attempt, parse
from codepref.problems.text import html_to_text, preformatted
from codepref.records import Limits, Problem, TestCase

ADDRESS = "https://codeforces.com"
LICENCE = "Codeforces terms"
_PYTHON_FACTOR = 5.0  # their limits are for C++

_MEMORY_UNITS = {
    **dict.fromkeys(("byte", "байт"), 2.0**-20),
    **dict.fromkeys(("kilobyte", "kibibyte", "kb", "kib", "килобайт", "кибибайт"), 2.0**-10),
    **dict.fromkeys(("megabyte", "mebibyte", "mb", "mib", "мегабайт", "мебибайт"), 1.0),
    **dict.fromkeys(("gigabyte", "gibibyte", "gb", "gib", "гигабайт", "гибибайт"), 2.0**10),
}


class Entry(Foreign):
    """A problem as the API lists it."""

    contestId: int | None = None
    index: str = ""
    name: str = ""
    type: str = ""
    tags: list[str] = Field(default_factory=list)
    rating: int | None = None


class _List(Foreign):
    problems: list[Any]


class _Answer(Foreign):
    status: str
    comment: str = ""
    result: _List | None = None


@dataclass(frozen=True)
class Statement:
    """What one statement on a page says."""

    title: str
    time_limit: float  # seconds
    memory_limit: float  # MiB
    input_file: str
    output_file: str
    text: str
    samples: list[tuple[str, str]]
    interactive: bool
    russian: bool
    images: int  # a note's are not counted: it explains samples


def collect(client: Client, address: str = ADDRESS) -> Iterator[Problem | Skipped]:
    """Yield the problems of the problem set, newest contest first, or why one is left out.

    Raises:
        UserError: the site refuses, or its answers are not understood.
    """
    body = client.get(f"{address}/api/problemset.problems", check=check_list)
    answer = parse(_Answer, body, "list of problems")
    for number, entry in enumerate(answer.result.problems if answer.result else [], start=1):
        known = entry if isinstance(entry, dict) else {}
        name = f"{known.get('contestId', f'entry {number}')}/{known.get('index')}"
        yield attempt(name, "page", partial(_problem, client, address, entry))


def _problem(client: Client, address: str, listed: Any) -> Problem:
    entry = parse(Entry, listed, "entry")
    if entry.contestId is None or entry.type != "PROGRAMMING":
        raise Skip("not a problem of a contest")
    if "interactive" in entry.tags:
        raise Skip("interactive")
    if "*special" in entry.tags:
        raise Skip("special round (unusual languages or rules)")
    url = f"{address}/problemset/problem/{entry.contestId}/{entry.index}?locale=en"
    return problem_from_page(client.get(url, check=_check_page), entry)


def problem_from_page(page: str, entry: Entry) -> Problem:
    """Return the problem of a statement page (HTML) and its entry in the API's list.

    Raises:
        Skip: it cannot be posed as a program with text in and out; the text says why.
    """
    statement = statement_from_page(page)
    refuse_unusable(statement)
    comparison, checker = stdio_comparison(
        statement.text, [expected for _, expected in statement.samples], entry.tags
    )
    return Problem(
        id=f"codeforces/{entry.contestId}{entry.index}",
        source="codeforces",
        url=f"{ADDRESS}/problemset/problem/{entry.contestId}/{entry.index}",
        licence=LICENCE,
        title=entry.name or statement.title,
        statement=statement.text,
        interface="stdio",
        tests=[
            TestCase(input=given, expected=expected, visible=True)
            for given, expected in statement.samples
        ],
        comparison=comparison,
        limits=python_limits(statement.time_limit, statement.memory_limit),
        difficulty=str(entry.rating) if entry.rating else None,
        tags=entry.tags,
        needs_checker=checker,
    )


def python_limits(seconds: float | None, memory_mb: float | None) -> Limits:
    """Return a contest's limits, which are for C++, as limits for Python."""
    return Limits(
        cpu_seconds=min(max((seconds or 2.0) * _PYTHON_FACTOR, 5.0), 60.0),
        memory_mb=max(round(memory_mb or 256), 512),
    )


def statement_from_page(page: str) -> Statement:
    """Return the first statement of a page.

    Raises:
        Skip: there is none (a PDF, the old archive's layout, or markup that we do not know).
    """
    soup = BeautifulSoup(page, "html.parser")
    nodes = soup.select(".problem-statement")
    if not nodes:
        if "acm.sgu.ru" in page or "acmsguru" in page:
            raise Skip("acm.sgu.ru archive (its own layout)")
        if soup.select_one('a[href$=".pdf"], object[type="application/pdf"], embed[src*=".pdf"]'):
            raise Skip("statement is a PDF")
        raise NotUnderstood("page", detail="no element .problem-statement")
    node = nodes[0]
    header = node.select_one(".header")
    title = header.select_one(".title") if header else None
    if header is None or title is None:
        raise NotUnderstood("page", detail="no title")
    samples = []
    for sample in node.select(".sample-tests .sample-test"):
        inputs, outputs = sample.select(".input pre"), sample.select(".output pre")
        if len(inputs) != len(outputs):
            raise NotUnderstood("page", detail="samples without input or output")
        samples += [
            (preformatted(given), preformatted(expected))
            for given, expected in zip(inputs, outputs, strict=True)
        ]
    body = _body(node)
    return Statement(
        title=title.get_text(" ", strip=True),
        time_limit=_seconds(_property(header, "time-limit")),
        memory_limit=_mebibytes(_property(header, "memory-limit")),
        input_file=_property(header, "input-file"),
        output_file=_property(header, "output-file"),
        text=body,
        samples=samples,
        interactive=_is_interactive(node, body),
        russian=len(re.findall("[а-яё]", body.lower())) > len(body) / 10,
        images=len(node.select("img")) - len(node.select(".note img")),
    )


def refuse_unusable(statement: Statement) -> None:
    """Raise Skip if a program reading text and printing text cannot be asked for."""
    standard_in = ("standard input", "стандартный ввод", "stdin", "")
    standard_out = ("standard output", "стандартный вывод", "stdout", "")
    if statement.interactive:
        raise Skip("interactive")
    if statement.russian:
        raise Skip("statement is in Russian")
    if statement.input_file not in standard_in or statement.output_file not in standard_out:
        raise Skip("reads or writes files")
    if statement.images:
        raise Skip("statement needs an image")
    if not statement.samples:
        raise Skip("no sample tests")


def _body(node: Tag) -> str:
    parts = []
    for child in node.find_all("div", recursive=False):
        classes = child.get_attribute_list("class")
        if "header" in classes or "sample-tests" in classes:
            continue
        heading = child.select_one(".section-title")
        if heading is None:
            parts.append(html_to_text(child))
            continue
        name = heading.get_text(" ", strip=True)
        heading.extract()
        parts.append(f"{name}\n{html_to_text(child)}")
        child.insert(0, heading)
    return "\n\n".join(part for part in parts if part.strip())


def _property(header: Tag, name: str) -> str:
    """Return a property's value: its text without the property's title."""
    node = header.select_one(f".{name}")
    if node is None:
        return ""
    label = node.select_one(".property-title")
    value = node.get_text(" ", strip=True)
    return value.removeprefix(label.get_text(" ", strip=True) if label else "").strip().lower()


def _seconds(text: str) -> float:
    match = re.match(r"(\d{1,6}(?:\.\d+)?)\s*(second|секунд|s\b|ms|millisecond|миллисекунд)", text)
    if match is None:
        raise NotUnderstood("page", detail=f"time limit '{text[:40]}'")
    return float(match.group(1)) / (1000 if match.group(2)[0] in "mм" else 1)


def _mebibytes(text: str) -> float:
    match = re.match(r"(\d{1,9}(?:\.\d+)?)\s*(\w+)", text)
    unit = next((u for u in _MEMORY_UNITS if match and match.group(2).startswith(u)), None)
    if match is None or unit is None:
        raise NotUnderstood("page", detail=f"memory limit '{text[:40]}'")
    return float(match.group(1)) * _MEMORY_UNITS[unit]


def _is_interactive(node: Tag, body: str) -> bool:
    headings = [h.get_text(" ", strip=True).lower() for h in node.select(".section-title")]
    if any(heading in ("interaction", "протокол взаимодействия") for heading in headings):
        return True
    return bool(
        re.search(r"\b(this is an interactive problem|interactor)\b|интерактивн", body, re.I)
    )


def check_list(body: str) -> None:
    """Raise Unusable or NotUnderstood if this is not the API's list of problems."""
    answer = parse(_Answer, body, "list of problems")
    if answer.status != "OK":
        raise Unusable(f"the API says: {answer.comment or answer.status}")
    if answer.result is None:
        raise NotUnderstood("list of problems", "result")


def _check_page(body: str) -> None:
    lower = body[:20000].lower()
    if "problem-statement" in body:
        if "</html>" not in body[-2000:].lower():
            raise Unusable("the page is cut off")
        return
    for sign in ("captcha", "just a moment...", "cf-challenge", "access denied", "ddos protection"):
        if sign in lower:
            raise Unusable(f"the site asks for a human ({sign})")
