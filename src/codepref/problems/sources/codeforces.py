"""Codeforces: the list of problems from the official API, statements from their pages."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from html import unescape
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup
from pydantic import Field

from codepref.problems.comparisons.answers import stdio_comparison
from codepref.problems.sources.crawl import Client, CrawlProgress, Unusable
from codepref.problems.sources.foreign import Foreign, NotUnderstood, Skip, Skipped, attempt, parse
from codepref.problems.statements.parts import Parts
from codepref.problems.statements.text import html_to_text, preformatted
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
_SECTIONS = {
    "input-specification": "input_format",
    "output-specification": "output_format",
    "note": "notes",
}
# What stands on pages that a site gives instead of the one asked for.
_STRANGERS = {
    "the site asks for a human": (
        *("captcha", "just a moment...", "cf-challenge", "access denied", "ddos protection"),
        *("verify you are human", "checking your browser", "enable javascript and cookies"),
    ),
    "a login page": ('name="handleoremail"', 'type="password"', 'id="enterform"'),
    "the site says that it is down": ("bad gateway", "service unavailable", "gateway time-out"),
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
    text: str  # all of it but the samples
    parts: Parts
    samples: list[tuple[str, str]]
    interactive: bool
    russian: bool
    images: int  # a note's are not counted: it explains samples


def collect(client: Client, address: str = ADDRESS) -> Iterator[Problem | Skipped]:
    """Yield the problems of the problem set, newest contest first, or why one is left out.

    Raises:
        UserError: the site refuses, or its answers are not understood.
    """
    listed = client.get(f"{address}/api/problemset.problems", read_list)
    progress = CrawlProgress("codeforces: problems", len(listed), client)
    for number, entry in enumerate(listed, start=1):
        known = entry if isinstance(entry, dict) else {}
        name = f"{known.get('contestId', f'entry {number}')}/{known.get('index')}"
        yield progress.of(attempt(name, "page", partial(_problem, client, address, entry)))


def _problem(client: Client, address: str, listed: Any) -> Problem:
    entry = parse(Entry, listed, "entry")
    if entry.contestId is None or entry.type != "PROGRAMMING":
        raise Skip("not a problem of a contest")
    if "interactive" in entry.tags:
        raise Skip("interactive")
    if "*special" in entry.tags:
        raise Skip("special round (unusual languages or rules)")
    url = f"{address}/problemset/problem/{entry.contestId}/{entry.index}?locale=en"
    return _problem_of(client.get(url, partial(read_page, entry=entry)), entry)


def problem_from_page(page: str, entry: Entry) -> Problem:
    """Return the problem of a statement page (HTML) and its entry in the API's list.

    Raises:
        Skip: it cannot be posed as a program with text in and out; the text says why.
    """
    return _problem_of(_node(page), entry)


def _problem_of(node: Tag, entry: Entry) -> Problem:
    statement = _statement(node)
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
        **vars(statement.parts.with_tests(statement.samples)),
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
    return _statement(_node(page))


def _node(page: str) -> Tag:
    try:
        soup = BeautifulSoup(page, "html.parser")
    except ParserRejectedMarkup as error:
        raise NotUnderstood("page", detail="not HTML") from error
    node = soup.select_one(".problem-statement")
    if node is None:
        if "acm.sgu.ru" in page or "acmsguru" in page:
            raise Skip("acm.sgu.ru archive (its own layout)")
        if soup.select_one('a[href$=".pdf"], object[type="application/pdf"], embed[src*=".pdf"]'):
            raise Skip("statement is a PDF")
        raise NotUnderstood("page", detail="no element .problem-statement")
    return node


def _title(node: Tag) -> str:
    title = node.select_one(".header .title")
    if title is None:
        raise NotUnderstood("page", detail="no title")
    return title.get_text(" ", strip=True)


def _statement(node: Tag) -> Statement:
    title, header = _title(node), node.select_one(".header")
    assert header is not None  # it holds the title
    samples = []
    for sample in node.select(".sample-tests .sample-test"):
        inputs, outputs = sample.select(".input pre"), sample.select(".output pre")
        if len(inputs) != len(outputs):
            raise NotUnderstood("page", detail="samples without input or output")
        samples += [
            (preformatted(given), preformatted(expected))
            for given, expected in zip(inputs, outputs, strict=True)
        ]
    body, parts = _body(node)
    return Statement(
        title=title,
        time_limit=_seconds(_property(header, "time-limit")),
        memory_limit=_mebibytes(_property(header, "memory-limit")),
        input_file=_property(header, "input-file"),
        output_file=_property(header, "output-file"),
        text=body,
        parts=parts,
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


def _body(node: Tag) -> tuple[str, Parts]:
    """Return the whole text without the samples, and its parts."""
    whole: list[str] = []
    parts: dict[str, list[str]] = defaultdict(list)
    for child in node.find_all("div", recursive=False):
        classes = child.get_attribute_list("class")
        if "header" in classes or "sample-tests" in classes:
            continue
        heading = child.select_one(".section-title")
        if heading is None:
            text = headed = html_to_text(child)
        else:
            name = heading.get_text(" ", strip=True)
            heading.extract()
            text = html_to_text(child)
            headed = f"{name}\n{text}"
            child.insert(0, heading)
        if headed.strip():
            whole.append(headed)
            part = next((_SECTIONS[one] for one in classes if one in _SECTIONS), "statement")
            parts[part].append(headed if part == "statement" else text)
    text = "\n\n".join(whole)
    if not parts["statement"]:  # all of it stands under a heading
        return text, Parts(text)
    return text, Parts(
        statement="\n\n".join(parts["statement"]),
        input_format="\n\n".join(parts["input_format"]),
        output_format="\n\n".join(parts["output_format"]),
        notes="\n\n".join(parts["notes"]),
    )


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


def read_list(body: str) -> list[Any]:
    """Return the entries of the API's list of problems.

    Raises:
        Unusable, NotUnderstood: it is something else.
    """
    answer = parse(_Answer, body, "list of problems")
    if answer.status != "OK":
        raise Unusable(f"the API says: {answer.comment or answer.status}")
    if answer.result is None:
        raise NotUnderstood("list of problems", "result")
    return answer.result.problems


def read_page(page: str, entry: Entry) -> Tag:
    """Return the statement on a page that proves to be the entry's.

    Raises:
        Unusable: it is another problem's page, cut off, or no page of a problem at all.
        Skip: it is the page of a problem whose statement is not on it.
    """
    lower = page.lower()
    try:
        node = _node(page)
        title = _title(node)
    except Skip as error:
        understood = not isinstance(error, NotUnderstood)
        # The list of problems, where the site sends those whom it refuses, links to the archive.
        if understood and entry.name in unescape(page) and 'class="problems"' not in page:
            raise
        found = (what for what, signs in _STRANGERS.items() if any(map(lower.count, signs)))
        raise Unusable(next(found, "no statement on the page")) from error
    if "</html>" not in lower[-2000:]:
        raise Unusable("the page is cut off")
    # Of a problem of two contests the site may show one's page for the other: the name is the same.
    if not (title.startswith(f"{entry.index}.") or (entry.name and entry.name in title)):
        raise Unusable("the page is of another problem", title)
    return node
