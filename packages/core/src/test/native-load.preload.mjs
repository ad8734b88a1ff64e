// Delays the loading of a native addon in a worker thread until the file "aborted" exists. Writes
// files to the folder NATIVE_LOAD_FOLDER when loading begins and when it has ended.
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
