#!/usr/bin/env python3
"""The most memory that a command had at a time, in KiB: rss.py COMMAND ARGUMENT..."""

import os
import sys

process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(process, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
