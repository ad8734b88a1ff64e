import { joined } from '../inference/fetch-model.ts';

/** Most bytes of one part. Few large parts are sent to a worker faster than many small ones. */
const PART_BYTES = 1024 * 1024;
/** Most bytes that wait to be read. */
const AHEAD_BYTES = 32 * 1024 * 1024;

/**
 * A body whose beginning was read. It is read ahead while a worker starts, and given out in large
 * parts.
 * @param onEnd called when all is read, and when reading fails or is given up
 */
export function readAhead(
  begun: readonly Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
  onEnd: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const parts = [...begun];
  let waitingBytes = parts.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
  let reading: Promise<boolean> | undefined;
  /** Reads one part. Resolves to whether there may be more. */
  const readOne = async (): Promise<boolean> => {
    const { done, value } = await reader.read();
    if (value) parts.push(value);
    waitingBytes += value?.byteLength ?? 0;
    return !done;
  };
  const goOn = (): Promise<boolean> => {
    if (reading) return reading;
    reading = readOne();
    reading.then(
      (mayHaveMore) => {
        if (!mayHaveMore) return;
        reading = undefined;
        if (waitingBytes < AHEAD_BYTES) void goOn();
      },
      // The next read rejects with the failure.
      () => undefined,
    );
    return reading;
  };
  void goOn();
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          while (parts.length === 0) if (!(await goOn())) break;
        } catch (cause) {
          onEnd();
          throw cause;
        }
        if (parts.length === 0) {
          onEnd();
          return controller.close();
        }
        const next: Uint8Array[] = [];
        for (let bytes = 0; parts[0] && bytes < PART_BYTES; bytes += next.at(-1)?.byteLength ?? 0)
          next.push(parts.shift() as Uint8Array);
        const part = joined(next);
        waitingBytes -= part.byteLength;
        // A failure is reported when its part is asked for.
        goOn().catch(() => undefined);
        controller.enqueue(part);
      },
      cancel: (reason) => reader.cancel(reason).finally(onEnd),
    },
    { highWaterMark: 0 },
  );
}
