/** The predictions of one worker: the id, and the label index or the predicted number. */
export type Predictions = readonly (readonly [id: string, value: number])[];

/** A stored group of predictions, as its key describes it. */
export interface GroundTruthGroup {
  readonly key: string;
  readonly model: string;
  readonly atMs: number;
  readonly worker: string;
  readonly firstCall: number;
  readonly lastCall: number;
  /** Size in bytes of the key and the value as first written. */
  readonly sizeBytes: number;
}

export const GROUPS = 'telemetry:truth:';
const RADIX = 36;
/** Size of the call number; the value follows as a float64. */
const CALL_BYTES = 4;
const ENTRY_BYTES = CALL_BYTES + 8;

/** Parses an id from `predictionId()`; undefined for other text. */
export function partsOf(
  id: string,
): { readonly worker: string; readonly call: number } | undefined {
  const [, worker, call] = /^([^-:]+)-([0-9a-z]{1,7})$/.exec(id) ?? [];
  return worker && call ? { worker, call: Number.parseInt(call, RADIX) } : undefined;
}

/**
 * Returns the key of a group. It describes the group's predictions, so that a search reads one
 * value.
 */
export function keyOfGroup(model: string, atMs: number, predictions: Predictions): string {
  const calls = callsOf(predictions);
  const worker = partsOf(predictions[0]?.[0] ?? '')?.worker ?? '';
  const range = [calls[0] ?? 0, calls.at(-1) ?? 0, calls.length].map((n) => n.toString(RADIX));
  return `${GROUPS}${[model, atMs, worker, ...range].join(':')}`;
}

/** Parses a key; undefined for another form of key. */
export function groupOf(key: string): GroundTruthGroup | undefined {
  const parts = key.slice(GROUPS.length).split(':');
  const [model = '', atMs, worker = '', first = '', last = '', count = ''] = parts;
  if (parts.length !== 6) return undefined;
  const [firstCall, lastCall, entries] = [first, last, count].map((n) => Number.parseInt(n, RADIX));
  if (firstCall === undefined || lastCall === undefined || entries === undefined) return undefined;
  const sizeBytes = key.length + entries * ENTRY_BYTES;
  return { key, model, atMs: Number(atMs), worker, firstCall, lastCall, sizeBytes };
}

export function encodeGroup(predictions: Predictions): Uint8Array {
  const bytes = new Uint8Array(predictions.length * ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, [id, value]] of predictions.entries()) {
    view.setUint32(i * ENTRY_BYTES, partsOf(id)?.call ?? 0);
    view.setFloat64(i * ENTRY_BYTES + CALL_BYTES, value);
  }
  return bytes;
}

/**
 * Returns the value of a call, and the group without it; undefined when the group does not have it.
 */
export function takeCall(
  group: Uint8Array,
  call: number,
): { readonly value: number; readonly rest: Uint8Array | undefined } | undefined {
  const view = new DataView(group.buffer, group.byteOffset, group.byteLength);
  for (let at = 0; at < group.byteLength; at += ENTRY_BYTES) {
    if (view.getUint32(at) !== call) continue;
    const rest = new Uint8Array(group.byteLength - ENTRY_BYTES);
    rest.set(group.subarray(0, at));
    rest.set(group.subarray(at + ENTRY_BYTES), at);
    const value = view.getFloat64(at + CALL_BYTES);
    return { value, rest: rest.byteLength > 0 ? rest : undefined };
  }
  return undefined;
}

/** The call numbers of the predictions, in ascending order. */
function callsOf(predictions: Predictions): number[] {
  return predictions.map(([id]) => partsOf(id)?.call ?? 0).toSorted((a, b) => a - b);
}
