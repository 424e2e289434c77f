#: problem: different_string
#: checker: different_string.py
#: expect: wrong_answer
import sys
sys.stdout.buffer.write("YES\n\ud800\n".encode("utf-8", "surrogatepass"))
