def check(arguments, answer, expected):
    numbers, target = arguments.values() if isinstance(arguments, dict) else arguments
    if expected == []:
        return answer == []
    if not isinstance(answer, list) or len(answer) != 2:
        return False
    first, second = answer
    if type(first) is not int or type(second) is not int or first == second:
        return False
    return 0 <= first < len(numbers) > second >= 0 and numbers[first] + numbers[second] == target
