import { expect, test } from '@playwright/test';
import { openLab } from '../support/lab.ts';

test('one flipped byte on the host is refused with INTEGRITY, and the old version still answers', async ({
  browser,
}) => {
  const lab = await openLab(browser);
  await lab.page.evaluate(async () => {
    const perigee = globalThis.lab.createPerigee({
      registry: new URL('/registry/', location.href).href,
    });
    Object.assign(globalThis, {
      perigee,
      model: await perigee.load('digits', { update: 'local' }),
    });
  });
  lab.host.tamper(
    (path) => path.startsWith('/registry/blobs/'),
    (bytes) => {
      const changed = Buffer.from(bytes);
      changed[changed.length >> 1]! ^= 1;
      return changed;
    },
  );
  const result = await lab.page.evaluate(async () => {
    const { perigee, model } = globalThis as unknown as {
      perigee: ReturnType<typeof globalThis.lab.createPerigee>;
      model: Awaited<ReturnType<typeof globalThis.lab.loadModel>>;
    };
    const refused = await perigee.load('digits@canary').then(
      () => ({ code: 'loaded', message: '' }),
      ({ code, message }: { code: string; message: string }) => ({ code, message }),
    );
    const canvas = new OffscreenCanvas(28, 28);
    const context = canvas.getContext('2d')!;
    context.fillStyle = 'white';
    context.fillRect(0, 0, 28, 28);
    context.fillStyle = 'black';
    context.fillRect(12, 4, 4, 20);
    const { output } = await model.predict(canvas);
    return { refused, version: model.version, label: 'label' in output ? output.label : null };
  });
  expect(result.refused.code).toBe('INTEGRITY');
  expect(result.refused.message).toMatch(/[0-9a-f]{64}/);
  expect(result.version).toBe('1.0.0');
  expect(result.label).toBe('1');
  await lab.close();
});
