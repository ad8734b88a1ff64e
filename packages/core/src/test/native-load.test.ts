import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const PRELOAD = new URL('native-load.preload.mjs', import.meta.url).href;
const SCRIPT = fileURLToPath(new URL('native-load.script.mjs', import.meta.url));
const MODEL = fileURLToPath(
  new URL('../../../../models/wdbc/versions/1.0.0/model.onnx', import.meta.url),
);
const run = promisify(execFile);

// A thread that is ended during the load may take down the whole process.
test('a thread whose load is aborted while it loads the native runtime ends after that', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-native-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const env = { ...process.env, NODE_OPTIONS: `--import=${PRELOAD}`, NATIVE_LOAD_FOLDER: folder };
  const { stdout } = await run(process.execPath, [SCRIPT, MODEL], { env, timeout: 120_000 });
  expect(JSON.parse(stdout)).toEqual({ failure: 'enough', isLoaded: true });
});
