import { describeGroup, describeNotice } from './message.ts';
import type { AlertGroup, Notice, Notifier } from './notifier.ts';
import { postJson } from './post.ts';
import type { PostOptions } from './post.ts';
import { checkHttpUrl } from './webhook.ts';

export interface SlackOptions extends PostOptions {
  /** Of an incoming webhook of Slack, or of what takes the same (Mattermost, Rocket.Chat, Discord's `/slack`). */
  readonly url: string;
}

type Text = { readonly type: 'mrkdwn' | 'plain_text'; readonly text: string };
type Block =
  | { readonly type: 'header'; readonly text: Text }
  | { readonly type: 'section'; readonly text: Text; readonly fields?: readonly Text[] }
  | { readonly type: 'context'; readonly elements: readonly Text[] };

/** Slack takes 50 blocks a message; an alert has three. */
const MAX_ALERTS = 15;
/** Slack's limit of a header. */
const MAX_HEADER = 150;

/** @throws Error for an address that cannot be used */
export function createSlackNotifier({ url, ...post }: SlackOptions): Notifier {
  checkHttpUrl(url, 'Slack webhook');
  return { send: (group) => postJson(url, JSON.stringify(slackMessage(group)), () => ({}), post) };
}

/** `text` is what a notification shows, `blocks` what the channel does. */
export function slackMessage(group: AlertGroup): { readonly text: string; readonly blocks: readonly Block[] } {
  const title = describeGroup(group);
  const shown = group.notices.slice(0, MAX_ALERTS);
  const more = group.notices.length - shown.length;
  return {
    text: escapeText(title),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: title.length > MAX_HEADER ? `${title.slice(0, MAX_HEADER - 1)}…` : title } },
      ...shown.flatMap(blocksOf),
      ...(more > 0 ? [{ type: 'context', elements: [mrkdwn(`and ${more} more: ${link(group.url, 'open the dashboard')}`)] } as const] : []),
    ],
  };
}

function blocksOf(notice: Notice): Block[] {
  const { title, summary, facts, url } = describeNotice(notice);
  return [
    { type: 'section', text: mrkdwn(`*${escapeText(title)}*\n${escapeText(summary)}`), ...(facts.length > 0 && { fields: facts.map(([label, text]) => mrkdwn(`*${label}*\n${escapeText(text)}`)) }) },
    { type: 'context', elements: [mrkdwn(link(url, 'Open in the dashboard'))] },
  ];
}

function mrkdwn(text: string): Text {
  return { type: 'mrkdwn', text };
}

function link(url: string, label: string): string {
  return `<${url.replaceAll('|', '%7C').replaceAll('>', '%3E')}|${label}>`;
}

/** Slack's three: without them a feature named <!channel> would call everyone. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
