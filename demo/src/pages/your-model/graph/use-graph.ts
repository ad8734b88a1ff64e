import { useEffect, useRef, useState } from 'react';
import type { Source } from '../compare-backends.ts';
import type { Drawing, GraphAnswer, GraphRequest } from './protocol.ts';

/** A layout that takes longer than this is given up. */
const LIMIT_MS = 20_000;

export interface GraphView {
  readonly drawing?: Drawing;
  readonly isBusy: boolean;
  readonly fault?: string;
}

export interface GraphTasks extends GraphView {
  open(members: readonly number[]): void;
  showWhole(): void;
}

type Ask = (request: GraphRequest) => void;

/**
 * Draws the graph of a model file in a worker. The worker ends when another file comes, when it
 * takes too long, and with the component.
 */
export function useGraph(source: Source): GraphTasks {
  const [view, setView] = useState<GraphView>({ isBusy: true });
  const ask = useRef<Ask>(() => undefined);

  useEffect(() => {
    setView({ isBusy: true });
    const file = fileWithGraph(source);
    if (file === undefined) {
      setView({
        isBusy: false,
        fault: 'The graph of an .ort file cannot be read here. Its .onnx file has the same graph.',
      });
      return;
    }
    const worker = startWorker(setView);
    ask.current = worker.ask;
    worker.ask({ type: 'read', file });
    return worker.end;
  }, [source]);

  return {
    ...view,
    open: (members) => ask.current({ type: 'open', members }),
    showWhole: () => ask.current({ type: 'whole' }),
  };
}

function startWorker(show: (next: (before: GraphView) => GraphView) => void) {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    type: 'module',
    name: 'model-graph',
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    clearTimeout(timer);
    worker.terminate();
  };
  const fail = (fault: string): void => {
    end();
    show(() => ({ isBusy: false, fault }));
  };
  worker.addEventListener('message', ({ data }: MessageEvent<GraphAnswer>) => {
    clearTimeout(timer);
    show(() => ({ isBusy: false, ...data }));
  });
  worker.addEventListener('error', ({ message }) => fail(message || 'The worker ended.'));
  return {
    end,
    ask(request: GraphRequest) {
      clearTimeout(timer);
      timer = setTimeout(
        () => fail(`It was not drawn within ${LIMIT_MS / 1_000} s, and was stopped.`),
        LIMIT_MS,
      );
      show((before) => ({ ...before, isBusy: true }));
      worker.postMessage(request);
    },
  };
}

/** The file that has the operators; undefined for the format of ONNX Runtime. */
function fileWithGraph(source: Source): File | string | undefined {
  if (typeof source === 'string') return source.endsWith('.ort') ? undefined : source;
  const named = (end: RegExp): File | undefined => source.find(({ name }) => end.test(name));
  return named(/\.onnx$/i) ?? (named(/\.ort$/i) ? undefined : (named(/\.json$/i) ?? source[0]));
}
