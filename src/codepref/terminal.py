"""Text for terminals of any encoding: what one cannot show is written plainly, not refused."""

import codecs
import locale
import sys
import unicodedata
from typing import TextIO

_PLAIN = {
    "–": "-", "—": "-", "−": "-", "…": "...", "→": "->", "×": "x", "±": "+-", "≤": "<=", "≥": ">=",
    "β": "beta", "†": "+", "“": '"', "”": '"', "‘": "'", "’": "'", "·": ".", "█": "#",
    "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss",
}  # fmt: skip


def plain(text: str) -> str:
    """Return a text in ASCII: the nearest letters and signs, else question marks."""
    return "".join(_PLAIN.get(one) or _without_accents(one) or "?" for one in text)


def _without_accents(character: str) -> str:
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain(error.object[error.start : error.end]), error.end


codecs.register_error("plain", _replace)


def show_plainly(*streams: TextIO) -> None:
    """Let streams show every text: in a terminal's own encoding, also in Python's UTF-8 mode."""
    for stream in streams or (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a test's stream has none
        if reconfigure is not None:
            encoding = locale.getencoding() if stream.isatty() else stream.encoding
            reconfigure(encoding=encoding, errors="plain")
