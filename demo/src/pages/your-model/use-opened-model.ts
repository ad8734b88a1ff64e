import { loadModel } from 'perigee';
import type { Model } from 'perigee';
import { useEffect, useRef, useState } from 'react';
import { messageOf } from '../../format.ts';
import { compareBackends } from './compare-backends.ts';
import type { BackendRun, Source } from './compare-backends.ts';
import { makeFeeds } from './inputs.ts';
import type { InputChoices } from './inputs.ts';

export interface OpenedModel {
  readonly source: Source;
  readonly name: string;
  readonly signature: Model['signature'];
}

export interface AnyModelState {
  readonly opened: OpenedModel | undefined;
  /** From 0 to 1 while a model is opened. */
  readonly progress: number | undefined;
  /** Whether backends are being compared. */
  readonly isComparing: boolean;
  readonly runs: readonly BackendRun[];
  readonly failure: string;
}

export interface AnyModelTasks extends AnyModelState {
  open(source: Source): Promise<void>;
  compare(model: OpenedModel, inputs: InputChoices): Promise<void>;
  stop(): void;
}

const IDLE = { progress: undefined, isComparing: false } as const;
const NOTHING: AnyModelState = { ...IDLE, opened: undefined, runs: [], failure: '' };

/** Opens a model and compares its backends. A new task stops the task before it. */
export function useOpenedModel(): AnyModelTasks {
  const [state, setState] = useState(NOTHING);
  const task = useRef<AbortController>(undefined);
  useEffect(() => () => task.current?.abort(), []);

  /** Starts a task. Its changes are ignored once another task has started. */
  function begin(start: Partial<AnyModelState>) {
    task.current?.abort(new DOMException('Stopped.', 'AbortError'));
    const { signal } = (task.current = new AbortController());
    const change = (next: Partial<AnyModelState>): void => {
      if (!signal.aborted) setState((before) => ({ ...before, ...next }));
    };
    change({ ...IDLE, failure: '', ...start });
    return { signal, change };
  }

  async function open(source: Source): Promise<void> {
    const { signal, change } = begin({ opened: undefined, runs: [], progress: 0 });
    try {
      const model = await loadModel(source, {
        signal,
        onProgress: ({ fraction }) => change({ progress: fraction }),
      });
      const { signature, name } = model;
      await model.dispose();
      change({ opened: { source, signature, name: name.split('/').pop() ?? name } });
    } catch (error) {
      change({ failure: messageOf(error) });
    }
    change(IDLE);
  }

  async function compare(model: OpenedModel, inputs: InputChoices): Promise<void> {
    const { signal, change } = begin({ isComparing: true });
    try {
      const feeds = makeFeeds(model.signature.inputs, inputs);
      await compareBackends(model.source, feeds, signal, (runs) => change({ runs }));
    } catch (error) {
      change({ failure: messageOf(error) });
    }
    change(IDLE);
  }

  const stop = (): void => void begin({ runs: state.runs.map(stopped) });
  return { ...state, open, compare, stop };
}

function stopped(run: BackendRun): BackendRun {
  const isOver = run.state === 'done' || run.state === 'failed';
  return isOver ? run : { backend: run.backend, state: 'failed', reason: 'stopped' };
}
