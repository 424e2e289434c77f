"""What all command lines share: options made from configuration sections, and clean errors."""

import argparse
import contextlib
import errno
import os
import shlex
import signal
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from codepref.errors import UserError
from codepref.provenance.record import recorded
from codepref.strict import Section, literal_values, mistakes_of, nearest
from codepref.terminal import show_plainly

AnySection = TypeVar("AnySection", bound=Section)


def run(main: Callable[[], None], keep_record: bool = True) -> None:
    """Run a command line: a UserError is one message and exit code 2, Ctrl-C is exit code 130.

    How each output was made is recorded (``codepref.provenance.record``), unless ``keep_record``
    is false: what belongs to the project itself has its history in git.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that clean-up code runs
    show_plainly()
    try:
        with recorded(sys.argv) if keep_record else contextlib.nullcontext():
            main()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        os._exit(0)
    except OSError as error:
        if (message := _no_space(error)) is None:
            raise
        print(f"error: {message}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped by Ctrl-C; finished work is kept, run again to go on", file=sys.stderr)
        sys.exit(130)


def _no_space(error: OSError) -> str | None:
    """Return the message for a full disk; None: it is another error."""
    if "No usable temporary directory" in str(error):  # tempfile tries to write into each
        return f"{error.strerror}: they are full or read-only; set TMPDIR to a folder with room"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"{error.filename or 'a disk'}: no space left; make room (or set TMPDIR) and run again"
        )
    return None


_LISTS: dict[Any, type] = {list[str]: str, list[float]: float}


def add_section(
    parser: argparse.ArgumentParser, section: type[Section], only: tuple[str, ...] = ()
) -> None:
    """Give ``parser`` one option per simple field of a configuration section, or of some of them.

    ``learning_rate`` becomes ``--learning-rate``; type, choices, default and help text come from
    the field; a list of text or numbers takes several. Other lists and sections are left out.
    """
    group = parser.add_argument_group(section.__name__, (section.__doc__ or "").split("\n")[0])
    for name, field in section.model_fields.items():
        kind, choices = _scalar(field.annotation)
        if (kind is None and field.annotation not in _LISTS) or (only and name not in only):
            continue
        default = None if field.default is PydanticUndefined else field.default
        options: dict[str, Any] = {
            "default": default,
            "required": field.is_required(),
            "help": f"{field.description + '; ' if field.description else ''}default: {default}",
        }
        if kind is None:
            options.update(nargs="*", action=_Several, metavar=name.upper())
            options.update(type=_LISTS[field.annotation])
        elif kind is bool:
            options["action"] = argparse.BooleanOptionalAction
        else:
            options.update(type=kind, choices=choices, metavar=None if choices else name.upper())
        group.add_argument(f"--{name.replace('_', '-')}", **options)


class _Several(argparse.Action):
    """Takes values like ``store``, and more where the option is given again."""

    def __call__(
        self, parser: Any, namespace: Any, values: Any, option_string: str | None = None
    ) -> None:
        """Keep the values; the first replace the default."""
        earlier = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [*([] if earlier is self.default else earlier), *values])


def kind_of(sections: Iterable[type[AnySection]], option: str = "kind") -> type[AnySection] | None:
    """Return the section that the command line's ``--kind`` names; None if it is not given.

    The other options depend on it, so it is read before the parser is made.

    Raises:
        UserError: no section is of that kind (lists those there are).
    """
    by_kind = {kind: section for section in sections for kind in literal_values(section, option)}
    first = argparse.ArgumentParser(add_help=False)
    first.add_argument(f"--{option}")
    kind = getattr(first.parse_known_args()[0], option)
    if kind is not None and kind not in by_kind:
        raise UserError(f"--{option}: '{kind}' is none of them{nearest(kind, by_kind)}")
    return by_kind.get(kind)


def _as_option(text: str) -> str:
    """Return a mistake's text with the option's name for the key's."""
    key, colon, rest = text.partition(":")
    return f"--{key.replace('_', '-')}{colon}{rest}"


def section_from(arguments: argparse.Namespace, section: type[AnySection]) -> AnySection:
    """Return the section that the options given to ``add_section`` describe.

    Raises:
        UserError: a value is out of range (one line that names each such option).
    """
    values = {
        name: getattr(arguments, name) for name in section.model_fields if hasattr(arguments, name)
    }
    try:
        return section(**values)
    except ValidationError as error:
        raise UserError(
            "; ".join(
                _as_option(one.text) if one.key else one.text for one in mistakes_of(error, section)
            )
        ) from error


def flags(section: Section, leave_out: tuple[str, ...] = (), only: tuple[str, ...] = ()) -> str:
    """Return a section, or some of its fields, as the options that ``add_section`` declares.

    They are quoted for a shell. A value stands behind "=", so that it may start with a dash.
    """
    parts = []
    for name, value in section:
        if name in leave_out or (only and name not in only):
            continue
        option = f"--{name.replace('_', '-')}"
        annotation = type(section).model_fields[name].annotation
        kind, _ = _scalar(annotation)
        if annotation in _LISTS:
            parts += [f"{option}={shlex.quote(str(one))}" for one in value] or [option]
        elif kind is bool and value is not None:
            parts.append(option if value else f"--no-{option.removeprefix('--')}")
        elif kind and value is not None:
            parts.append(f"{option}={shlex.quote(str(value))}")
    return " ".join(parts)


def options_of(files: Mapping[str, str | Iterable[str]]) -> str:
    """Return named files as command-line options: ``problem_report`` is ``--problem-report``.

    A name without files gives no option. Snakemake's ``input`` is such a mapping.
    """
    parts = []
    for name, value in files.items():
        paths = [value] if isinstance(value, str) else list(value)
        # No path may look like an option.
        paths = [f"./{path}" if path.startswith("-") else path for path in paths]
        if paths:
            parts.append(" ".join([f"--{name.replace('_', '-')}", *map(shlex.quote, paths)]))
    return " ".join(parts)


def _scalar(annotation: Any) -> tuple[type | None, list[Any] | None]:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        members = [part for part in get_args(annotation) if part is not type(None)]
        return _scalar(members[0]) if len(members) == 1 else (None, None)
    if origin is Literal:
        return str, list(get_args(annotation))
    return (annotation, None) if annotation in (bool, int, float, str) else (None, None)
