import { createPerigee } from 'perigee';
import { expect, onTestFinished, test, vi } from 'vitest';

test('a page that is not secure may use what needs no digests', async () => {
  const { crypto } = globalThis;
  const getRandomValues: typeof crypto.getRandomValues = (values) => crypto.getRandomValues(values);
  vi.stubGlobal('crypto', { getRandomValues });
  onTestFinished(() => void vi.unstubAllGlobals());
  const perigee = createPerigee({ store: 'memory' });
  onTestFinished(() => perigee.dispose());
  expect(await perigee.storage.report()).toMatchObject({ kind: 'memory' });
});
