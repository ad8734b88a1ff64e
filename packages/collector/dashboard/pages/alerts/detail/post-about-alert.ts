import { useState } from 'react';
import type { ErrorAnswer } from '../../../../src/api.ts';

const NAME = 'perigee-name';

/**
 * Sends what a person does about an alert.
 * @returns the answer, or a text that says why it failed
 */
export async function postAboutAlert<T extends object>(
  id: string,
  action: string,
  body: object,
): Promise<T | string> {
  try {
    const response = await fetch(`/v1/alerts/${encodeURIComponent(id)}/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify(body),
    });
    return response.ok
      ? ((await response.json()) as T)
      : ((await response.json()) as ErrorAnswer).error.message;
  } catch {
    return 'The collector does not answer. Look at the alert again before you repeat this.';
  }
}

/** The name of the person at this browser, kept for the next time. */
export function usePersonName(): [string, (name: string) => void] {
  const [name, setName] = useState(() => localStorage.getItem(NAME) ?? '');
  return [
    name,
    (next) => {
      localStorage.setItem(NAME, next);
      setName(next);
    },
  ];
}
