import { expect, test } from 'vitest';
import { readBounded } from '../index.ts';

function streamOf(...parts: number[]): {
  stream: ReadableStream<Uint8Array>;
  pulled: () => number;
  cancelled: () => boolean;
} {
  let pulled = 0;
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const size = parts[pulled];
        pulled += 1;
        if (size === undefined) controller.close();
        else controller.enqueue(new Uint8Array(size).fill(pulled));
      },
      cancel() {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, pulled: () => pulled, cancelled: () => cancelled };
}

test.each([[[]], [[5]], [[2, 3]], [[1, 0, 4]]])(
  'parts of %j bytes are read to the end, up to the limit',
  async (parts) => {
    const seen: number[] = [];
    const bytes = await readBounded(streamOf(...parts).stream as never, 5, 'it', (count) =>
      seen.push(count),
    );
    expect(bytes.length).toBe(parts.reduce((a, b) => a + b, 0));
    expect(seen).toEqual(parts);
  },
);

test('an endless answer is left at the first byte over the limit', async () => {
  const endless = streamOf(...Array.from({ length: 1_000 }, () => 10));
  await expect(readBounded(endless.stream as never, 25, 'the answer')).rejects.toMatchObject({
    code: 'WRONG_CONTENT',
    message: expect.stringContaining('the answer is longer than the allowed 25 bytes') as string,
  });
  expect([endless.pulled(), endless.cancelled()]).toEqual([3, true]);
});
