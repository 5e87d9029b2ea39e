// node-redis: node node_redis.js PORT USER PASSWORD RECORD
const [port, username, password, record] = process.argv.slice(2);
const { createClient } = require('redis');
const client = createClient({ socket: { host: '127.0.0.1', port: +port }, username, password });
client.on('error', () => client.destroy());
(async () => {
  await client.connect();
  console.log('ping', await client.ping());
  console.log('tempid', await client.sendCommand(['TEMPID']));
  console.log('upload', await client.sendCommand(['UPLOAD', record]));
  await client.close();
})().catch((error) => console.log('refused', error.message));
