#: problem: total
#: expect: passed
from __future__ import annotations
import sys
from dataclasses import dataclass, field

@dataclass
class Sum:
    values: list[int] = field(default_factory=list)

print(sum(Sum(list(map(int, sys.stdin.read().split()))).values))
