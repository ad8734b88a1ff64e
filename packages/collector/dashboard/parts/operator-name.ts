const KEY = 'perigee-name';

/** The name that this person last entered. */
export function storedName(): string {
  return localStorage.getItem(KEY) ?? '';
}

export function storeName(name: string): void {
  localStorage.setItem(KEY, name);
}
