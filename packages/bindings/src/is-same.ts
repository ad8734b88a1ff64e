/**
 * Whether two inputs hold the same values: numbers, texts, lists, typed arrays and plain records.
 * An image or a canvas is the same only as itself. Its pixels are not compared.
 */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  const [one, other] = [listOf(a), listOf(b)];
  return (
    one !== undefined &&
    one.length === other?.length &&
    one.every((value, i) => isSame(value, other[i]))
  );
}

/** The values of a list or a typed array, or the entries of a record. */
function listOf(value: unknown): readonly unknown[] | undefined {
  if (!isObject(value)) return undefined;
  if ('every' in value) return value as readonly unknown[];
  return value.constructor === Object ? Object.entries(value) : undefined;
}

/** Whether the value is an object or a function. */
export function isObject(value: unknown): value is object {
  return Object(value) === value;
}
