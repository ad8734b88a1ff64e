import { useState } from 'react';
import type { ReactElement } from 'react';

/** Runs a task of a button. What the task resolves to is shown, if it is a text. */
export type Act = (name: string, task: () => Promise<unknown>) => Promise<void>;

/** A function for buttons, and the line that says what became of the last one. */
export function useAction(): readonly [Act, ReactElement] {
  const [message, setMessage] = useState('');
  const act: Act = async (name, task) => {
    setMessage(`${name} …`);
    try {
      const result = await task();
      setMessage(`${name}: ${typeof result === 'string' ? result : 'done'}.`);
    } catch (error) {
      setMessage(`${name} failed. ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return [
    act,
    <p key="message" role="status">
      {message}
    </p>,
  ];
}
