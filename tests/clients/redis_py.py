"""redis-py and valkey-py, which have one interface: redis_py.py MODULE PORT USER PASSWORD RECORD [CA]"""

import importlib
import sys

name, port, user, password, record, *ca = sys.argv[1:]
tls = {"ssl": True, "ssl_ca_certs": ca[0]} if ca else {}
module = importlib.import_module(name)
client = getattr(module, name.capitalize())(
    host="127.0.0.1", port=int(port), username=user, password=password, **tls
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
