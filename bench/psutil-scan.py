"""What the Python service does in each scan, by psutil: prints processes, milliseconds and those of processor time per pass."""
import sys
import time

import psutil

for _ in range(int(sys.argv[1])):
    began, began_cpu = time.monotonic(), time.process_time()
    total = psutil.virtual_memory().total
    limit = total * 2
    count = 0
    for process in psutil.process_iter(["pid", "name", "username", "memory_info"]):
        memory = process.info["memory_info"]
        if memory is not None and memory.rss > limit:
            print("over the limit", process.info)
        count += 1
    took, took_cpu = time.monotonic() - began, time.process_time() - began_cpu
    print(count, round(took * 1000, 3), round(took_cpu * 1000, 3))
