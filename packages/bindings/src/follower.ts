import { createQuery } from './query.ts';
import type { Query, QueryState, Store } from './query.ts';

/** A query for one view, which runs again when the model or what it is asked changes. */
export interface Follower<Model, Asked, Options, Data, Extra extends object = object> extends Store<
  QueryState<Data, Extra>
> {
  /** Without a model or something to ask, nothing runs. */
  follow(model: Model | null | undefined, asked: Asked | null | undefined, options?: Options): void;
}

/** Answers one call. It resolves to undefined where the data stays as it is. */
type Run<Model, Asked, Options, Data, Extra> = (
  model: Model,
  asked: Asked,
  call: { readonly signal: AbortSignal; readonly set: Query<Data, Extra>['set'] },
  options?: Options,
) => Promise<Data | undefined>;

/**
 * A new call aborts the one before. The answer stays until there is a new one. It goes with the
 * last subscriber, for another model, and when there is nothing to ask.
 */
export function createFollower<Model, Asked, Options, Data, Extra extends object>(
  extra: Required<Extra>,
  isSame: (a: unknown, b: unknown) => boolean,
  run: Run<Model, Asked, Options, Data, Extra>,
): Follower<Model, Asked, Options, Data, Extra> {
  type Call = Parameters<Follower<Model, Asked, Options, Data, Extra>['follow']>;
  let last: Partial<Call> = [];
  const query: Query<Data, Extra> = createQuery<Data, Extra>(
    extra,
    async (signal) => {
      const [model, asked, options] = last;
      if (model && asked != null) return run(model, asked, { signal, set: query.set }, options);
      return undefined;
    },
    () => () => {
      query.reset();
      last = [];
    },
  );
  return {
    ...query,
    follow(model, asked, options) {
      const [lastModel, lastAsked] = last;
      const isSameModel = model === lastModel;
      last = [model, asked, options];
      if (isSameModel && isSame(asked, lastAsked)) return;
      const isReady = model && asked != null;
      if (!isReady || !isSameModel) query.reset();
      if (isReady) void query.fetch();
    },
  };
}
