"""coredis: coredis_client.py PORT USER PASSWORD RECORD"""

import asyncio
import sys

import coredis

port, user, password, record = sys.argv[1:]


def as_it_is(reply, **_):
    return reply


async def talk():
    client = coredis.Redis(host="127.0.0.1", port=int(port), username=user, password=password)
    async with client:
        print("ping", (await client.ping()).decode())
        print("tempid", (await client.create_request(b"TEMPID", callback=as_it_is)).decode())
        print("upload", await client.create_request(b"UPLOAD", record, callback=as_it_is))


def reasons(error):
    """Those within a group of errors, as tasks that run side by side raise them."""
    if isinstance(error, BaseExceptionGroup):
        return [reason for inner in error.exceptions for reason in reasons(inner)]
    return [error]


try:
    asyncio.run(talk())
except Exception as error:
    print("refused", *reasons(error))
