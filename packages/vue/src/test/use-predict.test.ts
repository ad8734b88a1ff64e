import { computed, nextTick, ref, shallowRef } from 'vue';
import { expect, test } from 'vitest';
import type { Model, PredictOptions } from 'perigee';
import { usePredict, usePredictStream, useStorage, useTelemetry } from '@perigee/vue';
import type { StreamSource } from '@perigee/vue';
import { client, ROW } from '../../../bindings/test/client.ts';
import { mountWith } from './mount.fixture.ts';

/** A model that notes its calls. */
async function noted() {
  const perigee = client();
  const model = await perigee.load('wdbc');
  const made: (PredictOptions | undefined)[] = [];
  const predict: Model['predict'] = (input, options) => {
    made.push(options);
    return model.predict(input, options);
  };
  return { perigee, model: { ...model, predict }, made };
}

test('an input is predicted again when a value of a reactive list changes', async () => {
  const { perigee, model, made } = await noted();
  const values = ref([...ROW]);
  const { result } = mountWith(perigee, () => usePredict(model, values));
  await expect.poll(() => result.isSuccess.value).toBe(true);
  const first = result.data.value;
  values.value[0] = 7;
  await nextTick();
  expect([result.isFetching.value, result.data.value]).toEqual([true, first]);
  await expect.poll(() => result.isFetching.value).toBe(false);
  expect(result.data.value).not.toBe(first);
  values.value = [...values.value];
  await nextTick();
  expect(made).toHaveLength(2);
  await result.refetch();
  expect(made).toHaveLength(3);
});

test('a new input aborts the call for the one before, and so does an unmount', async () => {
  const { perigee, model, made } = await noted();
  const by = ref(1);
  const input = () => ROW.map((value) => value * by.value);
  const { result, app } = mountWith(perigee, () => usePredict(() => model, input));
  by.value = 2;
  await nextTick();
  expect(made.map((options) => options?.signal?.aborted)).toEqual([true, false]);
  await expect.poll(() => result.isSuccess.value).toBe(true);
  by.value = 3;
  await nextTick();
  app.unmount();
  expect(made[2]?.signal?.aborted).toBe(true);
  by.value = 4;
  await nextTick();
  expect(made).toHaveLength(3);
});

test('nothing is predicted without a model or an input', async () => {
  const { perigee, model, made } = await noted();
  const by = shallowRef<Model>();
  const input = ref<readonly number[] | null>(ROW);
  const { result } = mountWith(perigee, () => usePredict(by, input));
  await result.refetch();
  expect(made).toHaveLength(0);
  by.value = model;
  await expect.poll(() => result.isSuccess.value).toBe(true);
  input.value = null;
  await nextTick();
  expect([result.status.value, result.data.value]).toEqual(['pending', undefined]);
});

test('a sensor is answered until the component is gone', async () => {
  const perigee = client();
  const model = await perigee.load('wdbc');
  const open = new Set<AbortSignal>();
  const sensor: StreamSource<readonly number[]> = (push, signal) => {
    open.add(signal);
    const timer = setInterval(push, 5, ROW);
    signal.addEventListener('abort', () => {
      open.delete(signal);
      clearInterval(timer);
    });
  };
  const isOn = ref(true);
  const source = computed(() => (isOn.value ? sensor : null));
  const { result, app } = mountWith(perigee, () => usePredictStream(model, source));
  await expect.poll(() => result.count.value).toBeGreaterThan(3);
  isOn.value = false;
  await nextTick();
  expect([open.size, result.count.value]).toEqual([0, 0]);
  isOn.value = true;
  await expect.poll(() => result.count.value).toBeGreaterThan(0);
  app.unmount();
  expect(open.size).toBe(0);
});

test('useStorage() follows what is stored, useTelemetry() reports the queue', async () => {
  const perigee = client();
  const { result } = mountWith(perigee, () => ({
    storage: useStorage({ refetchInterval: 20 }),
    telemetry: useTelemetry(),
  }));
  await expect.poll(() => result.storage.data.value?.models).toEqual([]);
  await perigee.load('wdbc');
  await expect.poll(() => result.storage.data.value?.models).toHaveLength(1);
  await expect.poll(() => result.telemetry.data.value).toEqual({ queued: 0, sent: 0, lost: 0 });
});
