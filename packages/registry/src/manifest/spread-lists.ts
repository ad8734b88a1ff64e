interface AnyTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: unknown;
}

/**
 * Outputs in the form of golden samples, with one tensor per name. The items of a list "q" become
 * "q[0]", "q[1]" and so on; "q[]" is their number (int32, shape []).
 * @example
 * ```ts
 * Object.keys(spreadLists({ q: [a, b] })); // ['q[]', 'q[0]', 'q[1]']
 * ```
 */
export function spreadLists<T extends AnyTensor>(
  outputs: Readonly<Record<string, T | readonly T[]>>,
): Record<string, T> {
  const spread: Record<string, T> = {};
  for (const [name, output] of Object.entries(outputs)) {
    if (!isList(output)) {
      spread[name] = output;
      continue;
    }
    const count = { dtype: 'int32', shape: [], data: Int32Array.of(output.length) };
    spread[`${name}[]`] = count as AnyTensor as T;
    for (const [i, item] of output.entries()) spread[`${name}[${i}]`] = item;
  }
  return spread;
}

function isList<T>(output: T | readonly T[]): output is readonly T[] {
  return Array.isArray(output);
}
