#: problem: total
#: expect: passed
import sys
from dataclasses import dataclass, field
from typing import get_type_hints

@dataclass(order=True)
class Item:
    value: int
    name: str = field(default="", compare=False)

assert get_type_hints(Item)["value"] is int
print(sum(Item(int(word)).value for word in sys.stdin.read().split()))
