#: problem: halves
#: expect: passed
class Solution:
    def halves(self, head):
        items = []
        while head:
            items.append(head)
            head = head.next
        middle = (len(items) + 1) // 2
        if middle:
            items[middle - 1].next = None
        return [items[0] if items else None, items[middle] if middle < len(items) else None]
