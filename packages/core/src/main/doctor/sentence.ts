/** Returns the first sentence of a text. */
export function firstSentence(text: string): string {
  return asSentence(/^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text);
}

/** Joins the sentences of a text into one. */
export function asSentence(text: string): string {
  const joined = text.trim().replaceAll(/[.!?]\s+/g, '; ');
  return /[.!?]$/.test(joined) ? joined : `${joined}.`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
