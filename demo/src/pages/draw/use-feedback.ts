import { useRef, useState } from 'react';
import { messageOf } from '../../format.ts';
import type { Digits } from './digits.ts';
import type { Drawing } from './use-drawing.ts';

export interface DigitFeedback {
  /** The digit that the visitor reported for this drawing. */
  readonly reported: string | undefined;
  readonly failure: string | undefined;
  report(digit: string): Promise<void>;
  /** Forgets the report, for the next drawing. */
  reset(): void;
}

/** Reports the true digit of a drawing to the collector, once for each drawing. */
export function useFeedback(model: Digits | undefined, drawing: Drawing): DigitFeedback {
  const [reported, setReported] = useState<string>();
  const [failure, setFailure] = useState<string>();

  /** The report of the current drawing that is under way or done; a second one is ignored. */
  const current = useRef<object>(null);

  async function report(digit: string): Promise<void> {
    if (!model || current.current) return;
    const own = {};
    current.current = own;
    try {
      // Entering the true digit finishes the drawing.
      const counted = await drawing.finish();
      if (counted) await model.feedback(counted.id, { label: digit });
      if (current.current !== own) return;
      if (counted) setReported(digit);
      else current.current = null;
    } catch (error) {
      if (current.current !== own) return;
      current.current = null;
      setFailure(messageOf(error));
    }
  }

  function reset(): void {
    current.current = null;
    setReported(undefined);
    setFailure(undefined);
  }

  return { reported, failure, report, reset };
}
