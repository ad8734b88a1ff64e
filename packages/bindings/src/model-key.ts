import { isObject } from './is-same.ts';
import { kept } from './kept.ts';

const ids = new WeakMap<object, number>();
let lastId = 0;

/**
 * Source and options as JSON. The text is the same in whatever order the options are written. A
 * function is a number, which no other function has.
 */
export function modelKey(source: string, options: object): string {
  return JSON.stringify({ source, options }, (_name, value: unknown) => {
    if (!isObject(value)) return value;
    return typeof value === 'function'
      ? kept(ids, value, () => ++lastId)
      : Object.fromEntries(Object.entries(value).sort());
  });
}
