import type { AlertGroup, Notifier } from './notifier.ts';
import { postJson } from './post.ts';
import type { PostOptions } from './post.ts';
import { SIGNATURE_HEADER, signBody } from './signature.ts';

export interface WebhookOptions extends PostOptions {
  readonly url: string;
  /** Shared secret for the signature, at least 16 characters. */
  readonly secret: string;
  /** Default: Date.now. */
  readonly now?: () => number;
}

const MIN_SECRET = 16;

/** The body of the request. */
export interface WebhookBody extends AlertGroup {
  readonly schema: 'perigee-alert-group/1';
}

/**
 * Creates a notifier that posts each group of alerts as signed JSON. Receivers check the signature
 * with `verifySignature`.
 * @throws Error for an invalid URL or a secret that is too short
 * @example
 * ```ts
 * const hook = createWebhookNotifier({ url: 'https://example.com/alerts', secret });
 * await startCollector({ notifiers: { hook } });
 * ```
 */
export function createWebhookNotifier({
  url,
  secret,
  now = Date.now,
  ...post
}: WebhookOptions): Notifier {
  checkHttpUrl(url, 'webhook');
  if (secret.length < MIN_SECRET)
    throw new Error(
      `The webhook's secret has ${secret.length} characters; expected ${MIN_SECRET} or more. ` +
        'Make one with: openssl rand -hex 32',
    );
  return {
    async send(group) {
      const body = JSON.stringify({
        schema: 'perigee-alert-group/1',
        ...group,
      } satisfies WebhookBody);
      await postJson(
        url,
        body,
        () => ({ [SIGNATURE_HEADER]: signBody(body, secret, now()) }),
        post,
      );
    },
  };
}

/** @throws Error that names `whose` URL is invalid, without printing the URL */
export function checkHttpUrl(url: string, whose: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'https:' && parsed?.protocol !== 'http:')
    throw new Error(
      `Invalid ${whose} URL: expected https://…, got ` +
        `${parsed ? `${parsed.protocol}//…` : 'no URL'}. Check where it is set.`,
    );
}
