import { useEffect, useState } from 'react';
import type { Model } from 'perigee';
import { loadShared } from './perigee.ts';
import type { Purpose } from './perigee.ts';

export interface ModelState {
  readonly model: Model | undefined;
  readonly progress: number;
  readonly error: Error | undefined;
}

export function useModel(ref: string, purpose: Purpose = 'counted'): ModelState {
  const [state, setState] = useState<ModelState>({
    model: undefined,
    progress: 0,
    error: undefined,
  });
  useEffect(() => {
    let current = true;
    loadShared(
      ref,
      purpose,
      (progress) => current && setState((before) => ({ ...before, progress })),
    ).then(
      (model) => current && setState({ model, progress: 1, error: undefined }),
      (error: unknown) =>
        current &&
        setState((before) => ({
          ...before,
          error: error instanceof Error ? error : new Error(String(error)),
        })),
    );
    return () => void (current = false);
  }, [ref, purpose]);
  // The handle stays the same when another backend takes over, so render again.
  useEffect(
    () => state.model?.on('backend', () => setState((before) => ({ ...before }))),
    [state.model],
  );
  return state;
}
