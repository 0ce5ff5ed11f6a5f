#!/usr/bin/python3
"""celery_peer.py MODE COUNT SOCKET - Celery over Redis as its documentation sets it up: a worker of its own process, one
child a core, results ignored. A job counts itself in Redis, which is how the end is known. One JSON line, as common.mjs says."""
import json
import os
import statistics
import subprocess
import sys
import time

import redis
from celery import Celery

SOCKET = os.environ.get("PEER_SOCKET") or sys.argv[3]
app = Celery("celery_peer", broker=f"redis+socket://{SOCKET}")
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=64, broker_connection_retry_on_startup=True)
store = redis.Redis(unix_socket_path=SOCKET)


@app.task
def noop():
    store.pipeline(transaction=False).setnx("peer:first", time.time()).set("peer:last", time.time()).incr("peer:done").execute()


def worker():
    child = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "celery_peer", "worker", "-c", str(os.cpu_count()), "-l", "ERROR", "--without-gossip",
         "--without-mingle", "--without-heartbeat"], cwd=os.path.dirname(os.path.abspath(__file__)),
        env=os.environ | {"PEER_SOCKET": SOCKET}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    noop.delay()
    done(1)
    store.delete("peer:first", "peer:last", "peer:done")
    return child


def done(count):
    while int(store.get("peer:done") or 0) < count:
        time.sleep(0.005)


def main(mode, count):
    begun = time.time()
    if mode in ("single", "submit"):  # a producer has one call under way, whatever is asked
        for _ in range(count):
            noop.delay()
        return {"rate": count / (time.time() - begun)}
    if mode == "drain":
        for _ in range(count):
            noop.delay()
        store.delete("peer:first", "peer:last", "peer:done")
        child = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "celery_peer", "worker", "-c", str(os.cpu_count()), "-l", "ERROR"],
            cwd=os.path.dirname(os.path.abspath(__file__)), env=os.environ | {"PEER_SOCKET": SOCKET},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        done(count)
        answer = {"rate": count / (float(store.get("peer:last")) - float(store.get("peer:first")))}
    elif mode == "both":
        child = worker()
        begun = time.time()
        for _ in range(count):
            noop.delay()
        done(count)
        answer = {"rate": count / (time.time() - begun)}
    else:
        child = worker()
        waits = []
        for _ in range(count):
            store.delete("peer:first", "peer:done")
            begun = time.time()
            noop.delay()
            done(1)
            waits.append((float(store.get("peer:first")) - begun) * 1e6)
            time.sleep(0.01)
        answer = {"p50_us": statistics.median(waits), "p99_us": sorted(waits)[int(count * 0.99)]}
    child.terminate()
    child.wait()
    return answer


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
