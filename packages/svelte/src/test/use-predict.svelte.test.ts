import { flushSync } from 'svelte';
import { expect, test } from 'vitest';
import type { Model, Prediction, PredictOptions } from 'perigee';
import { usePredict, usePredictStream, useStorage, useTelemetry } from '@perigee/svelte';
import type { QueryState, StreamSource } from '@perigee/svelte';
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

test('an input is predicted again when a value of a list in the state changes', async () => {
  const { perigee, model, made } = await noted();
  const state = $state({ values: [...ROW] });
  let answer: QueryState<Prediction> | undefined;
  const view = mountWith(perigee, () => {
    const result = usePredict(model, () => state.values);
    answer = result;
    return () => `${result.status} ${result.isFetching}`;
  });
  await expect.poll(view.text).toBe('success false');
  const first = answer?.data;
  state.values[0] = 7;
  flushSync();
  expect(view.text()).toBe('success true');
  expect(answer?.data).toBe(first);
  await expect.poll(view.text).toBe('success false');
  expect(answer?.data).not.toBe(first);
  state.values = [...state.values];
  flushSync();
  expect(made).toHaveLength(2);
  await answer?.refetch();
  expect(made).toHaveLength(3);
});

test('a new input aborts the call for the one before, and so does an unmount', async () => {
  const { perigee, model, made } = await noted();
  let by = $state(1);
  const view = mountWith(perigee, () => {
    const answer = usePredict(
      () => model,
      () => ROW.map((value) => value * by),
    );
    return () => answer.status;
  });
  by = 2;
  flushSync();
  expect(made.map((options) => options?.signal?.aborted)).toEqual([true, false]);
  await expect.poll(view.text).toBe('success');
  by = 3;
  flushSync();
  await view.remove();
  expect(made[2]?.signal?.aborted).toBe(true);
  by = 4;
  flushSync();
  expect(made).toHaveLength(3);
});

test('nothing is predicted without a model or an input', async () => {
  const { perigee, model, made } = await noted();
  let by = $state.raw<Model>();
  let input = $state.raw<readonly number[] | null>(ROW);
  const view = mountWith(perigee, () => {
    const answer = usePredict(
      () => by,
      () => input,
    );
    return () => answer.status;
  });
  expect(made).toHaveLength(0);
  by = model;
  await expect.poll(view.text).toBe('success');
  input = null;
  flushSync();
  expect(view.text()).toBe('pending');
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
  let isOn = $state(true);
  const view = mountWith(perigee, () => {
    const answers = usePredictStream(model, () => (isOn ? sensor : null));
    return () => answers.count;
  });
  await expect.poll(() => Number(view.text())).toBeGreaterThan(3);
  isOn = false;
  flushSync();
  expect([open.size, view.text()]).toEqual([0, '0']);
  isOn = true;
  await expect.poll(() => Number(view.text())).toBeGreaterThan(0);
  await view.remove();
  expect(open.size).toBe(0);
});

test('useStorage() follows what is stored, useTelemetry() reports the queue', async () => {
  const perigee = client();
  const view = mountWith(perigee, () => {
    const storage = useStorage({ refetchInterval: 20 });
    const telemetry = useTelemetry();
    return () => `${storage.data?.models.length} ${telemetry.data?.queued}`;
  });
  await expect.poll(view.text).toBe('0 0');
  await perigee.load('wdbc');
  await expect.poll(view.text).toBe('1 0');
});
