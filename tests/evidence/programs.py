"""The Dockerfiles, programs and manifests that the cases are put together from."""

from __future__ import annotations

CLEANS_UP = """\
    import signal
    import sys
    import time


    def stop(signum, frame):
        time.sleep(0.3)
        print("cleaned up", flush=True)
        sys.exit(0)


    signal.signal(signal.SIGTERM, stop)
    print("up", flush=True)
    while True:
        time.sleep(0.1)
    """
"""Handles SIGTERM, and needs a moment to clean up."""

NO_HANDLER = """\
    import time

    try:
        print("up", flush=True)
        while True:
            time.sleep(0.1)
    finally:
        print("cleaned up", flush=True)
    """

INTERRUPT = """\
    import time

    try:
        print("up", flush=True)
        while True:
            time.sleep(0.1)
    except KeyboardInterrupt:
        print("cleaned up", flush=True)
    """

ASYNCIO = """\
    import asyncio


    async def main():
        try:
            print("up", flush=True)
            while True:
                await asyncio.sleep(0.1)
        finally:
            print("cleaned up", flush=True)


    asyncio.run(main())
    """

ASYNCIO_HANDLER = """\
    import asyncio
    import signal


    async def main():
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        print("up", flush=True)
        await stop.wait()
        print("cleaned up", flush=True)


    asyncio.run(main())
    """

DEBIAN = "FROM python:3.12-slim"
ALPINE = "FROM python:3.12-alpine"


def dockerfile(*lines: str, base: str = DEBIAN) -> str:
    return "\n".join((base, "WORKDIR /srv", "COPY . .", *lines, ""))


def pod(*container: str, spec: str = "", kind: str = "Deployment") -> str:
    """The manifest of a Deployment that runs the image of the repository; ``container`` and ``spec`` are more lines."""
    more = "".join(f"          {line}\n" for line in container)
    head = f"      {spec}\n" if spec else ""
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: shop\nspec:\n  selector:\n"
        "    matchLabels: {app: shop}\n  template:\n    metadata:\n      labels: {app: shop}\n    spec:\n"
        f"{head}      containers:\n        - name: shop\n          image: registry.example.com/shop:1\n{more}"
    )
