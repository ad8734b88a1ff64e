// The registry of the demo's models for unit tests. It is published once in a run of tests, because
// packing takes seconds; each test file gets a copy.
import { execFile } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PUBLISH = fileURLToPath(new URL('../models/publish.mjs', import.meta.url));
/** The folder that all processes of a run of tests share. The set-up of the tests makes it. */
const FOLDER_OF_RUN = 'PERIGEE_TEST_RUN';

/** Makes the folder that all tests of a run share. Resolves to its path. */
export async function openTestRun() {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-tests-'));
  process.env[FOLDER_OF_RUN] = folder;
  return folder;
}

/**
 * Writes the registry of the demo's models to a folder, which is made if it is missing.
 * @param {string} registry path
 * @param {string} [keys] path of a folder for the keys of the registry
 */
export async function publishDemoModels(registry, keys) {
  const folder = process.env[FOLDER_OF_RUN];
  if (!folder) throw new Error(`${FOLDER_OF_RUN} is not set. Run the tests with vitest.`);
  await cp(await publishOnce(folder), registry, { recursive: true });
  if (keys !== undefined) await cp(join(folder, 'keys'), keys, { recursive: true });
}

/**
 * The first process publishes, the others wait for it.
 * @param {string} folder
 */
async function publishOnce(folder) {
  const registry = join(folder, 'registry');
  const result = join(folder, 'result');
  const isFirst = await mkdir(join(folder, 'publishing')).then(
    () => true,
    (error) => {
      if (error.code !== 'EEXIST') throw error;
      return false;
    },
  );
  if (isFirst) {
    const publishing = promisify(execFile)(process.execPath, [PUBLISH, registry]);
    await writeFile(`${result}.new`, await publishing.then(() => '', String));
    await rename(`${result}.new`, result);
  }
  while (!(await isThere(result))) await wait(50);
  const failure = await readFile(result, 'utf8');
  if (failure) throw new Error(`models/publish.mjs failed: ${failure}`);
  return registry;
}

/** @param {string} path */
const isThere = (path) =>
  access(path).then(
    () => true,
    () => false,
  );
