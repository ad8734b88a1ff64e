import { PerigeeError } from '../error.ts';

/** The part of a GPUDevice that reports its loss. */
export interface LosableDevice {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
}

export interface DeviceLoss {
  /**
   * Runs `start` and resolves to its result. Rejects with DEVICE_LOST as soon as the device is
   * lost: a result that is still open never comes, and a finished one cannot be trusted.
   */
  guard<T>(start: () => Promise<T>): Promise<T>;
}

/** Time after a failed run for the browser to report that the device is lost. */
const SAID_WITHIN_MS = 250;

export function watchDevice({ lost }: LosableDevice): DeviceLoss {
  let loss: PerigeeError | null = null;
  const waiting = new Set<(error: PerigeeError) => void>();
  const said = lost.then(({ reason, message }) => {
    loss = new PerigeeError(
      'DEVICE_LOST',
      (
        'The GPU device was lost while the model was loaded on ' +
        `it${reason === 'destroyed' ? ' (destroyed)' : ''}. ${message}`
      ).trim(),
      { details: { backend: 'webgpu', reason } },
    );
    for (const reject of waiting) reject(loss);
  });
  return {
    async guard(start) {
      if (loss) throw loss;
      let reject: (error: PerigeeError) => void = () => undefined;
      const gone = new Promise<never>((_, rejectGone) => (reject = rejectGone));
      // Each run adds and removes its own rejection: a race against one long-lived promise would
      // keep every run in memory.
      waiting.add(reject);
      try {
        const work = start();
        work.catch(() => undefined);
        const result = await Promise.race([work, gone]);
        // If the device was lost while the result was read back, the result may contain zeros.
        if (loss) throw loss;
        return result;
      } catch (error) {
        if (!loss)
          await Promise.race([said, new Promise((resolve) => setTimeout(resolve, SAID_WITHIN_MS))]);
        throw loss ?? error;
      } finally {
        waiting.delete(reject);
        gone.catch(() => undefined);
      }
    },
  };
}
