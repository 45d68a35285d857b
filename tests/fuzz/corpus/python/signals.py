from __future__ import annotations
import os, signal, sys as s
from .a import b as c
from multiprocessing import Pool
try:
    import tomllib
except ImportError:
    tomllib = None
N = int(os.environ.get("N", "4")) * 2 + len(f"{os.getenv('X')!r:>{3}}")
def stop(number, frame, /, *a, k=1, **kw):
    global N
    raise SystemExit(0)
signal.signal(signal.SIGTERM, stop)
class Worker(Base, metaclass=M):
    x: int = 3
    @property
    async def run(self):
        async with self as y, z:
            await y
        while True:
            if (n := self.next()) is None: break
        return [a for a in b if a async for c in d]
if __name__ == "__main__":
    with Pool(os.cpu_count() or 1) as pool:
        pool.map(lambda i: i, range(3))
    match s.argv:
        case ["a", *rest] if rest: pass
        case {"b": 1, **o}: pass
        case _: del rest
