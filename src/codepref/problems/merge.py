"""One list of problems from several sources: deduplicated, decontaminated, limited, accounted for.

Only signatures and positions of the records are held in memory: files of any size are read again
when their records are needed.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from datasketch import MinHash, MinHashLSH

from codepref.errors import UserError
from codepref.files import named_errors, parse_record, reading
from codepref.problems.contamination import Contamination
from codepref.problems.settings import ProblemsConfig
from codepref.progress import Progress
from codepref.records import Problem

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


@dataclass
class Merged:
    """What a merge decided.

    Attributes:
        kept: positions of the problems kept, in the order of their ids.
        collected: problems read, by source.
        dropped: problems dropped, by step and source.
        duplicates: which problem was dropped for which.
        contaminated: which problem is which benchmark task, with the evidence (all of them, also
            those kept because the configuration says so, and matches by chance).
        unchecked: problems that one of the checks could not judge, by reason.
    """

    files: list[Path]
    kept: list[Position] = field(default_factory=list)
    collected: Counter[str] = field(default_factory=Counter)
    dropped: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    duplicates: list[Duplicate] = field(default_factory=list)
    contaminated: list[Contamination] = field(default_factory=list)
    unchecked: Counter[str] = field(default_factory=Counter)

    def problems(self) -> Iterator[Problem]:
        """Yield the kept problems, read again from their files."""
        opened = [path.open("rb") for path in self.files]
        try:
            for position in self.kept:
                stream = opened[position.file]
                stream.seek(position.offset)
                where = f"{self.files[position.file]}, byte {position.offset}"
                yield parse_record(stream.readline().decode("utf-8"), Problem, where)
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
    address: str | None
    text_hash: bytes
    signature: MinHash

    def preference(self) -> tuple[int, bool, str]:
        """Sort key: more tests first, then those with a reference solution, then by id."""
        return (-self.tests, not self.has_reference, self.id)


def deduplicate(inputs: Iterable[str | Path], config: ProblemsConfig) -> Merged:
    """Read problem records and drop duplicates, keeping the one with more tests.

    Two problems are the same if they have the same address on their site, the same words, or
    words whose 5-grams have a Jaccard similarity (estimated by MinHash) of at least
    ``near_duplicate``. Problems that need a checker are dropped first unless the configuration
    keeps them.

    Raises:
        UserError: a record is malformed (file, line, field), or an id comes in two sources.
    """
    merged = Merged(files=[Path(path) for path in inputs])
    entries = _index(merged)
    kept: list[_Entry] = []
    seen: dict[str | bytes, str] = {}  # problems kept, by their address and by their text
    # The index only proposes; at a threshold of 1 it could not (it needs two bands at least).
    lsh = MinHashLSH(threshold=min(config.near_duplicate, 0.95), num_perm=_EMPTY.num_perm)
    for at in sorted(range(len(entries)), key=lambda at: entries[at].preference()):
        entry = entries[at]
        if entry.needs_checker and not config.keep_checker_problems:
            merged.dropped["needs a checker"][entry.source] += 1
            continue
        keys = [key for key in (entry.address, entry.text_hash) if key]
        same = next((seen[key] for key in keys if key in seen), None)
        if same is not None:
            merged.duplicates.append(Duplicate(entry.id, same, 1.0))
            merged.dropped["same address or text"][entry.source] += 1
            continue
        similar = (
            (entries[other].signature.jaccard(entry.signature), -other)
            for other in lsh.query(entry.signature)
        )
        similarity, other = max(similar, default=(0.0, 0))
        if similarity >= config.near_duplicate:
            merged.duplicates.append(Duplicate(entry.id, entries[-other].id, similarity))
            merged.dropped["near duplicate"][entry.source] += 1
            continue
        lsh.insert(at, entry.signature)
        seen |= dict.fromkeys(keys, entry.id)
        kept.append(entry)
    merged.kept = [entry.position for entry in sorted(kept, key=lambda entry: entry.id)]
    return merged


def drop_contaminated(merged: Merged, found: list[Contamination], config: ProblemsConfig) -> None:
    """Record what was found and, unless the configuration says otherwise, drop these problems.

    Matches by chance are recorded but not dropped.
    """
    merged.contaminated = found
    tasks = {item.problem for item in found if not item.by_chance}
    if not config.decontaminate:
        return
    kept: list[Position] = []
    for position, problem in zip(merged.kept, merged.problems(), strict=True):
        if problem.id in tasks:
            merged.dropped["benchmark task"][problem.source] += 1
        else:
            kept.append(position)
    merged.kept = kept


def limit(merged: Merged, config: ProblemsConfig) -> None:
    """Keep the ``limit`` problems whose id has the smallest SHA-256.

    The selection does not depend on the order of the sources, and changes little when problems
    come or go.

    Raises:
        UserError: nothing is left at all.
    """
    if not merged.kept:
        raise UserError("no problem is left after merging; see the sources in the configuration")
    if config.limit is None or len(merged.kept) <= config.limit:
        return
    ranked = sorted(
        (hashlib.sha256(problem.id.encode()).hexdigest(), position, problem.source)
        for position, problem in zip(merged.kept, merged.problems(), strict=True)
    )
    chosen = {position for _, position, _ in ranked[: config.limit]}
    merged.dropped["over the limit"] = Counter(source for _, _, source in ranked[config.limit :])
    merged.kept = [position for position in merged.kept if position in chosen]


def _index(merged: Merged) -> list[_Entry]:
    """Read all records once; return what deduplication needs of each."""
    entries: list[_Entry] = []
    files: dict[str, Path] = {}
    total = sum(path.stat().st_size for path in merged.files if path.exists())
    progress = Progress("reading problems (MiB)", total >> 20)
    for number, path in enumerate(merged.files):
        for position, problem in _located(path, number):
            if problem.id in files:
                raise UserError(
                    f"{path}: the problem id '{problem.id}' is already in {files[problem.id]}; "
                    "give each source its own ids"
                )
            files[problem.id] = path
            merged.collected[problem.source] += 1
            words = statement_words(problem.statement)
            entries.append(
                _Entry(
                    id=problem.id,
                    source=problem.source,
                    position=position,
                    tests=len(problem.tests),
                    has_reference=problem.reference_solution is not None,
                    needs_checker=problem.needs_checker,
                    address=address_of(problem.url),
                    text_hash=hashlib.sha256(" ".join(words).encode()).digest(),
                    signature=_signature(words),
                )
            )
        progress.advance(path.stat().st_size >> 20)
    return entries


def _located(path: Path, number: int) -> Iterator[tuple[Position, Problem]]:
    with reading(path, "Problem records (JSONL)"), path.open("rb") as stream:
        offset = 0
        for line_number, line in enumerate(stream, start=1):
            where = f"{path}:{line_number}"
            if line.strip():
                with named_errors(where):
                    text = line.decode("utf-8")
                yield Position(number, offset), parse_record(text, Problem, where)
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


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=4).digest(), "little")


_EMPTY = MinHash(num_perm=128, hashfunc=_hash, scheme="affine32")


def _signature(words: list[str]) -> MinHash:
    size = min(_SHINGLE_WORDS, len(words))
    shingles = {" ".join(words[at : at + size]).encode() for at in range(len(words) - size + 1)}
    minhash = _EMPTY.copy()  # all share one set of permutations
    minhash.update_batch(sorted(shingles))
    return minhash
