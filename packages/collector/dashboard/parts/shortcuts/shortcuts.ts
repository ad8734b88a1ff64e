export interface Shortcut {
  /** One key, or two that are pressed one after the other. Values of `KeyboardEvent.key`. */
  readonly keys: readonly [string] | readonly [string, string];
  readonly does: string;
  readonly run: () => void;
}

const KEY = 'perigee-shortcuts';
/** Longest time between the two keys of a shortcut. */
const PAUSE_MS = 1_500;
/** Keys mean something else in these. A select jumps to the option with the letter. */
const TAKES_KEYS = 'input, textarea, select, [contenteditable], dialog';

/** Off by the user's choice: speech input can press single keys by accident (WCAG 2.1.4). */
export function areOn(): boolean {
  return localStorage.getItem(KEY) !== 'off';
}

export function turnOn(isOn: boolean): void {
  localStorage.setItem(KEY, isOn ? 'on' : 'off');
}

/** @returns a function that stops listening */
export function listen(shortcuts: () => readonly Shortcut[]): () => void {
  let first: { readonly key: string; readonly atMs: number } | undefined;
  const onKey = (event: KeyboardEvent): void => {
    const { key, ctrlKey, metaKey, altKey, isComposing, repeat, target } = event;
    if (!areOn() || ctrlKey || metaKey || altKey || isComposing || event.defaultPrevented) return;
    if (target instanceof Element && target.closest(TAKES_KEYS)) return;
    const before = first !== undefined && Date.now() - first.atMs < PAUSE_MS ? first.key : '';
    first = undefined;
    const found =
      shortcuts().find(({ keys: [one, two] }) => two === key && one === before) ??
      shortcuts().find(({ keys }) => keys.length === 1 && keys[0] === key);
    if (found) {
      event.preventDefault();
      found.run();
    } else if (!repeat && shortcuts().some(({ keys }) => keys.length === 2 && keys[0] === key))
      first = { key, atMs: Date.now() };
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}
