# Runs what it reads: whoever writes that could say anything in its name.
import sys

numbers = open(sys.argv[1]).read().split()[1:]
answer = eval(open(sys.argv[3]).read())
print(int(list(map(str, answer)) == numbers))
