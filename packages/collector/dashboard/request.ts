import { sharedAccess } from './parts/share/access.ts';

/** Asks the collector. In a tab that was opened by a share link, with the link's token. */
export function request(path: string, init: RequestInit = {}): Promise<Response> {
  const access = sharedAccess();
  if (!access) return fetch(path, init);
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${access.token}`);
  return fetch(path, { ...init, headers });
}

/** Sends JSON. @returns the answer, or why there is none */
export async function postJson<T>(
  path: string,
  body: object,
): Promise<{ readonly answer: T } | { readonly failure: string }> {
  try {
    const response = await request(path, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as T & { error?: { readonly message: string } };
    return response.ok
      ? { answer }
      : { failure: answer.error?.message ?? `HTTP ${response.status}` };
  } catch {
    return {
      failure: 'The collector does not answer. Look whether it was done, before you repeat it.',
    };
  }
}
