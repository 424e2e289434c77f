#: problem: flatten
#: expect: passed
class Solution:
    def flatten(self, root):
        nodes = []
        def visit(node):
            if node:
                nodes.append(node)
                visit(node.left)
                visit(node.right)
        visit(root)
        for one, other in zip(nodes, nodes[1:]):
            one.left, one.right = None, other
        if nodes:
            nodes[-1].left = nodes[-1].right = None
