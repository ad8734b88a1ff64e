interface Values<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): unknown;
}

/** The value of a key, which is made and kept when it is first asked for. */
export function kept<Key, Value>(
  values: Values<Key, Value>,
  key: Key,
  make: (key: Key) => Value,
): Value {
  const value = values.get(key) ?? make(key);
  values.set(key, value);
  return value;
}
