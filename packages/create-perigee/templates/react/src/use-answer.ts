import { useEffect, useState } from 'react';
import { readDigit } from './digits.ts';
import type { Answer } from './digits.ts';

interface State {
  readonly answer?: Answer;
  readonly problem?: string;
}

/** Asks the model whenever the pixels change. It keeps the last answer until the next is there. */
export function useAnswer(pixels: readonly number[]): State {
  const [state, setState] = useState<State>({});
  useEffect(() => {
    let isLatest = true;
    const show = (next: State) => {
      if (isLatest) setState(next);
    };
    readDigit(pixels).then(
      (answer) => show({ answer }),
      (error: unknown) => show({ problem: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      isLatest = false;
    };
  }, [pixels]);
  return state;
}
