import { describeGroup, describeNotice } from './message.ts';
import type { AlertGroup, Notice, Notifier } from './notifier.ts';
import { postJson } from './post.ts';
import type { PostOptions } from './post.ts';
import { checkHttpUrl } from './webhook.ts';

export interface SlackOptions extends PostOptions {
  /**
   * URL of a Slack incoming webhook, or of a compatible one (Mattermost, Rocket.Chat, Discord's
   * `/slack`).
   */
  readonly url: string;
}

type Text = { readonly type: 'mrkdwn' | 'plain_text'; readonly text: string };
type Block =
  | { readonly type: 'header'; readonly text: Text }
  | { readonly type: 'section'; readonly text: Text; readonly fields?: readonly Text[] }
  | { readonly type: 'context'; readonly elements: readonly Text[] };

/** Slack accepts 50 blocks per message; an alert needs up to three. */
const MAX_ALERTS = 15;
/** Slack's limit for a header, in characters. */
const MAX_HEADER = 150;

/**
 * Creates a notifier that posts each group of alerts to a Slack channel.
 * @throws Error for an invalid URL
 * @example
 * ```ts
 * const slack = createSlackNotifier({ url: 'https://hooks.slack.com/services/…' });
 * await startCollector({ notifiers: { slack } });
 * ```
 */
export function createSlackNotifier({ url, ...post }: SlackOptions): Notifier {
  checkHttpUrl(url, 'Slack webhook');
  return { send: (group) => postJson(url, JSON.stringify(slackMessage(group)), () => ({}), post) };
}

/** `text` is for push notifications, `blocks` for the channel. */
export function slackMessage(group: AlertGroup): {
  readonly text: string;
  readonly blocks: readonly Block[];
} {
  const title = describeGroup(group);
  const shown = group.notices.slice(0, MAX_ALERTS);
  const more = group.notices.length - shown.length;
  return {
    text: escapeText(title),
    blocks: [
      {
        type: 'header',
        text: {
          type: 'plain_text',
          text: title.length > MAX_HEADER ? `${title.slice(0, MAX_HEADER - 1)}…` : title,
        },
      },
      ...shown.flatMap(blocksOf),
      ...(more > 0
        ? [
            {
              type: 'context',
              elements: [mrkdwn(`and ${more} more: ${link(group.url, 'open the dashboard')}`)],
            } as const,
          ]
        : []),
    ],
  };
}

function blocksOf(notice: Notice): Block[] {
  const { title, summary, facts, url } = describeNotice(notice);
  return [
    {
      type: 'section',
      text: mrkdwn(`*${escapeText(title)}*\n${escapeText(summary)}`),
      ...(facts.length > 0 && {
        fields: facts.map(([label, text]) => mrkdwn(`*${label}*\n${escapeText(text)}`)),
      }),
    },
    { type: 'context', elements: [mrkdwn(link(url, 'Open in the dashboard'))] },
  ];
}

function mrkdwn(text: string): Text {
  return { type: 'mrkdwn', text };
}

function link(url: string, label: string): string {
  return `<${url.replaceAll('|', '%7C').replaceAll('>', '%3E')}|${label}>`;
}

/**
 * Escapes the three characters that Slack requires. Otherwise a feature named <!channel> would
 * notify everyone.
 */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
