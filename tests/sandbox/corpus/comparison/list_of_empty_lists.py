#: problem: split_list
#: expect: passed
from typing import List, Optional

class Solution:
    def split(self, head: Optional[ListNode], k: int) -> List[Optional[ListNode]]:
        items = []
        while head:
            items.append(head.val)
            head = head.next
        size, more = divmod(len(items), k)
        parts = []
        for number in range(k):
            part, items = items[:size + (number < more)], items[size + (number < more):]
            node = None
            for value in reversed(part):
                node = ListNode(value, node)
            parts.append(node)
        return parts
