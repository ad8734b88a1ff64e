/** Any typed array, without DataView. */
export type TypedArray = Exclude<ArrayBufferView, DataView>;

const tag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get as () => string | undefined;

/**
 * Returns the built-in class of a typed array, also for a subclass (Buffer) or another realm;
 * undefined for other values.
 */
export function classOf(value: unknown): string | undefined {
  return tag.call(value);
}

/**
 * Returns the constructor of the array's built-in class. It takes a buffer, or an array to copy.
 */
export function constructorOf(
  array: TypedArray,
): new (from: ArrayBuffer | TypedArray) => TypedArray & { set(values: TypedArray): void } {
  return (globalThis as never)[classOf(array) as string];
}
