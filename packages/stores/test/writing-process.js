// Appends records to the file that it is given until it is killed, and tells how many are written.
import { openSqliteRecords } from '@flick/stores';

const store = await openSqliteRecords({ path: process.argv[2], say() {} });
const outcome = {
  requestId: 'a1',
  timeMs: Date.now(),
  method: 'GET',
  path: '/',
  status: 200,
  precise: 200,
  violations: [],
  address: '192.0.2.1',
  durationMs: 1,
  ending: 'complete',
};
setInterval(() => {
  for (let index = 0; index < 50; index += 1) store.append(outcome);
  process.send(store.written);
}, 1);
