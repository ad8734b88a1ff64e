import type { StreamSource } from './stream-store.ts';

/** The inputs that a source pushes, or the frames that a video shows. */
export async function* inputsOf<Input>(
  source: StreamSource<Input> | HTMLVideoElement,
  signal: AbortSignal,
): AsyncGenerator<Input> {
  if (signal.aborted) return;
  // The source ends with the call, and when its reader ends first, as after a failed prediction.
  const stop = new AbortController();
  const end = (): void => stop.abort();
  signal.addEventListener('abort', end);
  const inputs = new ReadableStream<Input>({
    async start(controller) {
      const start = typeof source === 'function' ? source : framesOf<Input>(source);
      const running = start(
        (input) => !stop.signal.aborted && controller.enqueue(input),
        stop.signal,
      );
      if (!running) return;
      await running;
      controller.close();
    },
  });
  const reader = inputs.getReader();
  stop.signal.addEventListener('abort', () => void reader.cancel().catch(() => undefined));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

function framesOf<Input>(video: HTMLVideoElement): StreamSource<Input> {
  return (push, signal) => {
    const next = (): void => {
      if (signal.aborted) return;
      // The hook's types take a video only for a model that takes one.
      push(video as Input);
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  };
}
