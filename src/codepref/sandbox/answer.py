"""The parts of a model's answer: what it says after thinking, fenced blocks, prose.

Everything here takes time in proportion to the text. Patterns are possessive (``*+``), so that none
of them goes back over a run of spaces or backquotes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from codepref.sandbox.source import looks_like_code

PYTHON_TAGS = {"python", "python3", "py", "py3", "python2", "pycon", "ipython", "ipython3"}
_MAX_SEARCHED = 200_000  # characters in which prose is told from code
_MAX_BLOCKS = 100  # of more the last ones count
_MAX_NESTED = 3  # blocks in blocks
_PATIENCE = 8  # how many fences inside strings are looked at in one text

_FENCE = re.compile(r"((?:[ \t>]|[-*+][ \t]|\d{1,3}[.)][ \t])*+)(`{3,}+|~{3,}+)(.*)")
_STATEMENT = re.compile(r"(?:def|class|import|from|async def) \w|@\w|print\(|return\b|\w++ = ")
_STRING = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*+"|\'(?:[^\'\\]|\\.)*+\'|#.*|\\.')
_END_OF_STRING = {quote: re.compile(rf"\\.|{quote}") for quote in ('"""', "'''")}
_END_TOKEN = re.compile(r"<\|\w{1,20}+\|>|</s>")


# --- Thinking and end tokens ----------------------------------------------------------------------


def final_answer(completion: str) -> str | None:
    """Return what a completion says after thinking; None if it never stops thinking."""
    text = completion.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff").rstrip()
    end = len(text)
    while text.endswith(("|>", "</s>"), 0, end):
        token = _END_TOKEN.fullmatch(text, text.rfind("<", 0, end), end)
        if token is None:
            break
        end = token.start()
        while text[end - 1 : end].isspace():
            end -= 1
    text = text[:end]
    for tag in ("think", "thinking", "reasoning"):
        begun = text.lstrip().startswith(f"<{tag}>")
        # Where the prompt has begun the thinking, only its end is there, at the end of a line.
        _, mark, after = text.partition(f"</{tag}>" if begun else f"</{tag}>\n")
        if begun and not mark:
            return None
        text = after if mark else text
    return text


# --- Fenced blocks --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A fenced block's text, its tag ("" if it has none), and whether a fence closes it."""

    text: str
    tag: str
    closed: bool


@dataclass(frozen=True)
class _Fence:
    text: str  # the line, without the code behind the tag
    prefix: str
    mark: str
    tag: str

    def ends(self, opening: "_Fence") -> bool:
        return self.mark.startswith(opening.mark)


def split(text: str, nested: int = 0) -> tuple[list[Block], str]:
    """Return the fenced blocks of a text, and the lines outside them.

    A fence may stand behind a list's or a quotation's marks, at the end of a line, and have code
    behind it. A fence of the same character, at least as long, closes a block; if it has a tag, it
    begins the next one. Fences inside a triple-quoted string that ends are part of the code. A
    block that begins with a fence is replaced by its own blocks.
    """
    lines = [part for line in _tags_as_fences(text).split("\n") for part in _parts(line)]
    blocks: list[Block] = []
    outside: list[str] = []
    position, quote, patience = 0, "", _PATIENCE
    while position < len(lines):
        opening = lines[position]
        position += 1
        if isinstance(opening, str):
            outside.append(opening)
            quote = open_quote(opening, quote)
            continue
        if quote and patience:
            patience -= 1
            if end := _end_of_string(lines, position, quote):
                outside += map(_text, lines[position - 1 : end])
                position, quote = end, ""
                continue
        quote = ""
        end, passed = _end(lines, position, opening, patience)
        patience -= passed
        body = "\n".join(map(_text, lines[position:end]))
        closing = lines[end] if end < len(lines) else None
        if body.strip():
            content = _without_prefix(body, opening.prefix)
            blocks.append(Block(content, opening.tag, closing is not None))
        position = end if isinstance(closing, _Fence) and closing.tag else end + 1
        outside.append("")
    blocks = blocks[-_MAX_BLOCKS:]
    if nested < _MAX_NESTED:
        blocks = [inner for block in blocks for inner in _inner(block, nested + 1)][-_MAX_BLOCKS:]
    return blocks, "\n".join(outside)


def _text(line: "str | _Fence") -> str:
    return line if isinstance(line, str) else line.text


def _end_of_string(lines: list[str | _Fence], start: int, quote: str) -> int:
    """Return the place behind a string with as many fences that open as close; 0: it has not."""
    fences = 1
    for place in range(start, len(lines)):
        fences += isinstance(lines[place], _Fence)
        if not open_quote(_text(lines[place]), quote):
            return 0 if fences % 2 else place + 1
    return 0


def _inner(block: Block, nested: int) -> list[Block]:
    begins_with_fence = block.text.lstrip().startswith(("```", "~~~"))
    return (split(block.text, nested)[0] if begins_with_fence else []) or [block]


def _tags_as_fences(text: str) -> str:
    """Write CodeLlama's ``[PYTHON]...[/PYTHON]`` as fences; where one lacks, drop the other."""
    parts, position = [], 0
    while (start := text.find("[PYTHON]", position)) >= 0:
        if (end := text.find("[/PYTHON]", start)) < 0:
            break
        parts += [text[position:start], "\n~~~~~~python\n", text[start + 8 : end], "\n~~~~~~\n"]
        position = end + 9
    rest = text[position:]
    return "".join([*parts, rest.replace("[PYTHON]", "\n").replace("[/PYTHON]", "\n")])


def _parts(line: str) -> list[str | _Fence]:
    """Return a line's fences, the text before them and the text behind."""
    if "```" not in line and "~~~" not in line:
        return [line]
    if match := _FENCE.match(line):
        prefix, mark, info = match.groups()
        tag, rest = _tag_and_rest(info.strip())
        opening = _Fence(line if not rest else prefix + mark + tag, prefix, mark, tag)
        if mark[0] not in info:
            return [opening, *([rest] if rest else [])]
        if rest.endswith(mark) and rest.count(mark[0]) == len(mark):  # a block in one line
            return [opening, rest[: -len(mark)], _Fence(mark, "", mark, "")]
        return [line]
    last = line.rfind("`") + 1
    mark, tag = "`" * line.count("`"), line[last:].strip()
    glued = len(mark) >= 3 and line[:last].endswith(mark) and (not tag or tag.isalnum())
    return (
        [line[: last - len(mark)], _Fence(line[last - len(mark) :], "", mark, tag.lower())]
        if glued
        else [line]
    )


def _tag_and_rest(info: str) -> tuple[str, str]:
    """Return the tag and the code (or prose) on a fence's line."""
    if not info:
        return "", ""
    word, _, rest = info.partition(" ")
    tag = word.strip("{}.:").lower()
    if _STATEMENT.match(info) or (rest and tag not in PYTHON_TAGS):
        return "", info
    return tag, rest if _STATEMENT.match(rest) else ""


def _end(lines: list[str | _Fence], start: int, opening: _Fence, patience: int) -> tuple[int, bool]:
    """Return the place of a block's closing fence, and whether a fence in a string was met."""
    quote, in_string = "", None
    for place in range(start, len(lines)):
        line = lines[place]
        if isinstance(line, str):
            quote = open_quote(line, quote)
        elif line.ends(opening) and not quote:
            return place, in_string is not None
        elif line.ends(opening) and in_string is None:
            in_string = place
            if not patience:
                break
    end = in_string if in_string is not None and (quote or not patience) else len(lines)
    return end, in_string is not None


def _without_prefix(text: str, prefix: str) -> str:
    """Take the fence's indentation or quotation marks off a block's lines."""
    lines = text.split("\n") if prefix else []
    if depth := prefix.count(">"):
        marks = re.compile(rf"(?:[ \t]*+>[ \t]?){{0,{min(depth, 20)}}}+")
        text = "\n".join(marks.sub("", line, count=1) for line in lines)
    elif prefix and all(line.startswith(prefix) for line in lines if line.strip()):
        text = "\n".join(line[len(prefix) :] for line in lines)
    return without_tag(text)


def without_tag(text: str) -> str:
    """Return a text without a first line that is nothing but a tag."""
    first, _, rest = text.lstrip("\n").partition("\n")
    return rest if first.strip().lower() in PYTHON_TAGS else text


def open_quote(line: str, quote: str) -> str:
    """Return the triple quote that is open behind a line, given the one before it ("": none)."""
    if '"""' not in line and "'''" not in line:
        return quote
    position = 0
    while match := (_END_OF_STRING[quote] if quote else _STRING).search(line, position):
        position = match.end()
        if match.group() in _END_OF_STRING:
            quote = "" if quote else match.group()
    return quote


# --- Prose ----------------------------------------------------------------------------------------

_WORD = r"[A-Za-z\d][\w'’-]*+"
_SENTENCE_START = (  # a capital, and not code that was written with one
    r"(?!(?i:import \w++(?: as \w++)?$|from \w++ import|class \w++ ?[:(]|def \w|print ?[\d(\"']"
    r"|(?:else|try|finally) ?:|except\b|elif\b|for \w++(?:, ?\w++)*+ in |return \S*+$"
    r"|(?:if|while|with) \w++ ?[<>=!(\[:]))[A-Z][\w'’-]*+"
)
_PROSE = re.compile(
    r"[<>|$?!]|%\w|//|[-*_=^]{3,}+$"  # tags, quotations, tables, formulas, commands, rules
    r"|[-*+•–—][ \t]|\d{1,3}[.)](?:[ \t]|$)|\#{2,}|\*\*|\\[(\[]|\[/?[A-Z]{2,}\]"
    rf"|{_SENTENCE_START}(?:"
    rf"(?:,? {_WORD})*+(?::(?: (?![\w.]++ = )|$)|[.!?]+$)"  # Label: or Sentence.
    rf"|(?: {_WORD})++$"  # A title
    rf"|,?(?: {_WORD},?){{2}}"  # Three words
    rf"|,? {_WORD} .*[.!?]$|,? [^=]*[.!?:]$|[^=]* [a-z]++[.!?]$)"  # A sentence, with O(n) in it.
)
_LOWER_CASE = re.compile(
    r"(?!(?:print|exec|def|class|return|import|async|await|try|else|elif|except|finally|while|raise"
    r"|assert|del|global|nonlocal|yield|pass|break|continue|lambda|if|for|with|from)\b)"
    rf"[a-z][\w'’-]*+,?(?:(?: {_WORD},?){{3}}|(?: {_WORD},?)++[.!?]$|[!?]$)"
)
_KEYWORD = re.compile(r"\b(?:if|else|in|is|not|and|or|for|from|import|as|with|lambda)\b")
_DATA_FOLLOWS = re.compile(
    r">>>|<jupyter_(?:output|text)>|(?:\*\*)?(?:(?:Sample|Example|Expected) )?(?:Input|Output)s?\b"
)
_PROMPT = re.compile(r"[ \t]*+(?:>>>|\.\.\.)(?: (.*)|$)")
_PROMPTED_CODE = re.compile(r"^[ \t]*+>>> ?(?:def|class|import|from|@)", re.M)
_DEFINITION = re.compile(r"^[ \t]*+(?:def|class) ", re.M)
_QUOTED_CODE = re.compile(r"^> ?(?:def|class|import|from|@)", re.M)
# Labels are prose also where they happen to be Python ("Output: 3", "Done").
_ALWAYS = re.compile(
    r"^(?:(?:Input|Output|Explanation|Example|Note|Usage|Result|Answer|Complexity|Solution|Time"
    r"|Space)s?(?::.*|)|Sure|Done)$",
    re.M,
)


def _is_prose(line: str) -> bool:
    """Return whether a line, not part of a statement, is nothing that was meant as code."""
    if line.startswith("#") and not line.startswith("##"):
        return False
    if _PROSE.match(line) or _ALWAYS.match(line):
        return True
    if ord(line[0]) > 127:  # other scripts, signs; but "π = 3" is code
        return not re.match(r"\w{1,8} ?=", line)
    if "`" in _STRING.sub("", line):
        return True
    words = _LOWER_CASE.match(line.lstrip(':=;," '))
    return words is not None and len(_KEYWORD.findall(words.group())) < 2


def readings(text: str, bare: bool) -> Iterator[str]:
    """Yield what the code in a text may be: the text itself first, then without prose.

    Args:
        text: a block's text, or an answer's outside its blocks.
        bare: it is the latter, where labels are prose even if they are Python.
    """
    text = without_tag(text).strip("\n").rstrip()
    if len(text) > _MAX_SEARCHED or not (bare and _ALWAYS.search(text)):
        yield text
        moved = dedent(text), text.lstrip("\ufeff \t")
        yield from moved if text.startswith("  ") else moved[::-1]  # one space: of the tokenizer
    if len(text) > _MAX_SEARCHED:
        return
    if _PROMPTED_CODE.search(text) and not _DEFINITION.search(text):  # a session at Python's prompt
        prompted = (_PROMPT.match(line) for line in text.split("\n"))
        yield "\n".join(match.group(1) or "" for match in prompted if match)
        return
    pieces = pieces_of_code(text)
    yield "\n\n".join(map(dedent, pieces))
    yield dedent("\n".join(pieces))


def pieces_of_code(text: str) -> list[str]:
    """Return what stands between lines of prose."""
    pieces = _without_prose(text) if len(text) <= _MAX_SEARCHED else ()
    return ["\n".join(piece).rstrip() for piece in pieces if piece]


def dedent(text: str) -> str:
    """Take off the indentation that all lines have (as ``textwrap``, but nothing else)."""
    lines = text.split("\n")
    width = min((_indentation(line) for line in lines if line.strip()), default=0)
    return "\n".join(line[width:] for line in lines) if width else text


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def _without_prose(text: str) -> Iterator[list[str]]:
    """Yield the lines between lines of prose. What is deeper than a line of code belongs to it."""
    if _QUOTED_CODE.search(text):
        text = re.sub(r"^> ?", "", text, flags=re.M)
    piece: list[str] = []
    depth, quote, data = -1, "", False
    for line in text.split("\n"):
        stripped = line.strip()
        deeper = 0 <= depth < _indentation(line)
        if not stripped:
            data = False
        elif not (quote or deeper):
            if _is_prose(stripped) or (data and not looks_like_code(stripped)):
                data = data or bool(_DATA_FOLLOWS.match(stripped))
                yield piece
                piece, depth = [], -1
                continue
            depth, data = _indentation(line), False
        if stripped or piece:
            piece.append(line)
            quote = open_quote(line, quote)
    yield piece
