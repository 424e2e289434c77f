#: problem: reverse
#: expect: wrong_answer
class Solution:
    def reverse(self, head):
        node = ListNode(1)
        node.next = node
        return node
