# A checker of Codeforces 1971C, "Different String", in the form of open-r1/codeforces.
import sys


def main():
    input_path, correct_path, solution_path = sys.argv[1:4]
    with open(input_path) as stream:
        strings = stream.read().split()[1:]
    with open(correct_path) as stream:
        correct = stream.read().split()
    with open(solution_path) as stream:
        solution = stream.read().split()
    if len(strings) == 0:
        print(0)
        return
    right, found = iter(correct), iter(solution)
    for string in strings:
        possible = next(right).upper() == "YES"
        if possible:
            next(right)
        verdict = next(found, None)
        if verdict is None or verdict.upper() != ("YES" if possible else "NO"):
            print(0)
            return
        if possible:
            answer = next(found, None)
            if answer is None or answer == string or sorted(answer) != sorted(string):
                print(0)
                return
    print(0 if next(found, None) is not None else 1)


if __name__ == "__main__":
    main()
