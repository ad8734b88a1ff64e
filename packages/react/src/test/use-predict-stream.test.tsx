import { renderHook, waitFor } from '@testing-library/react';
import { StrictMode } from 'react';
import { expect, test } from 'vitest';
import { usePredictStream } from '@perigee/react';
import type { StreamSource } from '@perigee/react';
import { client, ROW } from '../../../bindings/test/client.ts';

/** A sensor that reads once in 5 ms, and how many listeners it has. */
function sensor() {
  const open = new Set<AbortSignal>();
  const source: StreamSource<readonly number[]> = (push, signal) => {
    open.add(signal);
    const timer = setInterval(push, 5, ROW);
    signal.addEventListener('abort', () => {
      open.delete(signal);
      clearInterval(timer);
    });
  };
  return { open, source };
}

test('a sensor is answered until the component is gone', async () => {
  const model = await client().load('wdbc');
  const { open, source } = sensor();
  const { result, unmount } = renderHook(() => usePredictStream(model, source), {
    wrapper: StrictMode,
  });
  await waitFor(() => expect(result.current.count).toBeGreaterThan(3));
  expect(result.current).toMatchObject({ status: 'success', isFetching: true });
  expect(result.current.data?.id).toBeTypeOf('string');
  expect(open.size).toBe(1);
  unmount();
  expect(open.size).toBe(0);
});

test('without a source the stream ends', async () => {
  const model = await client().load('wdbc');
  const { open, source } = sensor();
  const { result, rerender } = renderHook(
    ({ isOn }) => usePredictStream(model, isOn ? source : null),
    { initialProps: { isOn: true } },
  );
  await waitFor(() => expect(result.current.isSuccess).toBe(true));
  rerender({ isOn: false });
  expect(result.current).toMatchObject({ status: 'pending', isFetching: false });
  expect(open.size).toBe(0);
});

test('a source that ends ends the stream, and its failure is an error', async () => {
  const model = await client().load('wdbc');
  const rows: StreamSource<readonly number[]> = async (push) => {
    for (const row of [ROW, ROW, ROW]) push(row);
  };
  const broken: StreamSource<readonly number[]> = async () => {
    throw new Error('The sensor was unplugged.');
  };
  const { result, rerender } = renderHook(
    ({ source }) => usePredictStream(model, source, { whenBusy: 'queue' }),
    { initialProps: { source: rows } },
  );
  await waitFor(() => expect(result.current).toMatchObject({ count: 3, isFetching: false }));
  rerender({ source: broken });
  await waitFor(() => expect(result.current.isError).toBe(true));
  expect(result.current.error?.message).toBe('The sensor was unplugged.');
});

test('a video is a source of its frames', async () => {
  const seen: unknown[] = [];
  const model = {
    // A model that answers with the frames.
    async *predictStream(frames: AsyncIterable<HTMLVideoElement>) {
      for await (const frame of frames) yield seen.push(frame);
    },
  };
  const waiting: (() => void)[] = [];
  const video = Object.assign(document.createElement('video'), {
    requestVideoFrameCallback: (next: () => void) => waiting.push(next),
  });
  const { result, unmount } = renderHook(() => usePredictStream(model, video));
  for (const count of [1, 2]) {
    await waitFor(() => expect(waiting).toHaveLength(1));
    waiting.shift()?.();
    await waitFor(() => expect(result.current.data).toBe(count));
  }
  expect(seen).toEqual([video, video]);
  unmount();
  waiting.shift()?.();
  expect(waiting).toEqual([]);
});

test('a failed prediction ends the source, which would push for ever', async () => {
  const model = await client().load('wdbc');
  const { open, source } = sensor();
  const broken: typeof source = (push, signal) => source((row) => push(row.slice(1)), signal);
  const { result } = renderHook(() => usePredictStream(model, broken));
  await waitFor(() => expect(result.current.isError).toBe(true));
  await waitFor(() => expect(open.size).toBe(0));
});
