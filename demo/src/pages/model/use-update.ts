import type { UseModelResult } from '@perigee/react';
import { useState } from 'react';
import { faultOf } from '../../visitor-words.ts';
import type { Fault } from '../../visitor-words.ts';

export interface Update {
  /** The result of the last update; empty before it. */
  readonly message: string;
  readonly fault: Fault | undefined;
  start(): Promise<void>;
}

/** Updates a model to the newest version of its channel. */
export function useUpdate({ version: before, update }: UseModelResult): Update {
  const [message, setMessage] = useState('');
  const [fault, setFault] = useState<Fault>();

  async function start(): Promise<void> {
    setFault(undefined);
    try {
      const version = await update();
      setMessage(
        version === before
          ? `${version} is the newest version in channel stable.`
          : `Updated to ${version}. The version was verified and tested on this device.`,
      );
    } catch (error) {
      setMessage('');
      setFault(faultOf(error));
    }
  }

  return { message, fault, start };
}
