import type { Pointer, VersionRecord, VersionState } from './store.ts';

interface Named {
  readonly model: string;
  readonly version: string;
  readonly variant: string;
}

/**
 * Returns the pointer after a flip to `to`; undefined when its epoch is no longer `expectedEpoch`.
 * Every store uses this pure function.
 */
export function nextPointer(
  ref: string,
  current: Pointer | undefined,
  to: Named,
  expectedEpoch: number,
): Pointer | undefined {
  if ((current?.epoch ?? 0) !== expectedEpoch) return undefined;
  const same = current?.active.version === to.version && current.active.variant === to.variant;
  return {
    ref,
    model: to.model,
    active: { version: to.version, variant: to.variant },
    previous: same ? current.previous : (current?.active ?? null),
    epoch: expectedEpoch + 1,
  };
}

/**
 * Returns a version's state, given all pointers: `active` if a pointer's active side names it,
 * `previous` if only a previous side does.
 */
export function stateAfter(
  { model, version, variant, state }: VersionRecord,
  pointers: readonly Pointer[],
): VersionState {
  const names = (side: { readonly version: string; readonly variant: string } | null): boolean =>
    side?.version === version && side.variant === variant;
  const own = pointers.filter((pointer) => pointer.model === model);
  if (own.some(({ active }) => names(active))) return 'active';
  // The state "bad" persists when other references flip.
  if (state === 'bad') return 'bad';
  if (own.some(({ previous }) => names(previous))) return 'previous';
  return state === 'active' || state === 'previous' ? 'verified' : state;
}
