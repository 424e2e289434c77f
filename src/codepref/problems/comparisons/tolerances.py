"""The error that a statement allows in its answers' numbers, in whatever spelling."""

import re
from collections.abc import Iterable

from codepref.records import Comparison

# A small number as sites and data sets write it: 10^{-6}, 10^(- 6), 10⁻⁶, 10**-6, "10 - 6" (its
# raised part lost), 5·10^-5, 1e-6, 2.5e - 6, 0.000001, 0.005, 1/1000.
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SMALL = (
    r"(?<![\d.])(?:(?:(?P<times>\d(?:\.\d+)?)\s*[*·×]\s*)?"
    r"10\s*(?:\^|\*\*)?\s*\(?\s*-\s*(?P<power>\d{1,2})(?![\d.]*\d)"
    r"|(?P<mantissa>\d(?:\.\d+)?)\s*e\s*-\s*(?P<exponent>\d{1,2})(?!\d)"
    r"|(?P<decimal>(?:0[.,]|(?<!\w)\.)(?:0*1|00+[2-9]))(?![\d%])"
    r"|1\s*/\s*(?P<share>10+)(?!\d))"
)
_ABOUT_ERROR = (
    r"\b(?:errors?|precis\w+|accura\w+|toleran\w+|differs?|difference|within|deviat\w+|inaccura\w+|"
    r"(?:answers?|solutions?|outputs?|results?)\b[^.]{0,60}\b(?:accepted|correct|ok|right))\b"
)
_DIGITS = (
    r"(?:at least|no less than|not less than|accura\w+|precis\w+|correct)\D{0,40}?"
    r"\b(?P<digits>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)\b"
    r"(?: significant| exact| correct)?"
    r" (?:digits?|decimals?|places|(?:numbers|signs|figures) after)"
)
_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
# Numbers of the input are written with so many digits, too; that allows no error.
_ABOUT_INPUT = r"\b(?:given|input|contains?|specified|described)\b"
_ABOUT_OUTPUT = (
    r"\b(?:prints?|outputs?|answers?|results?|display|write|written|return|your|error)\b"
)
_DECIMAL = re.compile(r"[+-]?\d+\.(\d+)(?:[eE][+-]?\d+)?")
_FINEST = 12  # digits
# With no error stated: so many digits at least say that the answer is a computed real number.
_COMPUTED, _DEFAULT, _ROUNDING = 6, 1e-6, 1e-9


def stated_tolerance(statement: str) -> Comparison | None:
    """Return ``close`` with the error that the statement allows, or None if it states none.

    "Absolute" or "relative" alone is taken at its word; the other one is then 1e-9.

    >>> stated_tolerance("Absolute or relative error must not exceed 10^(- 4).").absolute_tolerance
    0.0001
    """
    for sentence in _sentences(statement):
        if re.search(_ABOUT_ERROR, sentence) and (match := re.search(_SMALL, sentence)):
            return _close(_value(match), sentence)
    for sentence in _sentences(statement):
        about_output = re.search(_ABOUT_OUTPUT, sentence)
        if not about_output or re.search(_ABOUT_INPUT, sentence[: about_output.start()]):
            continue
        if match := re.search(_DIGITS, sentence):
            digits = match["digits"]
            power = int(digits) if digits.isdigit() else _NUMBERS.index(digits) + 1
            return _close(float(f"1e-{power}"), sentence)
    return None


def _value(match: re.Match[str]) -> float:
    found = match.groupdict()
    if found["decimal"]:
        return float(found["decimal"].replace(",", "."))
    if found["share"]:
        return 1 / float(found["share"])
    factor = found["times"] or found["mantissa"] or 1
    return float(f"{factor}e-{found['power'] or found['exponent']}")


def default_tolerance(outputs: Iterable[str]) -> Comparison | None:
    """Return how expected outputs with decimal numbers compare where no error is stated.

    Numbers with six digits or more after the point are computed: 1e-6, absolute or relative. Fewer
    digits are a rounding: half a unit of the last one. None: there are no decimal numbers.
    """
    digits = [
        len(match[1])
        for output in outputs
        for token in output.split()
        if (match := _DECIMAL.fullmatch(token))
    ]
    if not digits:
        return None
    if max(digits) >= _COMPUTED:
        return _tolerance(_DEFAULT, _DEFAULT)
    # A little more than half, since 0.125 is half a unit from 0.12 and 0.13 alike.
    return _tolerance(0.500001 * 10.0 ** -max(digits), _ROUNDING)


def _sentences(statement: str) -> list[str]:
    text = statement.lower().translate(_SUPERSCRIPTS)
    text = re.sub(r"[−–—‑]", "-", text)
    # LaTeX's own signs, and brackets around a power.
    text = re.sub(r"\\(?:text|mathrm|mathit)\b|\\[,;! ]|[${}~\\]|</?sup>", "", text)
    return re.split(r"(?<=[^\d\s])\.\s|(?<=\d)\.\s+(?=[a-z])|\n\s*\n|[!?]\s", text)


def _close(tolerance: float, sentence: str) -> Comparison:
    tolerance = max(tolerance, 10.0**-_FINEST)
    absolute, relative = "absolute" in sentence, "relative" in sentence
    if absolute == relative:
        # A digit or two after the point are no relative error of some per cent.
        return _tolerance(tolerance, tolerance if relative or tolerance < 0.002 else _ROUNDING)
    if absolute:
        return _tolerance(tolerance, min(tolerance, _ROUNDING))
    return _tolerance(min(tolerance, _ROUNDING), tolerance)


def _tolerance(absolute: float, relative: float) -> Comparison:
    return Comparison(kind="close", absolute_tolerance=absolute, relative_tolerance=relative)
