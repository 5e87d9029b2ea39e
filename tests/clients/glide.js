// valkey-glide: node glide.js PORT USER PASSWORD RECORD
const [port, username, password, record] = process.argv.slice(2);
const { GlideClient } = require('@valkey/valkey-glide');
(async () => {
  const addresses = [{ host: '127.0.0.1', port: +port }];
  const client = await GlideClient.createClient({ addresses, credentials: { username, password } });
  console.log('ping', await client.customCommand(['PING']));
  console.log('tempid', await client.customCommand(['TEMPID']));
  console.log('upload', await client.customCommand(['UPLOAD', record]));
  client.close();
})().catch((error) => console.log('refused', error.message));
