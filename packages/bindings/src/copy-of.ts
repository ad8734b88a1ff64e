/**
 * Copies lists and plain records, with the lists and records in them. Frameworks wrap these in
 * proxies that note what is read and change in place. The copy is free of proxies, and stays as it
 * is. All else, such as an image or a typed array, is the same object.
 */
export function copyOf<Value>(value: Value): Value;
export function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value?.constructor !== Object) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copyOf(part)]));
}
