/** A kind of file, as its first bytes show it. */
export type Sniffed =
  | 'onnx'
  | 'tfjs-json'
  | 'ort'
  | 'gzip'
  | 'zip'
  | 'hdf5'
  | 'tflite'
  | 'safetensors'
  | 'gguf'
  | 'html'
  | 'git-lfs'
  | 'json'
  | 'empty'
  | 'unknown';

/** Kinds of files with a fixed signature: the signature's offset, and its bytes as Latin-1 text. */
const SIGNATURES: readonly (readonly [Sniffed, number, string])[] = [
  ['gzip', 0, '\x1f\x8b'],
  ['zip', 0, 'PK\x03\x04'],
  ['zip', 0, 'PK\x05\x06'],
  ['hdf5', 0, '\x89HDF\r\n\x1a\n'],
  ['gguf', 0, 'GGUF'],
  // A FlatBuffers file has its identifier after the 4-byte offset of its root table.
  ['tflite', 4, 'TFL3'],
  ['ort', 4, 'ORTM'],
  ['git-lfs', 0, 'version https://git-lfs'],
];
const START_BYTES = 1_024;
/** Bytes at each end of a JSON file that are searched for the parts of a TensorFlow.js model. */
const JSON_BYTES = 65_536;

/**
 * Detects the format of a file from its content, without parsing it. 'onnx' means that the file
 * begins as an ONNX model does. Opening the file shows whether it is complete.
 */
export function sniffFormat(bytes: Uint8Array): Sniffed {
  if (bytes.byteLength === 0) return 'empty';
  const start = latin1(bytes.subarray(0, START_BYTES));
  const found = SIGNATURES.find(([, offset, text]) => start.startsWith(text, offset));
  if (found) return found[0];
  if (isSafetensors(bytes, start)) return 'safetensors';
  const text = start
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart()
    .toLowerCase();
  if (/^<(!doctype|html|head|body|!--|\?xml)/.test(text)) return 'html';
  if (text.startsWith('{') || text.startsWith('[')) return jsonKind(bytes);
  return looksLikeOnnx(bytes) ? 'onnx' : 'unknown';
}

function jsonKind(bytes: Uint8Array): Sniffed {
  const ends = [bytes.subarray(0, JSON_BYTES), bytes.subarray(-JSON_BYTES)].map(latin1).join('');
  return /"(modelTopology|weightsManifest)"\s*:/.test(ends) ? 'tfjs-json' : 'json';
}

/** A safetensors file begins with the length of a JSON header in 8 bytes, then the header. */
function isSafetensors(bytes: Uint8Array, start: string): boolean {
  if (bytes.byteLength < 10 || !/^\{\s*["}]/.test(start.slice(8))) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return view.getUint32(4, true) === 0 && view.getUint32(0, true) <= bytes.byteLength;
}

/** Field numbers of ModelProto and their wire types. A writer may put any of them first. */
const MODEL_FIELDS: ReadonlyMap<number, number> = new Map([
  [1, 0],
  [2, 2],
  [3, 2],
  [4, 2],
  [5, 0],
  [6, 2],
  [7, 2],
  [8, 2],
  [14, 2],
  [20, 2],
  [25, 2],
  [26, 2],
]);

/**
 * Whether the bytes begin with fields of a ModelProto. A field may reach beyond the end: a download
 * that broke off still counts as an ONNX model.
 */
function looksLikeOnnx(bytes: Uint8Array): boolean {
  let at = 0;
  for (let count = 0; count < 4 && at < bytes.byteLength; count += 1) {
    const tag = varint(bytes, at);
    if (!tag || MODEL_FIELDS.get(tag.value >>> 3) !== (tag.value & 7)) return false;
    const payload = varint(bytes, tag.next);
    if (!payload) return false;
    if ((tag.value & 7) === 0) at = payload.next;
    // The graph fills nearly all of the file, so the fields after it are not checked.
    else if (tag.value >>> 3 === 7) return payload.value > 0;
    else at = payload.next + payload.value;
  }
  return at > 2;
}

function varint(bytes: Uint8Array, start: number): { value: number; next: number } | null {
  let value = 0;
  for (
    let at = start, scale = 1;
    at < Math.min(bytes.byteLength, start + 10);
    at += 1, scale *= 128
  ) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next: at + 1 };
  }
  return null;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
