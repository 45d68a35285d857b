import signal
import threading

from prometheus_client import start_http_server

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
start_http_server(9100)
stop.wait()
