import type { ExportRow } from './rows.ts';

/** Of a chunk, in UTF-16 units: large enough that the number of chunks costs nothing. */
const CHUNK_LENGTH = 64 * 1024;

/** One JSON object a line, in chunks of whole lines: what `pandas.read_json(lines=True)` and `spark.read.json` take. */
export async function* ndjson(rows: AsyncIterable<ExportRow>): AsyncGenerator<string, void, undefined> {
  let chunk = '';
  for await (const row of rows) {
    chunk += `${JSON.stringify(row)}\n`;
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
