#: problem: total
#: expect: passed
import sys

def main():
    print(sum(map(int, sys.stdin.read().split())))
    return 0

if __name__ == '__main__':
    sys.exit(main())
