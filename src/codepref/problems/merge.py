"""One list of problems from several sources: deduplicated, decontaminated, limited, accounted for.

Duplicates become one record that has what each knows (``codepref.problems.pooling``). Only
signatures and positions of the records are held in memory: files of any size are read again
when their records are needed.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from datasketch import MinHash, MinHashLSH

from codepref.errors import UserError
from codepref.files import named_errors, parse_record, reading
from codepref.problems.decontamination.contamination import Contamination
from codepref.problems.pooling import Pool, pool
from codepref.problems.settings import ProblemsConfig
from codepref.progress import Progress
from codepref.records import Problem
from codepref.sandbox.checkers import Fault

_SHINGLE_WORDS = 5


class Position(NamedTuple):
    """Where a record lies."""

    file: int
    offset: int


@dataclass(frozen=True)
class Duplicate:
    """A problem dropped for another."""

    problem: str
    kept: str
    similarity: float  # 1 for the same address or text


@dataclass(frozen=True)
class Group:
    """A problem kept, and its duplicates.

    Attributes:
        id, source: of the record that gives the problem its name.
        position: where it lies.
        duplicates: where these lie, each with whether it has the same address on its site.
        has_checker: several answers are right, and one of the records has a checker.
    """

    id: str
    source: str
    position: Position
    duplicates: list[tuple[Position, bool]] = field(default_factory=list)
    has_checker: bool = False


@dataclass
class Merged:
    """What a merge decided.

    Attributes:
        kept: the problems kept, in the order of their ids.
        collected: problems read, by source.
        dropped: problems dropped, by step and source.
        duplicates: which problem was dropped for which.
        contaminated: which problem is which benchmark task, with the evidence (all of them, also
            those kept because the configuration says so, and matches by chance).
        unchecked: problems and tasks that could not be compared by behaviour, by reason.
        faulty_checkers: problems dropped for their checker, and what is wrong with it.
        broken_references: problems dropped for their reference solution, and which test it fails.
    """

    files: list[Path]
    kept: list[Group] = field(default_factory=list)
    collected: Counter[str] = field(default_factory=Counter)
    dropped: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    duplicates: list[Duplicate] = field(default_factory=list)
    contaminated: list[Contamination] = field(default_factory=list)
    unchecked: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    faulty_checkers: dict[str, Fault] = field(default_factory=dict)
    broken_references: dict[str, str] = field(default_factory=dict)

    def problems(self) -> Iterator[Problem]:
        """Yield the kept problems, read again from their files."""
        return (found.problem for found, _ in self.pools())

    def records(self) -> Iterator[Problem]:
        """Yield each kept problem and all records that it was made from, under its id."""
        for found, records in self.pools():
            yield found.problem
            if len(records) > 1:
                for record in records:
                    yield record.model_copy(update={"id": found.problem.id})

    def solved(self) -> Iterator[Problem]:
        """Yield the kept problems, and what is left of duplicates that have another solution.

        These could not give it to the problem, since theirs has another form: another name, other
        parameters, or it is a program where the problem asks for a function.
        """
        for found, _ in self.pools():
            yield found.problem
            for record in found.apart:
                if record.reference_solution:
                    yield record.model_copy(update={"id": found.problem.id})

    def pools(self, groups: Iterable[Group] | None = None) -> Iterator[tuple[Pool, list[Problem]]]:
        """Yield what each problem's records know together, and these records.

        Args:
            groups: of these problems only; None: of all that are kept.
        """
        opened = [path.open("rb") for path in self.files]

        def read(position: Position) -> Problem:
            stream = opened[position.file]
            stream.seek(position.offset)
            where = f"{self.files[position.file]}, byte {position.offset}"
            return parse_record(stream.readline().decode("utf-8"), Problem, where)

        try:
            for group in self.kept if groups is None else groups:
                kept = read(group.position)
                others = [(read(place), same) for place, same in group.duplicates]
                yield pool(kept, others), [kept, *(other for other, _ in others)]
        finally:
            for stream in opened:
                stream.close()


@dataclass(frozen=True)
class _Entry:
    """What is held in memory of one record."""

    id: str
    source: str
    position: Position
    tests: int
    has_reference: bool
    needs_checker: bool
    has_checker: bool
    title: str
    address: str | None
    text_hash: bytes
    exact_hash: bytes  # of the text with its numbers
    signature: MinHash

    def preference(self) -> tuple[int, bool, str]:
        """Sort key: more tests first, then those with a reference solution, then by id."""
        return (-self.tests, not self.has_reference, self.id)

    def is_another(self, other: "_Entry") -> bool:
        """Tell whether two records alike are two problems all the same.

        A site has a problem at one address; of two contests that share one, both pages are equal.
        Easy and hard versions have the same words: they differ in numbers and name.
        """
        if _site(self.address) is not None and _site(self.address) == _site(other.address):
            equal = (self.exact_hash, self.title) == (other.exact_hash, other.title)
            return self.address != other.address and not equal
        mine, theirs = _version(self.title), _version(other.title)
        return mine is not None and theirs is not None and mine != theirs


def deduplicate(inputs: Iterable[str | Path], config: ProblemsConfig) -> Merged:
    """Read problem records and group duplicates behind the one with most tests.

    Two problems are the same if they have the same address on their site, the same words, or
    words whose 5-grams have a Jaccard similarity (estimated by MinHash) of at least
    ``near_duplicate``; not if they have different addresses on one site, or are versions of
    different difficulty. A problem of which any record needs a checker is dropped unless the
    configuration keeps them and a record has one (which ``codepref.problems.checkers`` tries).

    Raises:
        UserError: a record is malformed (file, line, field), or an id comes in two sources.
    """
    merged = Merged(files=[Path(path) for path in inputs])
    entries = sorted(_index(merged), key=_Entry.preference)
    groups: dict[int, Group] = {}
    addresses: dict[int, str | None] = {}  # as the group's first record has it
    checked: dict[int, bool] = {}  # groups that need a checker: whether a record has one
    seen: dict[str | bytes, list[int]] = defaultdict(list)  # the groups, by address and by text
    # The index only proposes; at a threshold of 1 it could not (it needs two bands at least).
    lsh = MinHashLSH(threshold=min(config.near_duplicate, 0.95), num_perm=_EMPTY.num_perm)
    for at, entry in enumerate(entries):
        keys = [key for key in (entry.address, entry.text_hash) if key]
        same, similarity, step = _same(entry, keys, entries, seen, lsh, config.near_duplicate)
        if same is None:
            same = at
            groups[at] = Group(entry.id, entry.source, entry.position)
            addresses[at] = entry.address
            lsh.insert(at, entry.signature)
        else:
            merged.duplicates.append(Duplicate(entry.id, entries[same].id, similarity))
            merged.dropped[step][entry.source] += 1
            same_address = entry.address is not None and entry.address == addresses[same]
            groups[same].duplicates.append((entry.position, same_address))
            if entries[same].address is None:  # known now, so another one is another problem
                entries[same] = replace(entries[same], address=entry.address)
        for key in keys:
            if same not in seen[key]:
                seen[key].append(same)
        if entry.needs_checker:
            checked[same] = checked.get(same, False) or entry.has_checker
    for at, has_checker in checked.items():
        if has_checker and config.keep_checker_problems:
            groups[at] = replace(groups[at], has_checker=True)
        else:
            merged.dropped["needs a checker"][groups.pop(at).source] += 1
    merged.kept = sorted(groups.values(), key=lambda group: group.id)
    return merged


def _same(
    entry: _Entry,
    keys: list[str | bytes],
    entries: list[_Entry],
    seen: dict[str | bytes, list[int]],
    lsh: MinHashLSH,
    least: float,
) -> tuple[int | None, float, str]:
    """Return the earlier entry that is this problem, how similar they are, and what shows it."""
    for key in keys:
        found = [other for other in seen.get(key, ()) if not entry.is_another(entries[other])]
        if found:  # two versions have the same words
            first = min(found, key=lambda other: (entries[other].title != entry.title, other))
            return first, 1.0, "same address or text"
    similar = [
        (entries[other].signature.jaccard(entry.signature), -other)
        for other in lsh.query(entry.signature)
        if not entry.is_another(entries[other])
    ]
    similarity, other = max(similar, default=(0.0, 0))
    return (-other if similar and similarity >= least else None), similarity, "near duplicate"


def drop_contaminated(merged: Merged, found: list[Contamination], config: ProblemsConfig) -> None:
    """Record what was found and, unless the configuration says otherwise, drop these problems.

    Matches by chance are recorded but not dropped.
    """
    once = {(item.problem, item.task, item.way, item.by_chance): item for item in reversed(found)}
    merged.contaminated = sorted(
        once.values(), key=lambda item: (item.problem, item.task, item.way)
    )
    tasks = {item.problem for item in found if not item.by_chance}
    if not config.decontaminate:
        return
    for group in merged.kept:
        if group.id in tasks:
            merged.dropped["benchmark task"][group.source] += 1
    merged.kept = [group for group in merged.kept if group.id not in tasks]


def limit(merged: Merged, config: ProblemsConfig) -> None:
    """Keep the ``limit`` problems whose id has the smallest SHA-256.

    The selection does not depend on the order of the sources, and changes little when problems
    come or go.
    """
    if config.limit is None or len(merged.kept) <= config.limit:
        return
    ranked = sorted(merged.kept, key=lambda group: hashlib.sha256(group.id.encode()).hexdigest())
    chosen = {group.id for group in ranked[: config.limit]}
    merged.dropped["over the limit"] = Counter(group.source for group in ranked[config.limit :])
    merged.kept = [group for group in merged.kept if group.id in chosen]


def _index(merged: Merged) -> list[_Entry]:
    """Read all records once; return what deduplication needs of each."""
    entries: list[_Entry] = []
    places: dict[str, str] = {}
    total = sum(path.stat().st_size for path in merged.files if path.exists())
    progress = Progress("reading problems (MiB)", total >> 20)
    for number, path in enumerate(merged.files):
        for where, position, problem in _located(path, number):
            if problem.id in places:
                raise UserError(
                    f"{where}: the problem id '{problem.id}' is already at {places[problem.id]}; "
                    "give each source its own ids"
                )
            places[problem.id] = where
            merged.collected[problem.source] += 1
            whole = f"{problem.statement}\n{problem.input_format}\n{problem.output_format}"
            words = statement_words(whole)
            entries.append(
                _Entry(
                    id=problem.id,
                    source=problem.source,
                    position=position,
                    tests=len(problem.tests),
                    has_reference=problem.reference_solution is not None,
                    needs_checker=problem.has_several_answers,
                    has_checker=problem.checker is not None,
                    title=" ".join(problem.title.lower().split()),
                    address=address_of(problem.url),
                    text_hash=hashlib.sha256(" ".join(words).encode()).digest(),
                    exact_hash=hashlib.sha256(" ".join(whole.split()).encode()).digest(),
                    signature=_signature(words),
                )
            )
        progress.advance(path.stat().st_size >> 20)
    return entries


def _located(path: Path, number: int) -> Iterator[tuple[str, Position, Problem]]:
    with reading(path, "Problem records (JSONL)"), path.open("rb") as stream:
        offset = 0
        for line_number, line in enumerate(stream, start=1):
            where = f"{path}:{line_number}"
            if line.strip():
                with named_errors(where):
                    text = line.decode("utf-8")
                yield where, Position(number, offset), parse_record(text, Problem, where)
            offset += len(line)


def statement_words(statement: str) -> list[str]:
    """Return the words of a statement in lower case, without numbers and punctuation.

    Sources write formulas in different ways (``10^4``, ``104``, ``10**4``): words are what they
    share. A statement with hardly any words (a table, another script) keeps all its characters.
    """
    words = re.findall(r"[^\W\d_]+", statement.lower())
    return words if len(words) >= 3 else statement.lower().split()


def address_of(url: str | None) -> str | None:
    """Return what identifies a problem on its site, however its address is written.

    >>> address_of("https://leetcode.com/problems/two-sum/description/")
    'leetcode/two-sum'
    >>> address_of("http://codeforces.com/contest/4/problem/A")
    'codeforces/4/A'
    """
    if url is None:
        return None
    if match := re.search(r"leetcode\.com/problems/([\w-]+)", url):
        return f"leetcode/{match.group(1)}"
    if match := re.search(
        r"codeforces\.com/(?:problemset/problem/(\d+)|contest/(\d+)/problem)/(\w+)", url
    ):
        return f"codeforces/{match.group(1) or match.group(2)}/{match.group(3)}"
    return url.split("?")[0].rstrip("/")


def _site(address: str | None) -> str | None:
    """Return the site of an address whose form we know: it has one for each problem."""
    return None if address is None or "//" in address else address.split("/")[0]


def _version(title: str) -> str | None:
    """Return which version of a problem a title names.

    >>> _version("d1. equalizing by division (easy version)")
    'easy'
    """
    match = re.search(r"\((easy|medium|hard|simple|easier|harder|hardest)\b[^)]*\)", title)
    return match.group(1) if match else None


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=4).digest(), "little")


_EMPTY = MinHash(num_perm=128, hashfunc=_hash, scheme="affine32")


def _signature(words: list[str]) -> MinHash:
    size = min(_SHINGLE_WORDS, len(words))
    shingles = {" ".join(words[at : at + size]).encode() for at in range(len(words) - size + 1)}
    minhash = _EMPTY.copy()  # all share one set of permutations
    minhash.update_batch(sorted(shingles))
    return minhash
