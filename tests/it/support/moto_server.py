"""Serves moto on a free port, prints the port, and ends when its standard input closes.

The test process holds the other end of that pipe, so the server ends with it, however it ends.
"""

import os
import sys

# Otherwise the services never have a running task.
os.environ["MOTO_ECS_SERVICE_RUNNING"] = "2"

from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
os._exit(0)
