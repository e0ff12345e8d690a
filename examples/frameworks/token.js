// A token for an hour: `node token.js ada`. A second argument says for how many seconds in its place.
import { createHmac } from 'node:crypto';

const [subject = 'ada', seconds = '3600'] = process.argv.slice(2);
const claims = { sub: subject, exp: Math.floor(Date.now() / 1000) + Number(seconds) };
const text = [{ alg: 'HS256', typ: 'JWT' }, claims]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.');
console.log(`${text}.${createHmac('sha256', process.env.TEA_SECRET).update(text).digest('base64url')}`);
