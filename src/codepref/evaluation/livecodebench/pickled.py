"""The text inside a pickle, read without unpickling: a pickle is a program, here a foreign one.

LiveCodeBench packs hidden tests as JSON text, pickled, compressed by zlib, in base64.
"""

import base64
import binascii
import pickletools
import zlib

MOST_BYTES = 2**30
"""of unpacked text: a few kilobytes can be made to unpack to more than any memory"""
_TEXTS = {"UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"}
_HARMLESS = {"PROTO", "FRAME", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "STOP"}


def packed_text(packed: str) -> str:
    """Return the text of base64(zlib(pickle(text))).

    Raises:
        ValueError: it is not packed so, or the pickle holds anything but one text.
    """
    try:
        raw = inflated(base64.b64decode(packed, validate=True))
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"not base64 of zlib ({error})") from error
    return text_of_pickle(raw)


def inflated(compressed: bytes) -> bytes:
    """Return zlib's data unpacked.

    Raises:
        zlib.error: they are damaged.
        ValueError: they are cut off, or more than ``MOST_BYTES``.
    """
    unpacking = zlib.decompressobj()
    raw = unpacking.decompress(compressed, MOST_BYTES)
    if not unpacking.eof:
        raise ValueError(f"cut off, or more than {MOST_BYTES} bytes unpacked")
    return raw


def text_of_pickle(raw: bytes) -> str:
    """Return the text that a pickle holds; nothing of it is run.

    Raises:
        ValueError: it is damaged, or holds anything but one text.
    """
    texts: list[str] = []
    try:
        for operation, argument, _ in pickletools.genops(raw):
            if operation.name in _TEXTS:
                texts.append(str(argument))
            elif operation.name not in _HARMLESS:
                raise ValueError(f"a pickle with the operation {operation.name}, expected a text")
    except (ValueError, IndexError, UnicodeError) as error:
        raise ValueError(f"not a pickled text: {error}") from error
    if len(texts) != 1:
        raise ValueError(f"a pickle of {len(texts)} texts, expected one")
    return texts[0]
