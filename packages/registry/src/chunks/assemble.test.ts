import { expect, test } from 'vitest';
import { assembleFile, sha256Hex } from '../index.ts';
import type { Chunk, ModelFile } from '../index.ts';

const parts = ['first ', 'second ', ''].map((text) => new TextEncoder().encode(text));

async function release(): Promise<{
  file: ModelFile;
  chunks: Chunk[];
  read: (chunk: Chunk) => Promise<Uint8Array | undefined>;
}> {
  const chunks = await Promise.all(
    parts.map(
      async (part) =>
        ({
          sha256: await sha256Hex(part),
          sizeBytes: part.length,
          encoding: 'identity',
          wireBytes: part.length,
        }) as const,
    ),
  );
  const file = {
    path: 'model.onnx',
    sizeBytes: 19,
    sha256: await sha256Hex(new TextEncoder().encode('first second first ')),
    chunks: [0, 1, 2, 0],
  };
  return {
    file,
    chunks,
    read: async (chunk) => parts[chunks.indexOf(chunk as (typeof chunks)[number])],
  };
}

test('a file is its chunks in the order listed, one of them twice', async () => {
  const { file, chunks, read } = await release();
  expect(new TextDecoder().decode(await assembleFile(file, chunks, read))).toBe(
    'first second first ',
  );
});

test('a chunk that is missing, short or another is named', async () => {
  const { file, chunks, read } = await release();
  const second = chunks[1]!.sha256;
  const instead = (bytes: Uint8Array | undefined) => async (chunk: Chunk) =>
    chunk.sha256 === second ? bytes : read(chunk);
  await expect(assembleFile(file, chunks, instead(undefined))).rejects.toMatchObject({
    code: 'INTEGRITY',
    message: expect.stringContaining('missing') as string,
    details: { sha256: second },
  });
  await expect(assembleFile(file, chunks, instead(new Uint8Array(6)))).rejects.toMatchObject({
    code: 'INTEGRITY',
    message: expect.stringContaining('6 bytes long, not 7') as string,
  });
  await expect(assembleFile(file, chunks, instead(new Uint8Array(7)))).rejects.toMatchObject({
    code: 'INTEGRITY',
    message: expect.stringContaining('is damaged') as string,
    details: { sha256: second },
  });
});
