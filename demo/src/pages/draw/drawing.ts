// The visitor's drawing. It stays while the visitor goes to other pages.
import { messageOf } from '../../format.ts';
import { latest } from '../../latest.ts';
import type { DigitPrediction, Digits } from './digits.ts';
import { createSheet } from './strokes.ts';
import type { Point, Stroke } from './strokes.ts';
import { explain } from './explain.ts';
import type { Explanation } from './explain.ts';

/** A drawing is finished when the pen has been up for this time, or when the page is left. */
const REST_MS = 1_000;

export interface DrawingState {
  readonly strokes: readonly Stroke[];
  readonly prediction?: DigitPrediction;
  /** The input of the model, and the parts that its answer rests on. */
  readonly explanation?: Explanation;
  /** Whether the drawing is finished, and so counted. */
  readonly isCounted: boolean;
  readonly failure?: string;
}

/** The counted model answers each finished drawing, the other one while somebody draws. */
export interface DigitModels {
  readonly counted?: Digits;
  readonly preview?: Digits;
}

export type Drawing = ReturnType<typeof createDrawing>;

const EMPTY: DrawingState = { strokes: [], isCounted: false };

/**
 * Answers while somebody draws. Unfinished strokes are not digits: if they were counted, they would
 * look like drift. So the uncounted model answers them, and the counted model answers each finished
 * drawing.
 */
export function createDrawing() {
  const sheet = createSheet();
  const listeners = new Set<() => void>();
  let state = EMPTY;
  let models: DigitModels = {};
  let finishing: Promise<DigitPrediction | undefined> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function show(change: Partial<DrawingState>): void {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  }

  async function answer(by: Digits, isCounted: boolean): Promise<DigitPrediction | undefined> {
    const { strokes } = state;
    try {
      const prediction = await by.predict(sheet.canvas);
      // If the drawing was cleared or finished meanwhile, another answer is shown instead.
      const isLate = state.strokes.length === 0 || isCounted !== (finishing !== undefined);
      if (!isLate) show({ prediction, isCounted });
      return prediction;
    } catch (error) {
      if (state.strokes === strokes) show({ failure: messageOf(error) });
      return undefined;
    }
  }

  const answerPreview = latest(async () => {
    if (models.preview && state.strokes.length > 0 && !finishing)
      await answer(models.preview, false);
  });

  const explainLatest = latest(async () => {
    const { strokes } = state;
    if (!models.preview || strokes.length === 0) return;
    try {
      const explanation = await explain(models.preview, sheet.canvas);
      if (state.strokes === strokes) show({ explanation });
    } catch (error) {
      if (state.strokes === strokes) show({ failure: messageOf(error) });
    }
  });

  function change(strokes: readonly Stroke[]): void {
    clearTimeout(timer);
    finishing = undefined;
    sheet.paint(strokes);
    if (strokes.length === 0) {
      state = EMPTY;
      return show({});
    }
    const { failure: _old, ...kept } = state;
    state = kept;
    show({ strokes, isCounted: false });
    answerPreview(undefined);
    explainLatest(undefined);
  }

  /** Finishes the drawing. Resolves to the counted prediction. */
  function finish(): Promise<DigitPrediction | undefined> {
    clearTimeout(timer);
    if (state.strokes.length > 0 && models.counted) finishing ??= answer(models.counted, true);
    return finishing ?? Promise.resolve(undefined);
  }

  /** The pen is up: after a stroke, and after a stroke was undone. */
  function lift(): void {
    clearTimeout(timer);
    if (state.strokes.length > 0) timer = setTimeout(() => void finish(), REST_MS);
  }

  return {
    getState: () => state,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    begin: (point: Point) => change([...state.strokes, [point]]),
    extend(point: Point): void {
      const last = state.strokes.at(-1);
      if (last) change([...state.strokes.slice(0, -1), [...last, point]]);
    },
    lift,
    clear: () => change([]),
    undo(): void {
      change(state.strokes.slice(0, -1));
      lift();
    },
    /** Replaces the drawing by a finished one. */
    replace(strokes: readonly Stroke[]): void {
      change(strokes);
      lift();
    },
    finish,
    use(next: DigitModels): void {
      models = next;
      // Answers a drawing that was made while the models were still loading.
      if (state.strokes.length === 0 || finishing) return;
      answerPreview(undefined);
      explainLatest(undefined);
      lift();
    },
  };
}

export const drawing = createDrawing();
