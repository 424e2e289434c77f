# Prints what it checks before it says what it thinks of it.
import sys

output = open(sys.argv[3]).read()
print(output)
print(int(output == open(sys.argv[2]).read()))
