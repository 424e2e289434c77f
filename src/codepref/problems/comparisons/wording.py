"""What a statement's sentences on the output say: any of several answers, in any order."""

import re
from collections.abc import Sequence

_QUALITY = (
    r"(?:valid|correct|possible|optimal|suitable|such|appropriate|acceptable|right|good|single|"
    r"other|one)"
)
_GROUPS = r"(?:of (?:them|these|those|the \w+(?: \w+){0,2}))"
# What may be one of several answers: never "any order", "any case", "any number of times".
_THING = (
    rf"(?:{_GROUPS}|answers?|solutions?|arrays?|strings?|permutations?|sequence|subsequence|matrix|"
    r"arrangement|rearrangement|set|subset|way|path|tree|graph|pair|triple|grid|table|word|list|"
    r"peak|duplicated|plan|assignment|partition|colou?ring|schedule|choice|method|representation|"
    r"\[|\w+-like|cycle|bracket|combination|tuple|configuration|construction|strategy)"
)
_SUCH = rf"(?:{_QUALITY} )+(?:\w+|\[)"
_SAY = r"(?:print|output|return|report|write|display)"
_MAKE = rf"(?:{_SAY}|construct|find|provide|recover|restore|give|consider|name)"
_NO_CHOICE = (
    r"(?! (?:order|case|register|number|amount|time|letters?|of the (?:letters?|characters)|"
    r"non-|way you))"
)
_FILLING = (
    r" (?:in|one|a|the|single|line|lines|each|you|of|your|for|me|to|us|just|and|or|exactly|"
    r"containing)"
)
_ACCEPTED = r"(?:accepted|acceptable|(?:judged|considered)(?: as)? correct)"
_SEVERAL_ANSWERS = (
    r"\b(?:multiple|several|many|more than one|different|various|a lot of|multiples)\b"
    r"(?: [\w-]+){0,3} (?:answers?|solutions?|outputs?|ways|variants|options|possibilities|them|"
    r"[\w-]+s|matrices|vertices|indices)\b"
)
_SEVERAL = re.compile(
    "|".join(
        [
            # "print any valid string", "output in one line any permutation", "return any peak"
            rf"\b{_MAKE}(?: out)?(?:{_FILLING}){{0,5}},? (?:any|either){_NO_CHOICE}"
            rf"(?: {_QUALITY})*(?: {_THING}|[.,;)]|$)",
            rf"\b{_MAKE}(?: the \w+ of)? any {_SUCH}",
            rf"(?<!not )(?<!n't )\b{_SAY} any{_NO_CHOICE} [\w\[]",
            # "output n integers — any suitable matrix", "one line containing any permutation"
            rf"\b{_SAY}\b[^.]{{1,120}}(?: [—–:-]+| containing| consisting of| representing|,) any "
            rf"(?:(?:{_QUALITY} )*{_THING}|{_SUCH})",
            # "if there are multiple answers, ... any of them"
            rf"{_SEVERAL_ANSWERS}[^.]{{0,90}}(?:\.|,)?[^.]{{0,30}}"
            rf"\b(?:{_MAKE}|you (?:can|may) choose|accept)"
            rf"(?:(?: \w+)? (?:any|either|one of)|(?: \w+){{1,4}} any of){_NO_CHOICE}",
            # "any of them is accepted", "any answer which ... will be accepted"
            rf"\bany(?: of (?:them|these|those))?(?: {_QUALITY})?(?: \w+){{0,2}}{_NO_CHOICE} "
            rf"(?:is|are|will be|would be|can be) {_ACCEPTED}\b",
            rf"\bany (?:{_QUALITY} )?(?:answers?|solutions?|outputs?)\b(?:(?!error).){{0,80}}"
            rf"\b{_ACCEPTED}\b",
            # An order that is bound by a condition.
            r"\bin any order (?:that|such that|which|as long as)\b",
            # "you may return any of them"
            rf"\b(?:you|we) (?:may|can) (?:also )?{_SAY} (?:any|either){_NO_CHOICE}"
            rf"(?= {_THING}|[.,;]|$| {_QUALITY})",
            r"\banswers? (?:is|are|may) not (?:be )?(?:necessarily )?unique\b",
            rf"\b{_SAY} (?:whichever|whatever|the one)(?: \w+)? you (?:like|want|prefer|wish)\b",
            rf"\b(?:judges?|checkers?|graders?|system|we) (?:will )?accepts? any{_NO_CHOICE} \w",
        ]
    )
)
_ANOTHER_OUTPUT = re.compile(
    r"\bany (?:other )?(?:valid|correct) outputs?\b|"
    r"\balso (?:valid|correct|accepted) (?:to (?:output|print)|answers?|outputs?)\b"
)
# "Print NO if there is none, otherwise print YES and n integers": whatever fits.
_CONSTRUCTED = re.compile(
    r"(?:otherwise|in (?:that|this) case|if (?:there (?:is|are|exists?)|such|the answer|you can|"
    r"it is possible|a (?:good|valid))[^.]{0,60}),? (?:then )?(?:you should |on the next line |"
    r"in the (?:first|next|second) line,? )?(?:print|output)[^.]{0,60}\b(?:n|m|k|two|three|four|2n|"
    r"n[^ ]{0,12}m|the) (?:other |distinct |space-separated |positive |non-negative |lines |"
    r"weights? |description |labels? )*(?:integers?|numbers?|characters|lines|permutations?|"
    r"strings?|edges|indexes|indices|weights?)"
)
_NONE_MAY_EXIST = re.compile(
    r"\b(?:impossible|no such|does not exist|not possible|no solutions?|no)\b|-1"
)
_ONE_IS_NAMED = re.compile(
    r"lexicographical|\bunique|\bquer(?:y|ies)\b|\beach k\b|\bfor each of|modulo|"
    r"\b(?:smallest|minimal|largest|maximal) (?:such|possible)"
)
_FREE_ORDER = re.compile(
    r"\b(?:in|with) (?:any|whatever|whichever|(?:an |any )?arbitrary|random) order\b|"
    r"\bin no (?:particular|specific|special|certain|fixed) order\b|"
    r"\border\b[^.,;]{0,60}\b(?:is irrelevant|(?:is|can be|may be) arbitrary)\b|"
    r"\b(?:do not|don't|does not|need not)(?: need| have)?(?: to)? "
    r"(?:preserve|keep|maintain|respect) the (?:\w+ )?order\b|"
    r"\bany order (?:is|are|will be|would be) (?:accepted|fine|ok|allowed)|"
    r"\border\b[^,;]{0,60}\b(?:does not|doesn't|do not|don't|is not|will not)"
    r" (?:matter|important|be considered)"
)
_OUTPUT = re.compile(
    rf"\b(?:{_SAY}(?:s|ed|ing|ten)?|answers?|outputs?|printed|returned|written|listed|"
    r"displayed|the result|"
    r"order of (?:the )?(?:lines|edges|pairs))\b"
)
# Before "in any order": a way to the answer, not the answer.
_BY_STEPS = re.compile(
    r"\b(?:after|by \w+ing|applying|operations?|perform\w*|rearrang\w+|choos\w+|select\w+|"
    r"replac\w+|concatenat\w+|swap\w*|removing|shuffl\w+|permutation is)\b"
)


def sentences(statement: str) -> list[str]:
    """Return a statement's sentences, in lower case and with plain spaces."""
    text = statement.lower().replace("’", "'")
    # A line of a paragraph goes on in the next.
    text = re.sub(r"(?<=[a-z,])[ \t]*\n(?=[a-z(])", " ", text)
    parts = re.split(r"(?<=[.!?:;])\s+|\s*\n\s*", text)
    return [" ".join(part.split()) for part in parts if part.strip()]


def about_output(sentence: str) -> bool:
    """Tell whether a sentence speaks of what is returned or printed."""
    return bool(_OUTPUT.search(sentence))


def accepts_several(parts: Sequence[str]) -> bool:
    """Tell whether a sentence, or two that follow each other, let one choose an answer."""
    pairs = zip(parts, [*parts[1:], ""], strict=False)
    return any(_SEVERAL.search(f"{one} {after}") for one, after in pairs)


def shows_another(sentence: str) -> bool:
    """Tell whether a sentence says that another output than the one shown is right, too."""
    return bool(_ANOTHER_OUTPUT.search(sentence))


def frees_order(sentence: str) -> bool:
    """Tell whether a sentence about the output says that the order in it does not count."""
    found = _FREE_ORDER.search(sentence)
    if not found or not about_output(sentence) or "will lead to" in sentence:
        return False
    return not _BY_STEPS.search(sentence[: found.end()])


def asks_to_construct(statement: str) -> bool:
    """Tell whether a statement asks for some object if there is one, and names no certain one."""
    text = " ".join(statement.lower().split())
    found = _CONSTRUCTED.search(text) and _NONE_MAY_EXIST.search(text)
    return bool(found) and not names_one(text)


def names_one(statement: str) -> bool:
    """Tell whether one of all possible answers is asked for by name, or many questions are asked.

    "The lexicographically smallest" is such a name; numbers per query have nothing to choose.
    """
    return bool(_ONE_IS_NAMED.search(statement.lower()))
