/** A fault of a host or a registry. */
export interface Finding {
  /**
   * `error`: devices fail or are unsafe, or a file is not what was published; `warning`: they are
   * slow, or soon fail.
   */
  readonly level: 'error' | 'warning';
  readonly path: string;
  /** The actual state, the expected state, and the remedy. */
  readonly message: string;
}

/** Collects findings. The same fault of many files is reported once, with the number of files. */
export interface Findings {
  error(path: string, message: string): void;
  warn(path: string, message: string): void;
  all(): Finding[];
}

export function createFindings(): Findings {
  const seen = new Map<string, { first: Finding; count: number }>();
  const add = (level: Finding['level'], path: string, message: string): void => {
    const known = seen.get(level + message);
    if (known) known.count += 1;
    else seen.set(level + message, { first: { level, path, message }, count: 1 });
  };
  return {
    error: (path, message) => add('error', path, message),
    warn: (path, message) => add('warning', path, message),
    all: () =>
      [...seen.values()]
        .map(({ first, count }) =>
          count === 1 ? first : { ...first, path: `${first.path} and ${count - 1} more` },
        )
        .toSorted((a, b) => (a.level < b.level ? -1 : a.level > b.level ? 1 : 0)),
  };
}
