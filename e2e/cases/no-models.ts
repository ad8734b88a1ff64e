import type { Case } from './case.ts';

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const pad = (text: string): string => text.padEnd(64, 'a');

/** First bytes of files that are no models, and the word that the error message has for each. */
const OTHERS: readonly (readonly [string, string])[] = [
  ['zip', pad('PK\u0003\u0004')],
  ['zip', pad('PK\u0005\u0006')],
  ['gzip', pad('\u001f\u008b\u0008\u0000')],
  ['HDF5', pad('\u0089HDF\r\n\u001a\n')],
  ['TensorFlow Lite', pad('\u001c\u0000\u0000\u0000TFL3')],
  ['safetensors', pad('\u000a\u0000\u0000\u0000\u0000\u0000\u0000\u0000{"a":null}')],
  ['GGUF', pad('GGUF\u0003\u0000\u0000\u0000')],
  ['HTML', '<!doctype html><title>a</title>'],
  ['HTML', '\u00ef\u00bb\u00bf\n<html lang="en"></html>'],
  ['Git LFS', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n'],
  ['empty', ''],
];

const broken = (what: string, file: string, change: (bytes: Uint8Array) => Uint8Array): Case => ({
  what,
  file,
  change,
  refused: { code: 'WRONG_CONTENT', words: ['cut off'] },
});

/** Bytes that are no model, under a model's name. The SDK notices before it chooses a backend. */
export const NO_MODELS: readonly Case[] = OTHERS.map(([name, text], index) => ({
  what: `${name} in place of a model (${index})`,
  file: 'int64.onnx',
  change: () => latin1(text),
  refused: { code: 'WRONG_CONTENT', words: [name] },
}));

/** Truncated models. Each runtime is tried. */
export const BROKEN: readonly Case[] = [
  broken('half of a large model', 'dynquant-large.onnx', (bytes) =>
    bytes.subarray(0, bytes.byteLength >> 1),
  ),
  broken('a model without its last byte', 'whd.onnx', (bytes) => bytes.subarray(0, -1)),
  broken('the first 40 bytes of a model', 'whd.onnx', (bytes) => bytes.subarray(0, 40)),
];
