// The true digit of the drawing, as the visitor says it. A report cannot be taken back once the SDK
// has counted it, so it waits for a few seconds in which it can be changed.
import { messageOf } from '../../format.ts';
import type { DigitPrediction, Digits } from './digits.ts';
import { drawing } from './drawing.ts';
import type { Drawing } from './drawing.ts';

const UNDO_MS = 5_000;

export interface CorrectionState {
  /** The digit that the visitor chose for this drawing. */
  readonly digit?: string;
  readonly isSent: boolean;
  readonly failure?: string;
}

const NONE: CorrectionState = { isSent: false };

/** Reports the true digit of a drawing, once for each drawing. */
function createCorrection(drawing: Pick<Drawing, 'finish' | 'getState' | 'subscribe'>) {
  const listeners = new Set<() => void>();
  let state = NONE;
  let model: Digits | undefined;
  let counted: Promise<DigitPrediction | undefined> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function show(next: CorrectionState): void {
    state = next;
    for (const listener of listeners) listener();
  }

  /** Sends the report that waits. A second one of the same drawing would be refused. */
  async function send(): Promise<void> {
    clearTimeout(timer);
    const { digit, isSent } = state;
    const from = model;
    const prediction = counted;
    if (digit === undefined || isSent || !from) return;
    const sent: CorrectionState = { digit, isSent: true };
    state = sent;
    try {
      const of = await prediction;
      if (of) await from.feedback(of.id, { label: digit });
      if (state === sent) show(of ? { ...sent } : NONE);
    } catch (error) {
      if (state === sent) show({ isSent: false, failure: messageOf(error) });
    }
  }

  /** Sends what waits, and begins anew for the next drawing. */
  function next(): void {
    if (state === NONE) return;
    void send();
    show(NONE);
  }

  let { strokes } = drawing.getState();
  drawing.subscribe(() => {
    const { strokes: now } = drawing.getState();
    if (now !== strokes) next();
    strokes = now;
  });

  return {
    getState: () => state,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    use(next: Digits | undefined): void {
      model = next;
    },
    /** Chooses the digit, or another one while it is not sent. Finishes the drawing. */
    choose(digit: string): void {
      if (state.isSent || !model) return;
      counted = drawing.finish();
      clearTimeout(timer);
      timer = setTimeout(() => void send(), UNDO_MS);
      show({ digit, isSent: false });
    },
    takeBack(): void {
      if (state.isSent) return;
      clearTimeout(timer);
      show(NONE);
    },
    send,
  };
}

export const correction = createCorrection(drawing);
