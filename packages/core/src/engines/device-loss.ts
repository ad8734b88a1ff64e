import { PerigeeError } from '../error.ts';

/** The little of a GPUDevice that is needed to see it go. */
export interface LosableDevice {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
}

export interface DeviceLoss {
  /** What `start` resolves to, or DEVICE_LOST as soon as the device is gone: what it left of the work never comes, or is not to be trusted. */
  guard<T>(start: () => Promise<T>): Promise<T>;
}

/** How long after a failed run the browser may take to say that the device is gone. */
const SAID_WITHIN_MS = 250;

export function watchDevice({ lost }: LosableDevice): DeviceLoss {
  let loss: PerigeeError | null = null;
  const waiting = new Set<(error: PerigeeError) => void>();
  const said = lost.then(({ reason, message }) => {
    loss = new PerigeeError('DEVICE_LOST', `The GPU device was lost while the model was loaded on it${reason === 'destroyed' ? ' (destroyed)' : ''}. ${message}`.trim(), { details: { backend: 'webgpu', reason } });
    for (const reject of waiting) reject(loss);
  });
  return {
    async guard(start) {
      if (loss) throw loss;
      let reject: (error: PerigeeError) => void = () => undefined;
      const gone = new Promise<never>((_, rejectGone) => (reject = rejectGone));
      // Each run adds and removes itself: racing against one long-lived promise would keep every run in memory.
      waiting.add(reject);
      try {
        const work = start();
        work.catch(() => undefined);
        const result = await Promise.race([work, gone]);
        // A device that went while the answer was read back may have left zeros in it.
        if (loss) throw loss;
        return result;
      } catch (error) {
        if (!loss) await Promise.race([said, new Promise((resolve) => setTimeout(resolve, SAID_WITHIN_MS))]);
        throw loss ?? error;
      } finally {
        waiting.delete(reject);
        gone.catch(() => undefined);
      }
    },
  };
}
