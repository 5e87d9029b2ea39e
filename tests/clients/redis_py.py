"""redis-py and valkey-py, which have one interface: redis_py.py MODULE PORT USER PASSWORD RECORD"""

import importlib
import sys

name, port, user, password, record = sys.argv[1:]
module = importlib.import_module(name)
client = getattr(module, name.capitalize())(
    host="127.0.0.1", port=int(port), username=user, password=password
)
try:
    print("ping", client.ping())
    print("tempid", client.execute_command("TEMPID").decode())
    print("upload", client.execute_command("UPLOAD", record))
    client.close()
except module.AuthenticationError as error:
    print("refused", error)
except module.RedisError if name == "redis" else module.ValkeyError as error:
    print("refused", error)
