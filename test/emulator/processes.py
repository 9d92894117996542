"""The processes that functions run in, and how much memory each of them holds."""

import subprocess
from pathlib import Path

from ministack.core import lambda_runtime


def running() -> list[dict]:
    """What is resident in memory, as the operating system counts it: the function, Node.js itself, and ministack's loop around it."""
    workers = [worker for pool in lambda_runtime._workers.values() for worker in pool]
    alive = [(worker.func_name, worker._proc.pid) for worker in workers if worker._proc and worker._proc.poll() is None]
    return [{"function": name, "pid": pid, "residentBytes": _resident_bytes(pid)} for name, pid in alive]


def _resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
        kibibytes = line.split()[1]
    else:  # not Linux
        kibibytes = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout.strip()
    return int(kibibytes) * 1024
