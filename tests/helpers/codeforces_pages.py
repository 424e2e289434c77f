"""Pages in Codeforces' own markup around given content, for tests that need whole pages."""

from collections.abc import Sequence
from html import escape
from typing import Any

FOOT = "</div></body></html>"


def page(
    title: str = "A. Watermelon",
    time_limit: str = "1 second",
    memory_limit: str = "64 megabytes",
    statement: str = "<p>Divide the watermelon.</p>",
    input_text: str = "<p>One integer.</p>",
    output_text: str = "<p>Print YES or NO.</p>",
    samples: Sequence[tuple[str, str]] = (("8\n", "YES\n"),),
    note: str | None = None,
    input_file: str = "standard input",
    output_file: str = "standard output",
    labels: tuple[str, str, str, str] = (
        "time limit per test",
        "memory limit per test",
        "input",
        "output",
    ),
    extra_section: str = "",
    form: str = "plain",
) -> str:
    """Return a statement page; ``form`` is how samples are written: plain, br, or divided."""
    shown = "".join(
        f'<div class="input"><div class="title">Input</div>{pre(given, form)}</div>'
        f'<div class="output"><div class="title">Output</div>{pre(expected, form)}</div>'
        for given, expected in samples
    )
    notes = f'<div class="note"><div class="section-title">Note</div>{note}</div>' if note else ""
    return (
        "<!DOCTYPE html><html><head><title>Problem</title></head><body><div id='pageContent'>"
        '<div class="problem-statement"><div class="header">'
        f'<div class="title">{escape(title)}</div>'
        f"{_property('time-limit', labels[0], time_limit)}"
        f"{_property('memory-limit', labels[1], memory_limit)}"
        f"{_property('input-file', labels[2], input_file)}"
        f"{_property('output-file', labels[3], output_file)}</div>"
        f"<div>{statement}</div>"
        f'<div class="input-specification"><div class="section-title">Input</div>{input_text}</div>'
        '<div class="output-specification"><div class="section-title">Output</div>'
        f"{output_text}</div>{extra_section}"
        '<div class="sample-tests"><div class="section-title">Examples</div>'
        f'<div class="sample-test">{shown}</div></div>{notes}</div>{FOOT}'
    )


def pre(text: str, form: str) -> str:
    """Return a sample's text in one of the three forms the site has used."""
    if form == "html":  # it is HTML already
        return f"<pre>{text}</pre>"
    if form == "br":
        return f"<pre>{escape(text).replace(chr(10), '<br/>')}</pre>"
    if form == "divided":
        lines = "".join(
            f'<div class="test-example-line test-example-line-{number % 2}">'
            f"{escape(line) or '<br/>'}</div>"
            for number, line in enumerate(text.rstrip("\n").split("\n"))
        )
        return f"<pre>\n{lines}</pre>"
    return f"<pre>\n{escape(text)}</pre>"


def page_of_raw_example(raw: dict[str, Any]) -> str:
    """Return a page around the HTML that was scraped from a real one."""
    return page(
        title=raw["title"],
        time_limit=f"{raw['timeLimit']['value']:g} {raw['timeLimit']['unit']}",
        memory_limit=f"{raw['memoryLimit']['value']:g} {raw['memoryLimit']['unit']}",
        statement=raw["statement"],
        input_text=raw["inputSpecification"],
        output_text=raw["outputSpecification"],
        samples=[(sample["input"], sample["output"]) for sample in raw["samples"]],
        note=raw["note"],
        form="html",
    )


def _property(name: str, label: str, value: str) -> str:
    return f'<div class="{name}"><div class="property-title">{label}</div>{escape(value)}</div>'
