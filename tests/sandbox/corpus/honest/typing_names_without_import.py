#: problem: solution_add
#: expect: passed
class Solution:
    def add(self, a: int, b: int) -> Optional[int]:
        numbers: List[int] = [a, b]
        return reduce(lambda x, y: x + y, numbers) + (heappush([], 1) or 0)
