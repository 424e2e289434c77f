#: problem: total
#: expect: passed
class Solution:
    def solve(self):
        import sys
        return sum(int(word) for word in sys.stdin.read().split())

if __name__ == "__main__":
    print(Solution().solve())
