"""valkey-glide: glide_client.py PORT USER PASSWORD RECORD"""

import asyncio
import sys

from glide import (
    GlideClient,
    GlideClientConfiguration,
    GlideError,
    NodeAddress,
    ServerCredentials,
)

port, user, password, record = sys.argv[1:]


async def talk():
    configuration = GlideClientConfiguration(
        [NodeAddress("127.0.0.1", int(port))],
        credentials=ServerCredentials(username=user, password=password),
    )
    client = await GlideClient.create(configuration)
    print("ping", (await client.ping()).decode())
    print("tempid", (await client.custom_command(["TEMPID"])).decode())
    print("upload", await client.custom_command(["UPLOAD", record]))
    await client.close()


try:
    asyncio.run(talk())
except GlideError as error:
    print("refused", error)
