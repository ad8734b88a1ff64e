import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize } from 'node:v8';
import { versionKey } from '../memory.ts';
import type { Pointer, QueuedBatch, VersionRecord } from '../store.ts';
import { ignoreMissing, STATE_FILE } from './files.ts';
import { keys } from './keys.ts';
import type { Change } from './record.ts';
import { encodeValue } from './value-text.ts';

interface State {
  readonly versions: Record<string, VersionRecord>;
  readonly pointers: Record<string, Pointer>;
  readonly values: Record<string, unknown>;
  readonly batches: readonly QueuedBatch[];
}

/**
 * Reads the state file of version 0.1.0 as journal entries; undefined when it does not exist.
 * Throws when the file cannot be read.
 */
export async function releasedState(folder: string): Promise<Change[] | undefined> {
  const bytes = await readFile(join(folder, STATE_FILE)).catch(ignoreMissing);
  if (!bytes) return undefined;
  const { versions, pointers, values, batches } = deserialize(bytes) as State;
  return [
    ...Object.values(versions).map(
      (record) =>
        [
          keys.version(versionKey(record.model, record.version, record.variant)),
          encodeValue(record),
        ] as const,
    ),
    ...Object.values(pointers).map(
      (pointer) => [keys.pointer(pointer.ref), encodeValue(pointer)] as const,
    ),
    ...Object.entries(values).map(([key, value]) => [keys.value(key), encodeValue(value)] as const),
    ...batches.map((batch) => [keys.batch(batch.batchId), encodeValue(batch)] as const),
  ];
}
