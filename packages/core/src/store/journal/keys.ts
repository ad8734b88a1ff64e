/** Keys of entries, by kind. */
export const keys = {
  version: (name: string) => `version:${name}`,
  pointer: (ref: string) => `pointer:${ref}`,
  value: (key: string) => `value:${key}`,
  batch: (id: string) => `batch:${id}`,
} as const;
