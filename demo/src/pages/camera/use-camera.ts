import { useEffect, useRef, useState } from 'react';
import type { RefObject } from 'react';
import type { Digits } from '../draw/digits.ts';
import type { Fault } from '../../visitor-words.ts';
import { binarise } from './binarise.ts';
import { cameraFault } from './camera-words.ts';
import { openCamera, openClip, SIDE } from './pictures.ts';
import type { Pictures } from './pictures.ts';
import { createRate } from './rate.ts';

export type Source = 'camera' | 'clip';

export interface CameraState {
  readonly status: 'off' | 'opening' | 'running';
  readonly source?: Source;
  readonly fault?: Fault;
  readonly answer?: string;
  /** Whether there is about as much ink as a digit has. */
  readonly isLikely: boolean;
  readonly offered: number;
  readonly used: number;
  readonly answersPerSecond: number;
  readonly framesPerSecond: number;
  readonly longestGapMs: number;
}

export interface Camera extends CameraState {
  start(source: Source): void;
  stop(): void;
}

/** Where the frame, and what the model sees of it, are drawn. */
export interface Sheets {
  readonly frame: RefObject<HTMLCanvasElement | null>;
  readonly seen: RefObject<HTMLCanvasElement | null>;
}

const NOTHING: CameraState = {
  status: 'off',
  isLikely: false,
  offered: 0,
  used: 0,
  answersPerSecond: 0,
  framesPerSecond: 0,
  longestGapMs: 0,
};
const WINDOW_MS = 3_000;
const REFRESH_MS = 250;
/** Shares of ink that a digit has in the square. */
const [LEAST_INK, MOST_INK] = [0.01, 0.3];

/** Streams frames to the model, the newest first, and measures how that goes. */
export function useCamera(model: Digits | undefined, sheets: Sheets): Camera {
  const [state, setState] = useState(NOTHING);
  const task = useRef<AbortController>(undefined);
  useEffect(() => () => task.current?.abort(), []);

  async function start(source: Source): Promise<void> {
    if (!model) return;
    task.current?.abort();
    const { signal } = (task.current = new AbortController());
    const show = (change: Partial<CameraState>): void => {
      if (!signal.aborted) setState((before) => ({ ...before, ...change }));
    };
    setState({ ...NOTHING, status: 'opening', source });
    try {
      const pictures = source === 'camera' ? await openCamera() : openClip();
      signal.addEventListener('abort', pictures.stop, { once: true });
      if (signal.aborted) return pictures.stop();
      show({ status: 'running' });
      await stream(model, pictures, sheets, signal, show);
    } catch (error) {
      if (!signal.aborted) setState({ ...NOTHING, fault: cameraFault(error), source });
      task.current?.abort();
    }
  }

  function stop(): void {
    task.current?.abort();
    setState((before) => ({ ...before, status: 'off' }));
  }

  return { ...state, start: (source) => void start(source), stop };
}

async function stream(
  model: Digits,
  pictures: Pictures,
  { frame, seen }: Sheets,
  signal: AbortSignal,
  show: (change: Partial<CameraState>) => void,
): Promise<void> {
  const contexts = [frame, seen].map(({ current }) =>
    current?.getContext('2d', { willReadFrequently: true }),
  );
  const [shown, read] = contexts;
  if (!shown || !read) return;
  const answers = createRate(WINDOW_MS);
  let [offered, used, ink] = [0, 0, 0];

  async function* frames(): AsyncGenerator<ImageData> {
    for (;;) {
      await pictures.next();
      if (signal.aborted || !shown || !read) return;
      pictures.draw(shown);
      const pixels = shown.getImageData(0, 0, SIDE, SIDE);
      ink = binarise(pixels);
      read.putImageData(pixels, 0, 0);
      offered += 1;
      if (shown.canvas.dataset['digit'] !== String(pictures.digit))
        shown.canvas.dataset['digit'] = String(pictures.digit);
      yield pixels;
    }
  }

  const page = watchPage(signal);
  const timer = setInterval(() => {
    const now = performance.now();
    show({
      offered,
      used,
      answersPerSecond: answers.perSecond(now),
      framesPerSecond: page.perSecond(now),
      longestGapMs: page.longestGapMs(now),
    });
  }, REFRESH_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  for await (const { output } of model.predictStream(frames(), { whenBusy: 'latest', signal })) {
    used += 1;
    answers.note(performance.now());
    show({ answer: output.label, isLikely: ink >= LEAST_INK && ink <= MOST_INK });
  }
}

/** Notes each time that the page is drawn. */
function watchPage(signal: AbortSignal) {
  const rate = createRate(WINDOW_MS);
  const note = (): void => {
    if (signal.aborted) return;
    rate.note(performance.now());
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
  return rate;
}
