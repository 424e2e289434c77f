#: problem: total
#: expect: passed
import threading
threading.stack_size(512 << 20)

def main():
    print(sum(map(int, open(0).read().split())))

threading.Thread(target=main).start()
