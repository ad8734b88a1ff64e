// node child.mjs <candidate> <folder> <modules> <what> [times]: one of several processes on a
// store.
import process from 'node:process';
import { CANDIDATES } from './candidates.mjs';

const [candidate, folder, modules, what, times] = process.argv.slice(2);
const store = await CANDIDATES[candidate].open(folder, modules);
if (what === 'add') for (let i = 0; i < Number(times); i += 1) await store.add('counter');
if (what === 'hold') {
  // The parent sees that this process has stopped, and wakes it later. A transaction that is
  // planned anew does not stop again.
  let stops = 1;
  await store.hold(() => void (stops-- > 0 && process.kill(process.pid, 'SIGSTOP')));
}
await store.close();
