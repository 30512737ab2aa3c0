"""What the Python service does in each scan, by psutil: prints processes and milliseconds per pass."""
import sys
import time

import psutil

for _ in range(int(sys.argv[1])):
    began = time.monotonic()
    total = psutil.virtual_memory().total
    limit = total * 2
    count = 0
    for process in psutil.process_iter(["pid", "name", "username", "memory_info"]):
        memory = process.info["memory_info"]
        if memory is not None and memory.rss > limit:
            print("over the limit", process.info)
        count += 1
    print(count, round((time.monotonic() - began) * 1000, 3))
