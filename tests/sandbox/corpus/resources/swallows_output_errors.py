#: problem: total
#: expect: output_limit|timeout
import os
while True:
    try:
        os.write(1, b"x" * 1_000_000)
    except OSError:
        pass
