"""Writes a work tree of any size: services with Python, a Dockerfile, an entry script and manifests; always the same.

    python bench/generate.py FOLDER [--files 5000] [--workloads N] [--images N]

Some files must be read in full (a Dockerfile, an entry script, a manifest, an entry module); the rest are
modules around them, as in a real monorepo.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

_DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /app
ENV PYTHONUNBUFFERED=1
COPY . .
RUN pip install --no-cache-dir -r requirements.txt
USER 1000
COPY entrypoint.sh /entrypoint.sh
ENTRYPOINT ["/entrypoint.sh"]
CMD ["python", "-m", "service{number}.main"]
"""
_SCRIPT = """\
#!/bin/sh
set -e
if [ -n "$MIGRATE" ]; then
  python -m service{number}.migrate
fi
exec "$@"
"""
_MAIN = """\
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

from service{number} import module0

pool = ThreadPoolExecutor(max_workers=int(os.environ.get("WORKERS", "2")))
stopping = False


def stop(signum, frame):
    global stopping
    stopping = True


def main():
    signal.signal(signal.SIGTERM, stop)
    while not stopping:
        pool.submit(module0.handle, {number})
        time.sleep(1)
    pool.shutdown()


if __name__ == "__main__":
    main()
"""
_MODULE = '''\
"""Part {part} of service {number}."""

import json
import logging
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass
class Record{part}:
    key: str
    value: int = {part}

    def dump(self):
        return json.dumps({{"key": self.key, "value": self.value}})


def handle(item):
    record = Record{part}(str(item))
    log.info("handled %s", record.dump())
    return record


def total(items):
    return sum(handle(item).value for item in items if item)
'''
_MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: service{number}
  labels: {{app: service{number}}}
spec:
  replicas: 2
  selector:
    matchLabels: {{app: service{number}}}
  template:
    metadata:
      labels: {{app: service{number}}}
    spec:
      terminationGracePeriodSeconds: 30
      securityContext: {{runAsNonRoot: true, runAsUser: 1000}}
      containers:
        - name: app
          image: registry.example.com/services/service{image}:1.0.0
          ports:
            - containerPort: 8080
          env:
            - {{name: WORKERS, value: "2"}}
          resources:
            requests: {{cpu: 250m, memory: 128Mi}}
            limits: {{memory: 256Mi}}
          readinessProbe:
            httpGet: {{path: /ready, port: 8080}}
---
apiVersion: v1
kind: Service
metadata:
  name: service{number}
spec:
  selector: {{app: service{number}}}
  ports:
    - port: 80
      targetPort: 8080
"""
_FILES_OF_A_SERVICE = 50


def service(number: int, images: int, parts: int) -> Iterator[tuple[str, str]]:
    """The files of one service: path and text. Services beyond ``images`` share the image of another."""
    folder = f"services/service{number}"
    if number < images:
        yield f"{folder}/Dockerfile", _DOCKERFILE.format(number=number)
        yield f"{folder}/entrypoint.sh", _SCRIPT.format(number=number)
        yield f"{folder}/requirements.txt", "requests==2.32.3\n"
        yield f"{folder}/service{number}/__init__.py", ""
        yield f"{folder}/service{number}/main.py", _MAIN.format(number=number)
        for part in range(parts):
            yield f"{folder}/service{number}/module{part}.py", _MODULE.format(number=number, part=part)
    yield f"{folder}/deploy.yaml", _MANIFEST.format(number=number, image=number % images)


def generate(folder: str, files: int = 0, workloads: int = 0, images: int = 0) -> int:
    """Write about ``files`` files, or ``workloads`` services that share ``images`` images; how many were written."""
    services = workloads or max(1, files // _FILES_OF_A_SERVICE)
    parts = 3 if workloads else _FILES_OF_A_SERVICE - 6
    written = 0
    for number in range(services):
        for path, text in service(number, images or services, parts):
            full = os.path.join(folder, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as stream:
                stream.write(text)
            written += 1
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--workloads", type=int, default=0)
    parser.add_argument("--images", type=int, default=0)
    given = parser.parse_args()
    print(generate(given.folder, given.files, given.workloads, given.images), "files")


if __name__ == "__main__":
    main()
