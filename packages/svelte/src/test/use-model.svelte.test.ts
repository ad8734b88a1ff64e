import { flushSync } from 'svelte';
import { expect, test } from 'vitest';
import { useModel } from '@perigee/svelte';
import type { ModelState } from '@perigee/svelte';
import { client, MODEL_FILE } from '../../../bindings/test/client.ts';
import { mountWith } from './mount.fixture.ts';

test('a model is pending, then there, with its progress on the way', async () => {
  const seen: ModelState[] = [];
  const view = mountWith(client(), () => {
    const model = useModel('wdbc');
    return () => {
      seen.push({ ...model });
      return model.data ? `${model.data.name} ${model.version} ${model.backend}` : model.status;
    };
  });
  expect(seen[0]).toMatchObject({ status: 'pending', isFetching: false, progress: 0 });
  expect(view.text()).toBe('pending');
  await expect.poll(view.text).toBe('wdbc 1.1.0 cpu');
  expect(seen.some(({ progress }) => progress > 0 && progress < 1)).toBe(true);
  expect(seen.at(-1)).toMatchObject({ status: 'success', error: null, isFetching: false });
});

test('two components share one load, and the last unmount disposes it', async () => {
  const perigee = client();
  const setup = () => {
    const model = useModel('wdbc', { gcTime: 0 });
    return () => model.status;
  };
  const views = [mountWith(perigee, setup), mountWith(perigee, setup)];
  await expect.poll(() => views.map(({ text }) => text())).toEqual(['success', 'success']);
  expect(perigee.loads).toBe(1);
  await views[0]?.remove();
  // Timers fire in order: this one after one that would dispose the model.
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(perigee.loaded).toMatchObject([{ isDisposed: false }]);
  await views[1]?.remove();
  await expect.poll(() => perigee.loaded).toMatchObject([{ isDisposed: true }]);
  await expect.poll(async () => (await perigee.models())[0]?.loaded).toEqual([]);
});

test('an unmount during a load aborts it', async () => {
  const perigee = client();
  const view = mountWith(perigee, () => {
    const model = useModel('wdbc', { gcTime: 0 });
    return () => model.status;
  });
  expect(perigee.loads).toBe(1);
  await view.remove();
  await expect.poll(() => perigee.aborted).toBe(1);
  expect(perigee.loaded).toEqual([]);
});

test('a model is loaded though nothing shows its state', async () => {
  const perigee = client();
  let model: ModelState | undefined;
  mountWith(perigee, () => {
    model = useModel('wdbc');
    return () => '';
  });
  await expect.poll(() => model?.isSuccess).toBe(true);
});

test('another source is another model, and the one before is disposed', async () => {
  const perigee = client();
  let source = $state('wdbc@1.0.0');
  const view = mountWith(perigee, () => {
    const model = useModel(() => source, { gcTime: 0 });
    return () => `${model.data?.name} ${model.version}`;
  });
  await expect.poll(view.text).toBe('wdbc 1.0.0');
  source = 'wdbc@1.1.0';
  flushSync();
  expect(view.text()).toBe('undefined undefined');
  await expect.poll(view.text).toBe('wdbc 1.1.0');
  await expect.poll(() => perigee.loaded[0]).toMatchObject({ isDisposed: true });
});

test('a failure is an error, and refetch() loads again', async () => {
  const perigee = client();
  let model: ModelState | undefined;
  const view = mountWith(perigee, () => {
    const loading = useModel('nothing');
    model = loading;
    return () => (loading.isError && 'code' in loading.error ? loading.error.code : loading.status);
  });
  await expect.poll(view.text).toBe('MODEL_NOT_FOUND');
  await model?.refetch();
  expect(perigee.loads).toBe(2);
  expect(model).toMatchObject({ isError: true, isFetching: false });
});

test('a file is loaded by its URL', async () => {
  const view = mountWith(client(), () => {
    const model = useModel(MODEL_FILE);
    return () => model.data?.name;
  });
  await expect.poll(view.text).toMatch(/model\.onnx/);
});

test('a newer version is announced, and update() switches to it', async () => {
  const perigee = client();
  await perigee.pin('wdbc', '1.0.0');
  await (await perigee.load('wdbc', { update: 'local' })).dispose();
  await perigee.pin('wdbc', null);
  let model: ModelState | undefined;
  const view = mountWith(perigee, () => {
    const loading = useModel('wdbc');
    model = loading;
    return () => `${loading.version} ${loading.updateAvailable}`;
  });
  await expect.poll(view.text).toBe('1.0.0 1.1.0');
  expect(await model?.update()).toBe('1.1.0');
  await expect.poll(view.text).toBe('1.1.0 undefined');
});
