"""What the parts of a program read of its module, by Python's own rules of scopes."""

import symtable
from collections.abc import Iterator


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    waiting = [table]  # no recursion: lambdas may lie in lambdas as deep as the compiler goes
    while waiting:
        inner = waiting.pop()
        yield inner
        waiting += inner.get_children()


def reads(table: symtable.SymbolTable) -> set[str]:
    """Return the names that a scope, or one within it, looks up in the module."""
    return {
        symbol.get_name()
        for inner in _tables(table)
        for symbol in inner.get_symbols()
        if symbol.is_referenced() and (symbol.is_global() or inner.get_type() == "module")
    }


def bound(module: symtable.SymbolTable) -> set[str]:
    """Return the names that a module binds, at its top or (``global``) in a function."""
    return {
        symbol.get_name()
        for inner in _tables(module)
        for symbol in inner.get_symbols()
        if (symbol.is_assigned() or symbol.is_imported())
        and (symbol.is_declared_global() or inner is module)
    }


def read_by_definition(module: symtable.SymbolTable, name: str) -> set[str]:
    """Return the names that the functions and classes of a name look up in the module."""
    named = (inner for inner in module.get_children() if inner.get_name() == name)
    return set().union(*map(reads, named))
