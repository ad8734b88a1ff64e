import type { ExportRow } from './rows.ts';

/** Length of a chunk in UTF-16 units, large enough that the cost per chunk is negligible. */
const CHUNK_LENGTH = 64 * 1024;

/**
 * NDJSON: one JSON object per line, in chunks of whole lines. `pandas.read_json(lines=True)` and
 * `spark.read.json` read it.
 */
export async function* ndjson(
  rows: AsyncIterable<ExportRow>,
): AsyncGenerator<string, void, undefined> {
  let chunk = '';
  for await (const row of rows) {
    chunk += `${JSON.stringify(row)}\n`;
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
