#: problem: any_rotation
#: checker: any_rotation.py
#: expect: wrong_answer
class Solution:
    def turn(self, head):
        previous = None
        while head:
            head.next, previous, head = previous, head, head.next
        return previous
