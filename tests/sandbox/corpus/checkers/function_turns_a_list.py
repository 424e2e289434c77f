#: problem: any_rotation
#: checker: any_rotation.py
#: expect: passed
class Solution:
    def turn(self, head):
        if not head or not head.next:
            return head
        last = head
        while last.next:
            last = last.next
        last.next, new, head.next = head, head.next, None
        return new
