import multiprocessing
import signal
import threading

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
with multiprocessing.Pool() as pool:
    while not stop.wait(5):
        pool.map(print, ["tick"])
