import { messageOf } from '../../message-of.ts';
import { describeGroup, describeNotice } from './message.ts';
import type { AlertGroup, Notifier } from './notifier.ts';

export interface EmailOptions {
  readonly from: string;
  readonly to: readonly string[];
  /**
   * Name of the environment variable with the SMTP URL: smtp://user:password@host:587 or
   * smtps://…:465. Default PERIGEE_SMTP_URL.
   */
  readonly urlVariable?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
}

export interface Email {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * Creates a notifier that sends each group of alerts as one e-mail.
 * @throws Error if the variable holds no SMTP URL, or if there is no recipient
 * @example
 * ```ts
 * const mail = createEmailNotifier({ from: 'perigee@example.com', to: ['ml-team@example.com'] });
 * await startCollector({ notifiers: { mail } });
 * ```
 */
export function createEmailNotifier({
  from,
  to,
  urlVariable = 'PERIGEE_SMTP_URL',
  env = process.env,
  timeoutMs = 15_000,
}: EmailOptions): Notifier {
  const url = env[urlVariable];
  if (url === undefined || !/^smtps?:\/\/[^/]/.test(url) || !URL.canParse(url))
    throw new Error(
      `${urlVariable} ${url === undefined ? 'is not set' : 'is not an SMTP URL'}: expected ` +
        'smtp://user:password@host:587 or smtps://…:465, through which alerts are mailed. ' +
        'Set it, or remove the mail notifier.',
    );
  if (to.length === 0)
    throw new Error(
      'The mail notifier has no recipient: give at least one address in `to`, or remove it.',
    );
  return {
    async send(group) {
      // Loaded for the first e-mail, since most collectors send none.
      const { createTransport } = await import('nodemailer');
      const transport = createTransport({
        url,
        requireTLS: needsTls(url),
        connectionTimeout: timeoutMs,
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      try {
        await transport.sendMail({ from, to: [...to], ...emailOf(group) });
      } catch (cause) {
        throw new Error(
          `The mail server ${new URL(url).host} did not take the mail: ${messageOf(cause)}`,
          { cause },
        );
      } finally {
        transport.close();
      }
    },
  };
}

export function emailOf(group: AlertGroup): Email {
  const messages = group.notices.map(describeNotice);
  return {
    subject: describeGroup(group),
    text: messages
      .map(({ title, summary, facts, url }) =>
        [title, summary, '', ...facts.map(([label, text]) => `${label}: ${text}`), '', url].join(
          '\n',
        ),
      )
      .join('\n\n----\n\n'),
    html: messages
      .map(
        ({ title, summary, facts, url }) =>
          `<h3>${escapeHtml(title)}</h3><p>${escapeHtml(summary)}</p><table ` +
          `cellpadding="4">${facts.map(tableRow).join('')}</table><p><a ` +
          `href="${escapeHtml(url)}">Open in the dashboard</a></p>`,
      )
      .join('<hr>'),
  };
}

function tableRow([label, text]: readonly [string, string]): string {
  return `<tr><th align="left">${escapeHtml(label)}</th><td>${escapeHtml(text)}</td></tr>`;
}

/**
 * Requires TLS for connections with a password, so that an attacker cannot strip STARTTLS and read
 * it. Not needed on this machine; `?requireTLS=false` disables it for another host.
 */
function needsTls(url: string): boolean {
  const { username, hostname, searchParams } = new URL(url);
  return (
    username !== '' &&
    !['localhost', '127.0.0.1', '[::1]'].includes(hostname) &&
    searchParams.get('requireTLS') !== 'false'
  );
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
