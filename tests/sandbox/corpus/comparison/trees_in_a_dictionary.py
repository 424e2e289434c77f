#: problem: heights
#: expect: passed
def height(node):
    return 0 if node is None else 1 + max(height(node.left), height(node.right))

def heights(named, others):
    return {name: height(tree) for name, tree in named.items()}, [height(tree) for tree in others]
