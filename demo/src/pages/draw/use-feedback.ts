import type { Model } from 'perigee';
import { useState } from 'react';
import { messageOf } from '../../format.ts';
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
export function useFeedback(model: Model | undefined, drawing: Drawing): DigitFeedback {
  const [reported, setReported] = useState<string>();
  const [failure, setFailure] = useState<string>();

  async function report(digit: string): Promise<void> {
    if (reported !== undefined) return;
    // Entering the true digit finishes the drawing.
    const counted = await drawing.finish();
    if (!model || !counted) return;
    try {
      await model.feedback(counted.id, { label: digit });
      setReported(digit);
    } catch (error) {
      setFailure(messageOf(error));
    }
  }

  function reset(): void {
    setReported(undefined);
    setFailure(undefined);
  }

  return { reported, failure, report, reset };
}
