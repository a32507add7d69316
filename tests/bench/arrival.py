#!/usr/bin/env python3
"""arrival.py NAME - reads records as they are written, ends with them; prints how late each kind of event came as `NAME_KIND_median value ms`"""
import json, statistics, sys, time
from datetime import datetime, timezone

late = {}
for line in sys.stdin.buffer:
    now = time.time()
    record = json.loads(line)
    if 'target' in record:
        at = datetime.strptime(record['time'], '%Y-%m-%dT%H:%M:%S.%fZ').replace(tzinfo=timezone.utc).timestamp()
        late.setdefault(record['event'], []).append((now - at) * 1000)
for kind, delays in sorted(late.items()):
    print(f'{sys.argv[1]}_{kind}_told {len(delays)} records')
    print(f'{sys.argv[1]}_{kind}_median {statistics.median(delays):.2f} ms')
    print(f'{sys.argv[1]}_{kind}_slowest {max(delays):.2f} ms')
