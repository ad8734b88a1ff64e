import type { UseModelResult } from '@perigee/react';
import { useState } from 'react';
import { messageOf } from '../../format.ts';

export interface Update {
  /** The result of the last update; empty before it. */
  readonly message: string;
  start(): Promise<void>;
}

/** Updates a model to the newest version of its channel. */
export function useUpdate({ version: before, update }: UseModelResult): Update {
  const [message, setMessage] = useState('');

  async function start(): Promise<void> {
    try {
      const version = await update();
      setMessage(
        version === before
          ? `${version} is the newest version in channel stable.`
          : `Updated to ${version}. The version was verified and tested on this device.`,
      );
    } catch (error) {
      setMessage(messageOf(error));
    }
  }

  return { message, start };
}
