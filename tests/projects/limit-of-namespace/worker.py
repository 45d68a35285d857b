import signal
import threading
from concurrent.futures import ProcessPoolExecutor

stop = threading.Event()


def work(number: int) -> int:
    return number * number


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with ProcessPoolExecutor() as pool:
        while not stop.wait(5):
            list(pool.map(work, range(1000)))


if __name__ == "__main__":
    main()
