import type { Model } from 'perigee';
import { useState } from 'react';
import { messageOf } from '../../format.ts';

export interface Update {
  /** From 0 to 1 while an update runs. */
  readonly progress: number | undefined;
  /** The result of the last update; empty before it. */
  readonly message: string;
  start(): Promise<void>;
}

/** Updates a model to the newest version of its channel. */
export function useUpdate(model: Model | undefined): Update {
  const [progress, setProgress] = useState<number>();
  const [message, setMessage] = useState('');

  async function start(): Promise<void> {
    if (!model) return;
    setProgress(0);
    try {
      const before = model.version;
      const version = await model.update({ onProgress: ({ fraction }) => setProgress(fraction) });
      setMessage(
        version === before
          ? `${version} is the newest version in channel stable.`
          : `Updated to ${version}. The version was verified and tested on this device.`,
      );
    } catch (error) {
      setMessage(messageOf(error));
    }
    setProgress(undefined);
  }

  return { progress, message, start };
}
