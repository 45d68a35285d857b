"""Takes orders off a queue and prints their invoices."""

import json
import os
from multiprocessing import Pool

import redis


def invoice(order: dict) -> str:
    total = sum(item["price"] * item["count"] for item in order["items"])
    return f"{order['id']}: {total:.2f}"


def main() -> None:
    queue = redis.Redis(host=os.environ.get("REDIS_HOST", "localhost"))
    with Pool(os.cpu_count()) as pool:
        while True:
            _, message = queue.blpop("orders")
            print(pool.apply(invoice, (json.loads(message),)))


if __name__ == "__main__":
    main()
