#: problem: reverse
#: expect: passed
class Solution:
    def reverse(self, head):
        previous = None
        while head:
            head.next, previous, head = previous, head, head.next
        return previous
