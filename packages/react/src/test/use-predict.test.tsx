import { act, renderHook, waitFor } from '@testing-library/react';
import { StrictMode } from 'react';
import type { Classification, Model, Prediction, PredictOptions } from 'perigee';
import { expect, test } from 'vitest';
import { usePredict } from '@perigee/react';
import { client, ROW } from '../../../bindings/test/client.ts';

/** A loaded model, and the options of each call. */
async function calls() {
  const model = await client().load('wdbc', { update: 'local' });
  const made: PredictOptions[] = [];
  const predict = model.predict.bind(model);
  model.predict = (input, options = {}) => {
    made.push(options);
    return predict(input, options);
  };
  return { model, made };
}

function labelOf(data: Prediction<Classification> | undefined): string | undefined {
  return data?.output.label;
}

test('the answer follows the values of the input', async () => {
  const { model, made } = await calls();
  const { result, rerender } = renderHook(({ input }) => usePredict<Classification>(model, input), {
    initialProps: { input: [...ROW] },
  });
  await waitFor(() => expect(result.current.isSuccess).toBe(true));
  expect(labelOf(result.current.data)).toMatch(/malignant|benign/);
  rerender({ input: [...ROW] });
  expect(made).toHaveLength(1);
  const { data } = result.current;
  rerender({ input: ROW.map((value) => value / 100) });
  expect(result.current).toMatchObject({ isFetching: true, status: 'success', data });
  await waitFor(() => expect(result.current.isFetching).toBe(false));
  expect(result.current.data).not.toBe(data);
  expect(made).toHaveLength(2);
  await act(() => result.current.refetch());
  expect(made).toHaveLength(3);
});

test('StrictMode predicts once', async () => {
  const { model, made } = await calls();
  const { result } = renderHook(() => usePredict(model, ROW, { debounceMs: 20 }), {
    wrapper: StrictMode,
  });
  await waitFor(() => expect(result.current.isSuccess).toBe(true));
  expect(made).toHaveLength(1);
});

test('debounced inputs are one call', async () => {
  const { model, made } = await calls();
  const { result, rerender } = renderHook(
    ({ input }) => usePredict(model, input, { debounceMs: 100 }),
    { initialProps: { input: ROW } },
  );
  for (const factor of [1, 2, 3]) rerender({ input: ROW.map((value) => value * factor) });
  expect(result.current).toMatchObject({ status: 'pending', isFetching: true });
  await waitFor(() => expect(result.current.isSuccess).toBe(true));
  expect(made).toHaveLength(1);
});

test('a new input aborts the call for the one before, and so does an unmount', async () => {
  const { model, made } = await calls();
  const { result, rerender, unmount } = renderHook(({ input }) => usePredict(model, input), {
    initialProps: { input: ROW },
  });
  rerender({ input: ROW.map((value) => value + 1) });
  expect(made.map(({ signal }) => signal?.aborted)).toEqual([true, false]);
  await waitFor(() => expect(result.current.isSuccess).toBe(true));
  expect(result.current.error).toBeNull();
  rerender({ input: ROW.map((value) => value + 2) });
  unmount();
  expect(made[2]?.signal?.aborted).toBe(true);
});

test('nothing is predicted without a model or an input', async () => {
  const { model, made } = await calls();
  const { result, rerender } = renderHook(
    ({ by, input }: { by?: Model; input?: readonly number[] }) => usePredict(by, input),
    { initialProps: { input: ROW } as { by?: Model; input?: readonly number[] } },
  );
  expect(result.current).toMatchObject({ status: 'pending', isFetching: false });
  await act(() => result.current.refetch());
  rerender({ by: model });
  expect(made).toHaveLength(0);
  rerender({ by: model, input: ROW });
  await waitFor(() => expect(result.current.isSuccess).toBe(true));
  rerender({ by: model });
  expect(result.current).toMatchObject({ status: 'pending', data: undefined, isFetching: false });
});

test('a wrong input is an error, and the next right one is answered', async () => {
  const { model } = await calls();
  const { result, rerender } = renderHook(({ input }) => usePredict(model, input), {
    initialProps: { input: [1] as readonly number[] },
  });
  await waitFor(() => expect(result.current.isError).toBe(true));
  expect(result.current.error).toMatchObject({ code: 'INVALID_INPUT' });
  rerender({ input: ROW });
  await waitFor(() => expect(result.current.isSuccess).toBe(true));
});
