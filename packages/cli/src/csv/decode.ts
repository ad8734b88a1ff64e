import { CommandError } from '../command.ts';

export interface Decoded {
  readonly encoding: string;
  /** The beginning of the file, without a byte order mark. */
  readonly head: string;
  readonly text: AsyncGenerator<string>;
}

/**
 * Decodes a file. A byte order mark selects UTF-16. Otherwise the encoding is `given`, or UTF-8 by
 * default.
 */
export async function decode(
  path: string,
  chunks: AsyncIterator<Buffer>,
  given: string | undefined,
): Promise<Decoded> {
  const next = await chunks.next();
  const first = next.done === true ? Buffer.alloc(0) : next.value;
  const encoding = given ?? encodingOf(first);
  const decoder = new TextDecoder(encoding);
  const head = decoder.decode(first, { stream: true });
  if (head.includes('\0')) {
    throw new CommandError(
      `${path} is not a CSV file: it has bytes that no text has${
        given === undefined ? '' : ` in ${given}`
      }. Export the table as CSV in UTF-8.`,
    );
  }
  async function* text(): AsyncGenerator<string> {
    yield head;
    for (let one = await chunks.next(); one.done !== true; one = await chunks.next()) {
      yield decoder.decode(one.value, { stream: true });
    }
    yield decoder.decode();
  }
  return { encoding, head, text: text() };
}

function encodingOf([first, second]: Buffer): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}
