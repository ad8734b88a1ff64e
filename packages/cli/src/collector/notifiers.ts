import type { Notifier } from '@perigee/collector';
import { CommandError } from '../command.ts';

export interface NotifierOptions {
  readonly webhook?: string;
  readonly mailTo?: string;
  readonly mailFrom?: string;
}

/**
 * Notifiers by the names that rules use: webhook, slack, mail.
 * @throws CommandError when an option or variable is missing
 */
export async function notifiersOf({
  webhook,
  mailTo,
  mailFrom,
}: NotifierOptions): Promise<Record<string, Notifier>> {
  const { createEmailNotifier, createSlackNotifier, createWebhookNotifier } =
    await import('@perigee/collector');
  const { PERIGEE_WEBHOOK_SECRET: secret, PERIGEE_SLACK_URL: slack } = process.env;
  if (webhook !== undefined && secret === undefined)
    throw new CommandError(
      '--webhook needs a secret in PERIGEE_WEBHOOK_SECRET to sign its messages. Make one: ' +
        'openssl rand -hex 24',
    );
  if ((mailTo === undefined) !== (mailFrom === undefined))
    throw new CommandError('--mail-to and --mail-from need each other.');
  return {
    ...(webhook !== undefined &&
      secret !== undefined && { webhook: createWebhookNotifier({ url: webhook, secret }) }),
    ...(slack !== undefined && { slack: createSlackNotifier({ url: slack }) }),
    ...(mailTo !== undefined &&
      mailFrom !== undefined && {
        mail: createEmailNotifier({
          from: mailFrom,
          to: mailTo.split(',').map((address) => address.trim()),
        }),
      }),
  };
}
