// ioredis and iovalkey, which have one interface: node ioredis.js MODULE PORT USER PASSWORD RECORD
const [name, port, username, password, record] = process.argv.slice(2);
const Client = require(name);
const client = new Client({ host: '127.0.0.1', port: +port, username, password });
client.on('error', (error) => {
  console.log('refused', error.message);
  client.disconnect();
});
client.on('ready', async () => {
  console.log('ping', await client.ping());
  console.log('tempid', await client.call('TEMPID'));
  console.log('upload', await client.call('UPLOAD', record));
  console.log('quit', await client.quit());
});
