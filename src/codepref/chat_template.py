"""A model's chat template: the text of a conversation, and the token that ends a turn."""

import hashlib
import string
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from codepref.errors import UserError
from codepref.records import Message

# Some templates write today's date into the system message. They are rendered at this one, which
# Llama's templates have as their default, so that a prompt is the same on every day.
TEMPLATE_DATE = datetime(2024, 7, 26, tzinfo=UTC)
_DATE_FUNCTION = "strftime_now"  # as transformers offers it to templates

# Stands for a message's text where the text around it is asked for; no template changes letters.
_PROBE = "TheTextOfTheMessage"


def chat_text(tokenizer: Any, messages: Sequence[Message], open_answer: bool = False) -> str:
    """Return a conversation as the model's own chat template writes it.

    Args:
        tokenizer: of the model.
        messages: the conversation.
        open_answer: end with what begins the assistant's answer.

    Raises:
        UserError: the template fails, or what it writes lacks the text of a message.
    """
    template = tokenizer.get_chat_template()
    if _DATE_FUNCTION in template:
        template = _fixed_date() + template
    turns = [message.model_dump() for message in messages]
    try:
        text: str = tokenizer.apply_chat_template(
            turns, chat_template=template, add_generation_prompt=open_answer, tokenize=False
        )
    except Exception as error:  # templates raise any kind of error
        raise UserError(f"the chat template fails ({error})") from error
    for message in messages:
        if message.content.strip() not in text:  # templates may strip it
            raise UserError(
                f"the chat template writes the {message.role}'s message without its text, or with "
                "another (is it one that takes content as a list of parts?); put a "
                "chat_template.jinja that takes texts into the model folder"
            )
    return text


def _fixed_date() -> str:
    """Return the beginning of a template in which ``strftime_now`` gives the fixed date.

    A macro, since transformers passes no function on to templates. The line end is one that
    templates drop (trim_blocks): what follows stands at the start of a line, as it did.
    """
    codes = [f"%{flag}{letter}" for letter in string.ascii_letters for flag in ("", "-")]
    written = {code: TEMPLATE_DATE.strftime(code) for code in codes}
    replaced = "".join(
        f"|replace('{code}','{text}')" for code, text in written.items() if "%" not in text
    )
    return f"{{% macro {_DATE_FUNCTION}(format) %}}{{{{ format{replaced} }}}}{{% endmacro %}}\n"


def template_date(tokenizer: Any) -> str | None:
    """Return the date (ISO) that the model's template writes; None: it asks for none."""
    asks = _DATE_FUNCTION in tokenizer.get_chat_template()
    return TEMPLATE_DATE.date().isoformat() if asks else None


def template_sha256(tokenizer: Any) -> str:
    """Return what names a model's chat template in records: 12 hex digits of its SHA-256."""
    return hashlib.sha256(tokenizer.get_chat_template().encode()).hexdigest()[:12]


def end_of_turn(tokenizer: Any) -> int:
    """Return the token that ends the assistant's turn: where samples stop and training ends.

    It is the token that the model's own chat template writes behind an answer (white space between
    them is the answer's), or the end-of-sequence token where the template writes nothing there.

    Raises:
        UserError: the template writes a text there that is no token of its own, or nothing and
            there is no end-of-sequence token.
    """
    turns = [Message(role="user", content="q"), Message(role="assistant", content=_PROBE)]
    name = tokenizer.name_or_path
    try:
        text = chat_text(tokenizer, turns)
    except UserError as error:
        raise UserError(f"{name}: {error}") from error
    closing = text[text.rindex(_PROBE) + len(_PROBE) :].strip()
    if not closing:
        if tokenizer.eos_token_id is None:
            raise UserError(
                f"{name}: nothing ends a turn: the chat template writes no token behind an answer, "
                "and the tokenizer has no end-of-sequence token; name one in the template"
            )
        return int(tokenizer.eos_token_id)
    first = int(tokenizer(closing, add_special_tokens=False)["input_ids"][0])
    # transformers 5 counts only tokens with a role (and "extra" ones) in all_special_ids; a ChatML
    # <|im_end|> may be known by nothing but its entry among the added tokens.
    if first not in {*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder}:
        raise UserError(
            f"{name}: the chat template writes {closing!r} behind an answer, which doesn't begin "
            "with a special token of the tokenizer: no sample would end there; let the template "
            "end the assistant's turn with one (eos_token)"
        )
    return first
