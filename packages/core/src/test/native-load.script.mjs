// Run by native-load.test.ts: aborts a load while its thread loads the native runtime.
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { loadModel } from 'perigee';

const folder = process.env.NATIVE_LOAD_FOLDER;
const stop = new AbortController();
const started = once(process, 'worker');
const failure = loadModel(process.argv[2], { backend: 'native', signal: stop.signal }).catch(
  ({ message }) => message,
);
const [thread] = await started;
const exit = once(thread, 'exit');
while (!existsSync(join(folder, 'begun'))) await new Promise((resolve) => setTimeout(resolve, 5));
stop.abort(new Error('enough'));
writeFileSync(join(folder, 'aborted'), '');
thread.ref();
await exit;
console.log(
  JSON.stringify({ failure: await failure, isLoaded: existsSync(join(folder, 'ended')) }),
);
