#: problem: different_string
#: checker: different_string.py
#: expect: wrong_answer
import sys
sys.stdout.buffer.write(b"YES\n\xff\x00\xed\xa0\x80" * 1000)
