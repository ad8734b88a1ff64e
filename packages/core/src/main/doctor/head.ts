const HEAD_MS = 5_000;

/** Returns the headers of a file; null when its host does not answer. */
export async function headersOf(url: string): Promise<Headers | null> {
  try {
    const options = { method: 'HEAD', signal: AbortSignal.timeout(HEAD_MS) };
    const { ok, headers } = await fetch(url, options);
    return ok ? headers : null;
  } catch {
    return null;
  }
}
