def check(arguments, answer, expected):
    (items,) = arguments
    return any(answer == items[k:] + items[:k] for k in range(len(items))) or answer == items
