import type { AuditAnswer, CompareAnswer, ErrorAnswer } from '@perigee/collector';
import { CommandError } from '../command.ts';
import { messageOf } from '../message-of.ts';

const TIMEOUT_MS = 30_000;

/** Environment variable with the collector's admin key. */
export const ADMIN_KEY = 'PERIGEE_COLLECTOR_KEY';

export function adminHeaders(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

export interface CollectorClient {
  /** Undefined as long as one of the versions has no counts. */
  compare(model: string, champion: string, challenger: string): Promise<CompareAnswer | undefined>;
  note(entry: Omit<AuditAnswer['entries'][number], 'id' | 'at'>): Promise<void>;
}

/**
 * A client of a collector's HTTP API.
 * @param key the collector's admin key, if it has one
 */
export function collectorClient(base: string, key: string | undefined): CollectorClient {
  const headers = adminHeaders(key);

  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(path, base.endsWith('/') ? base : `${base}/`);
    try {
      return await fetch(url, {
        ...init,
        headers: { 'user-agent': 'perigee-guard', ...headers, ...init.headers },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw new CommandError(
        `The collector at ${base} does not answer: ${messageOf(error)}. Is it running?`,
      );
    }
  }

  return {
    async compare(model, champion, challenger) {
      const response = await ask(
        `v1/models/${encodeURIComponent(model)}/compare?${new URLSearchParams({ champion, challenger }).toString()}`,
      );
      const answer = (await response.json()) as CompareAnswer & Partial<ErrorAnswer>;
      if (response.status === 404 && answer.error?.code === 'NO_DATA') return undefined;
      if (!response.ok) throw refused(base, response.status, answer.error);
      return answer;
    },
    async note(entry) {
      const response = await ask('v1/audit', {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: JSON.stringify(entry),
      });
      if (!response.ok)
        throw refused(
          base,
          response.status,
          ((await response.json()) as Partial<ErrorAnswer>).error,
        );
    },
  };
}

function refused(
  base: string,
  status: number,
  error: ErrorAnswer['error'] | undefined,
): CommandError {
  const hint = status === 401 ? ` Give its admin key in ${ADMIN_KEY}.` : '';
  return new CommandError(
    `The collector at ${base} refused: ${error?.message ?? `HTTP ${status}`}${hint}`,
  );
}
