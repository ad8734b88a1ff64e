import type { OpenRecipe } from './backends/open-worker.ts';

/**
 * Whether a file can be opened again. An answer of the app's own fetch, or at a `blob:` URL, may
 * have been the only one. A file of the user may be gone, and a host out of reach.
 */
export async function canReopen(
  { source, request }: OpenRecipe,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    if (source.kind === 'files') {
      for (const file of Object.values(source.files)) await file.slice(0, 1).arrayBuffer();
      return true;
    }
    if (source.kind !== 'url' || request?.fetch) return false;
    if (/^(data|file):/i.test(source.url)) return true;
    return /^https?:/i.test(source.url) && (await answers(source.url, request, signal));
  } catch {
    return false;
  }
}

/** Asks for no bytes. Headers of the app are for the file's own host, so they follow no redirect. */
async function answers(
  url: string,
  request: OpenRecipe['request'],
  signal: AbortSignal,
): Promise<boolean> {
  const { headers, credentials } = request ?? {};
  const { ok } = await fetch(url, {
    method: 'HEAD',
    signal,
    ...(headers && { headers, redirect: 'manual' }),
    ...(credentials && { credentials }),
  });
  return ok;
}
