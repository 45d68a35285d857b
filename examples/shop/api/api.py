"""Takes orders over HTTP and puts them into a queue."""

import json
import os

import redis
from flask import Flask, request

app = Flask(__name__)
queue = redis.Redis(host=os.environ.get("REDIS_HOST", "localhost"))


@app.post("/orders")
def order():
    queue.rpush("orders", json.dumps(request.get_json()))
    return {"queued": True}, 202


@app.get("/healthz")
def healthz():
    return {"ok": True}
