/** Every typed array there is; no DataView. */
export type TypedArray = Exclude<ArrayBufferView, DataView>;

const tag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get as () => string | undefined;

/** The class of the language that a typed array is of, also when it is of a subclass (Buffer) or of another realm; else undefined. */
export function classOf(value: unknown): string | undefined {
  return tag.call(value);
}

/** Makes an array of that class: of a length, of a buffer, or a copy of another array. */
export function constructorOf(array: TypedArray): new (from: ArrayBuffer | TypedArray) => TypedArray & { set(values: TypedArray): void } {
  return (globalThis as never)[classOf(array) as string];
}
