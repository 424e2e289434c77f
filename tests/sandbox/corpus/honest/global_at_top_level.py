#: problem: total
#: expect: passed
global total
total = 0

def main():
    global total
    import sys
    for number in sys.stdin.read().split():
        total += int(number)

main()
print(total)
