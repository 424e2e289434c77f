"""Building a completion token by token: its text, and where it may end before the model does."""

import re
from typing import Any

from codepref.chat_template import end_of_turn
from codepref.sampling.engine import Completion, Decoding
from codepref.sandbox.solution_end import ENDING, solution_end

_FENCED_BLOCK = re.compile(
    r"^[ ]{0,3}(?P<fence>`{3,})[^`\n]*\n(?:.*\n)*?[ ]{0,3}(?P=fence)`*[ \t]*$", re.MULTILINE
)
_CLOSING_FENCE = re.compile(r"^[ ]{0,3}`{3,}[ \t]*$", re.MULTILINE)
# The last tokens of the prompt are decoded together with the completion: sentencepiece tokenizers
# drop the space before the first token they decode.
_CONTEXT = 4


def code_block_end(text: str, inside_block: bool = False) -> int | None:
    """Return where the first fenced code block ends (after its closing fence), or None.

    ``inside_block``: the text starts inside a block that the prompt opened.
    """
    found = _CLOSING_FENCE.search(text) if inside_block else _FENCED_BLOCK.search(text)
    return found.end() if found else None


class TextDecoder:
    """What is needed of a tokenizer to follow completions token by token."""

    def __init__(self, tokenizer: Any, end_tokens: set[int]) -> None:
        assert end_of_turn(tokenizer) in end_tokens, "samples would not stop where turns end"
        self._tokenizer = tokenizer
        self.end_tokens = end_tokens
        numbers = tokenizer.get_vocab()
        self._with_backtick = {numbers[piece] for piece in numbers if has_sign(piece, "`")}
        self._with_ending = {
            numbers[piece] for piece in numbers if any(has_sign(piece, sign) for sign in ENDING)
        }

    def may_close_block(self, token: int) -> bool:
        """Return whether the token can be (part of) a fence: only then is the text looked at."""
        return token in self._with_backtick

    def may_end_solution(self, token: int) -> bool:
        """Return whether a solution may be found to have ended with the token (``ENDING``)."""
        return token in self._with_ending

    def text(self, context: list[int], tokens: list[int]) -> str:
        """Return the exact text of ``tokens`` when they follow ``context``."""
        plainly = {"skip_special_tokens": True, "clean_up_tokenization_spaces": False}
        before = self._tokenizer.decode(context, **plainly)
        return self._tokenizer.decode(context + tokens, **plainly)[len(before) :]


class CompletionBuilder:
    """Builds a completion from tokens, until ``add`` says that it is finished."""

    def __init__(
        self,
        decoder: TextDecoder,
        prompt: list[int],
        decoding: Decoding,
        entry_point: str | None = None,
    ) -> None:
        self._decoder, self._decoding = decoder, decoding
        stops = decoding.inside_block and decoding.stop_at != "end"
        self._entry_point = entry_point if stops else None
        self._followed, self._text_followed = 0, ""  # tokens that were decoded so far, their text
        self._last_line = 0  # where it begins in that text: what stands before was looked at
        self._context = prompt[-_CONTEXT:]
        self._tokens: list[int] = []
        self.drawn: list[int] = []  # as drawn, the end token included: what training scores
        self._finished: Completion | None = None

    def add(self, token: int) -> bool:
        """Add the next token; return whether the completion is finished with it."""
        self.drawn.append(token)
        if token in self._decoder.end_tokens:
            return self._finish("stop", self._text())
        self._tokens.append(token)
        if self._decoding.stop_after_code and self._decoder.may_close_block(token):
            text = self._text()
            end = code_block_end(text, self._decoding.inside_block)
            if end is not None:
                return self._finish("stop", text[:end])
        if self._entry_point and self._decoder.may_end_solution(token):
            text, stop_at = self._follow(), self._decoding.stop_at
            end = solution_end(text, self._entry_point, stop_at, self._last_line)
            if end is not None:
                return self._finish("solution", self._text()[:end])
            self._last_line = text.rfind("\n") + 1
        if len(self._tokens) == self._decoding.max_tokens:
            return self._finish("length", self._text())
        return False

    def completion(self) -> Completion:
        """Return the finished completion."""
        assert self._finished is not None, "the completion is still under way"
        return self._finished

    def _text(self) -> str:
        return self._decoder.text(self._context, self._tokens)

    def _follow(self) -> str:
        """Return the text so far, decoding only what is new: every few tokens it is looked at."""
        place = self._followed
        context = [*self._context, *self._tokens[max(0, place - _CONTEXT) : place]][-_CONTEXT:]
        self._text_followed += self._decoder.text(context, self._tokens[place:])
        self._followed = len(self._tokens)
        return self._text_followed

    def _finish(self, reason: Any, text: str) -> bool:
        self._finished = Completion(text, len(self._tokens), reason)
        return True


def has_sign(piece: str, sign: str) -> bool:
    """Return whether a vocabulary's piece has an ASCII sign, in whichever way it is written.

    Byte-level vocabularies write a line feed as ``U+010A``, sentencepiece a byte as ``<0x0A>``.
    """
    written = chr(ord(sign) + 0x100) if sign < " " else sign
    return written in piece or sign in piece or piece == f"<0x{ord(sign):02X}>"


def end_tokens(tokenizer: Any, configured: int | list[int] | None) -> set[int]:
    """Return every token that ends a response.

    That is above all the one that ends a turn in the chat template, with which training ends a
    response. Others are the tokenizer's end of sequence and those ``configured`` for the model
    (``eos_token_id`` of its generation configuration).
    """
    several = configured if isinstance(configured, list) else [configured]
    ends = {end_of_turn(tokenizer), tokenizer.eos_token_id, *several}
    return {token for token in ends if token is not None}
