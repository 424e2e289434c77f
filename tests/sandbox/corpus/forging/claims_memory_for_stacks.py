#: problem: total
#: expect: memory_limit|timeout
import resource, sys
soft, hard = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
kept = bytearray(b'x') * (1500 << 20)
print(sum(map(int, sys.stdin.read().split())))
