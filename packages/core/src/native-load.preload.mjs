// Lets a worker thread load a native addon only once the file "aborted" is there. Says in files of the
// folder NATIVE_LOAD_FOLDER when that begins, and when it has ended.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const file = (name) => join(process.env.NATIVE_LOAD_FOLDER, name);
const { dlopen } = process;

if (!isMainThread) {
  process.dlopen = (...args) => {
    writeFileSync(file('begun'), '');
    const never = new Int32Array(new SharedArrayBuffer(4));
    while (!existsSync(file('aborted'))) Atomics.wait(never, 0, 0, 5);
    dlopen.apply(process, args);
    writeFileSync(file('ended'), '');
  };
}
