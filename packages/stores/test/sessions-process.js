// Adds sessions to the file that it is given, and ends others, until it is killed; tells how many of each are acknowledged.
import { openSqliteSessions } from '@flick/stores';

const store = await openSqliteSessions({ path: process.argv[2] });
const add = (digest) => {
  const session = { digest, previous: undefined, subject: digest, scopes: [], usedMs: 1000, endsMs: 9000 };
  return store.add(session, { staleMs: 0, expiredMs: 0 });
};
const live = async (number) => {
  await Promise.all([add(`kept ${number}`), add(`ended ${number}`)]);
  await store.remove(`ended ${number}`, 0);
  process.send(number);
  setImmediate(live, number + 1);
};
await live(0);
