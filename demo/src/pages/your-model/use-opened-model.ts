import { loadModel } from 'perigee';
import type { Model } from 'perigee';
import { useEffect, useRef, useState } from 'react';
import { faultOf } from '../../visitor-words.ts';
import type { Fault } from '../../visitor-words.ts';
import { compareBackends, STOPPED } from './compare-backends.ts';
import type { BackendRun, Source } from './compare-backends.ts';
import { makeFeeds, tooManyValues } from './inputs.ts';
import type { InputChoices } from './inputs.ts';

export interface OpenedModel {
  readonly source: Source;
  readonly name: string;
  readonly isSeveral: boolean;
  readonly signature: Model['signature'];
}

export interface AnyModelState {
  readonly opened: OpenedModel | undefined;
  /** From 0 to 1 while a model is opened. */
  readonly progress: number | undefined;
  /** Whether backends are being compared. */
  readonly isComparing: boolean;
  readonly runs: readonly BackendRun[];
  readonly fault: Fault | undefined;
}

/** Gives the files, or the address, of a model. */
export type FindSource = (signal: AbortSignal) => Source | Promise<Source>;

export interface AnyModelTasks extends AnyModelState {
  open(find: FindSource): Promise<void>;
  /** Opens again what could not be opened. */
  reopen(): void;
  compare(model: OpenedModel, inputs: InputChoices): Promise<void>;
  stop(): void;
}

const IDLE = { progress: undefined, isComparing: false } as const;
const NOTHING: AnyModelState = { ...IDLE, opened: undefined, runs: [], fault: undefined };

/** Opens a model and compares its backends. A new task stops the task before it. */
export function useOpenedModel(): AnyModelTasks {
  const [state, setState] = useState(NOTHING);
  const task = useRef<AbortController>(undefined);
  const last = useRef<FindSource>(undefined);
  useEffect(() => () => task.current?.abort(), []);

  /** Starts a task. Its changes are ignored once another task has started. */
  function begin(start: Partial<AnyModelState>) {
    task.current?.abort(new DOMException('Stopped.', 'AbortError'));
    const { signal } = (task.current = new AbortController());
    const change = (next: Partial<AnyModelState>): void => {
      if (!signal.aborted) setState((before) => ({ ...before, ...next }));
    };
    change({ ...IDLE, fault: undefined, ...start });
    return { signal, change };
  }

  async function open(find: FindSource): Promise<void> {
    last.current = find;
    const { signal, change } = begin({ opened: undefined, runs: [], progress: 0 });
    try {
      const source = await find(signal);
      const model = await loadModel(source, {
        signal,
        onProgress: ({ fraction }) => change({ progress: fraction }),
      });
      const { signature, name } = model;
      await model.dispose();
      const isSeveral = typeof source !== 'string' && source.length > 1;
      change({ opened: { source, signature, isSeveral, name: name.split('/').pop() ?? name } });
    } catch (error) {
      change({ fault: faultOf(error) });
    }
    change(IDLE);
  }

  async function compare(model: OpenedModel, inputs: InputChoices): Promise<void> {
    const tooMany = tooManyValues(model.signature.inputs, inputs.sizes);
    const { signal, change } = begin({
      isComparing: tooMany === undefined,
      fault: tooMany,
    });
    if (tooMany) return;
    try {
      const feeds = makeFeeds(model.signature.inputs, inputs);
      await compareBackends(model.source, feeds, signal, (runs) => change({ runs }));
    } catch (error) {
      change({ fault: faultOf(error) });
    }
    change(IDLE);
  }

  const stop = (): void => void begin({ runs: state.runs.map(stopped) });
  const reopen = (): void => void (last.current && open(last.current));
  return { ...state, open, reopen, compare, stop };
}

function stopped(run: BackendRun): BackendRun {
  const isOver = run.state === 'done' || run.state === 'failed';
  return isOver ? run : { backend: run.backend, state: 'failed', fault: STOPPED };
}
