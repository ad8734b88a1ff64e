import { useEffect, useMemo, useState } from 'react';
import { messageOf } from '../../format.ts';
import { latest } from '../../latest.ts';
import type { DigitPrediction, Digits } from './digits.ts';

/** A drawing is finished when the pen has been up for this time, or when the page is left. */
const REST_MS = 1_000;

export interface Drawing {
  readonly prediction: DigitPrediction | undefined;
  /** Whether the drawing is finished, and so counted. */
  readonly isCounted: boolean;
  readonly failure: string | undefined;
  draw(canvas: HTMLCanvasElement, isEmpty: boolean): void;
  lift(): void;
  /** Finishes the drawing. Resolves to the counted prediction. */
  finish(): Promise<DigitPrediction | undefined>;
}

interface Shown {
  readonly prediction?: DigitPrediction;
  readonly isCounted?: boolean;
  readonly failure?: string;
}

/**
 * Answers while somebody draws. Unfinished strokes are not digits: if they were counted, they would
 * look like drift. So the uncounted model answers them, and the counted model answers each finished
 * drawing.
 */
export function useDrawing(counted: Digits | undefined, preview: Digits | undefined): Drawing {
  const [shown, setShown] = useState<Shown>({});
  const session = useMemo(() => createSession(setShown), []);
  useEffect(() => session.use(counted, preview), [session, counted, preview]);
  useEffect(() => () => void session.finish(), [session]);
  const { prediction, isCounted = false, failure } = shown;
  const { draw, lift, finish } = session;
  return { prediction, isCounted, failure, draw, lift, finish };
}

function createSession(show: (shown: Shown) => void) {
  let models: { readonly counted?: Digits; readonly preview?: Digits } = {};
  let drawn: HTMLCanvasElement | null = null;
  let finishing: Promise<DigitPrediction | undefined> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const answer = async (
    by: Digits,
    canvas: HTMLCanvasElement,
    isCounted: boolean,
  ): Promise<DigitPrediction | undefined> => {
    try {
      const prediction = await by.predict(canvas);
      // The drawing was cleared or changed meanwhile: the next answer is shown instead.
      const isLate = drawn !== canvas || isCounted !== (finishing !== undefined);
      if (!isLate) show({ prediction, isCounted });
      return prediction;
    } catch (error) {
      show({ failure: messageOf(error) });
      return undefined;
    }
  };
  const answerPreview = latest(async (canvas: HTMLCanvasElement) => {
    if (models.preview && drawn === canvas && !finishing)
      await answer(models.preview, canvas, false);
  });
  const finish = (): Promise<DigitPrediction | undefined> => {
    clearTimeout(timer);
    if (drawn && models.counted) finishing ??= answer(models.counted, drawn, true);
    return finishing ?? Promise.resolve(undefined);
  };
  const lift = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void finish(), REST_MS);
  };
  return {
    finish,
    lift,
    draw(canvas: HTMLCanvasElement, isEmpty: boolean): void {
      clearTimeout(timer);
      finishing = undefined;
      drawn = isEmpty ? null : canvas;
      if (drawn) answerPreview(drawn);
      else show({});
    },
    use(counted: Digits | undefined, uncounted: Digits | undefined): void {
      models = { ...(counted && { counted }), ...(uncounted && { preview: uncounted }) };
      // Answers a drawing that was made while the model was still loading.
      if (drawn && !finishing) {
        answerPreview(drawn);
        lift();
      }
    },
  };
}
