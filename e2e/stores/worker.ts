// Runs the contract of the stores on the real IndexedDB and origin private file system of a
// browser. Also packs files for the tests that kill the browser.
import { encryptedStore } from '../../packages/core/src/store/encrypted.ts';
import { chooseFileForm } from '../../packages/core/src/store/file-form.ts';
import type { FileForm } from '../../packages/core/src/store/file-form.ts';
import { createIndexedDbStore } from '../../packages/core/src/store/indexeddb.ts';
import { hasOpfs } from '../../packages/core/src/store/opfs-files.ts';
import { testOpfs } from '../../packages/core/src/store/opfs.contract.ts';
import { testStore } from '../../packages/core/src/store/store.contract.ts';
import { check, packOverAndOver } from './packing.ts';
import { runTests } from './vitest.ts';
import type { TestResult } from './vitest.ts';

/** The page's requests. */
export type StoresTask = 'contract' | 'pack' | { readonly check: number };

addEventListener('message', async ({ data: task }: MessageEvent<StoresTask>) => {
  if (task === 'contract') postMessage(await contract());
  else if (task === 'pack') await packOverAndOver((round) => postMessage(round));
  else postMessage(await check(task.check));
});

async function contract(): Promise<{ forms: FileForm[]; results: TestResult[] }> {
  const chosen = await chooseFileForm();
  const forms = [...new Set<FileForm>((await hasOpfs()) ? [chosen, 'opfs'] : [chosen])];
  for (const form of forms)
    testStore(
      'indexeddb',
      async (name) => createIndexedDbStore(`${form}-${name}`, async () => form),
      form === 'chunks' ? form : undefined,
    );
  testStore(
    'indexeddb',
    async (name) => encryptedStore(createIndexedDbStore(`${name}-encrypted`)),
    'encrypted',
  );
  if (forms.includes('opfs')) testOpfs();
  return { forms, results: await runTests() };
}
