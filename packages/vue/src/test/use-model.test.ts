import { createApp, effectScope, nextTick, ref, watch } from 'vue';
import { expect, test } from 'vitest';
import { useModel } from '@perigee/vue';
import { client, MODEL_FILE } from '../../../bindings/test/client.ts';
import { mountWith } from './mount.fixture.ts';

test('a model is pending, then there, with its progress on the way', async () => {
  const seen: number[] = [];
  const { result } = mountWith(client(), () => {
    const model = useModel('wdbc');
    watch(model.progress, (progress) => seen.push(progress), { flush: 'sync' });
    expect(model.isFetching.value).toBe(false);
    return model;
  });
  expect(result.status.value).toBe('pending');
  expect(result.isFetching.value).toBe(true);
  await expect.poll(() => result.isSuccess.value).toBe(true);
  expect(result.data.value?.name).toBe('wdbc');
  expect([result.version.value, result.backend.value]).toEqual(['1.1.0', 'cpu']);
  expect([result.error.value, result.isFetching.value]).toEqual([null, false]);
  expect(seen.some((progress) => progress > 0 && progress < 1)).toBe(true);
});

test('two components share one load, and the last unmount disposes it', async () => {
  const perigee = client();
  const views = [0, 1].map(() => mountWith(perigee, () => useModel('wdbc', { gcTime: 0 })));
  await expect.poll(() => views.every(({ result }) => result.isSuccess.value)).toBe(true);
  expect(perigee.loads).toBe(1);
  views[0]?.app.unmount();
  // Timers fire in order: this one after one that would dispose the model.
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(perigee.loaded).toMatchObject([{ isDisposed: false }]);
  views[1]?.app.unmount();
  await expect.poll(() => perigee.loaded).toMatchObject([{ isDisposed: true }]);
  await expect.poll(async () => (await perigee.models())[0]?.loaded).toEqual([]);
});

test('an unmount during a load aborts it', async () => {
  const perigee = client();
  const { app } = mountWith(perigee, () => useModel('wdbc', { gcTime: 0 }));
  expect(perigee.loads).toBe(1);
  app.unmount();
  await expect.poll(() => perigee.aborted).toBe(1);
  expect(perigee.loaded).toEqual([]);
});

test('another source is another model, and the one before is disposed', async () => {
  const perigee = client();
  const source = ref('wdbc@1.0.0');
  const { result } = mountWith(perigee, () => useModel(source, () => ({ gcTime: 0 })));
  await expect.poll(() => result.version.value).toBe('1.0.0');
  source.value = 'wdbc@1.1.0';
  await nextTick();
  expect([result.data.value, result.version.value]).toEqual([undefined, undefined]);
  await expect.poll(() => result.version.value).toBe('1.1.0');
  await expect.poll(() => perigee.loaded[0]).toMatchObject({ isDisposed: true });
});

test('a failure is an error, and refetch() loads again', async () => {
  const perigee = client();
  const { result } = mountWith(perigee, () => useModel('nothing'));
  await expect.poll(() => result.isError.value).toBe(true);
  expect(result.error.value).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  await result.refetch();
  expect(perigee.loads).toBe(2);
  expect([result.isError.value, result.isFetching.value]).toEqual([true, false]);
});

test('a file is loaded by its URL', async () => {
  const { result } = mountWith(client(), () => useModel(MODEL_FILE));
  await expect.poll(() => result.data.value?.name).toMatch(/model\.onnx/);
});

test('a newer version is announced, and update() switches to it', async () => {
  const perigee = client();
  await perigee.pin('wdbc', '1.0.0');
  await (await perigee.load('wdbc', { update: 'local' })).dispose();
  await perigee.pin('wdbc', null);
  const { result } = mountWith(perigee, () => useModel('wdbc'));
  await expect.poll(() => result.version.value).toBe('1.0.0');
  await expect.poll(() => result.updateAvailable.value).toBe('1.1.0');
  expect(await result.update()).toBe('1.1.0');
  expect([result.version.value, result.updateAvailable.value]).toEqual(['1.1.0', undefined]);
});

test('what was begun ends with a scope outside of components', async () => {
  const perigee = client();
  const scope = effectScope();
  const { app } = mountWith(perigee, () => ({}));
  const model = app.runWithContext(() => scope.run(() => useModel('wdbc', { gcTime: 0 })));
  await expect.poll(() => model?.isSuccess.value).toBe(true);
  scope.stop();
  await expect.poll(() => perigee.loaded).toMatchObject([{ isDisposed: true }]);
});

test('without the plugin the error names it', () => {
  const app = createApp({});
  expect(() => app.runWithContext(() => useModel('wdbc'))).toThrow('PerigeePlugin');
});
