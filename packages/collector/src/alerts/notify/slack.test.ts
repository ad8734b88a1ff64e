import { expect, test } from 'vitest';
import { finding, notice, receiver } from '../alerts.fixture.ts';
import { describeGroup, describeNotice, effectText } from './message.ts';
import { permalink } from './notifier.ts';
import { createSlackNotifier, slackMessage } from './slack.ts';

const group = {
  model: 'digits',
  version: '1.1.0',
  url: 'https://perigee.example/models/digits?version=1.1.0',
  notices: [notice()],
};

test('a message has the problem in words, what users notice, the figures, advice and links', async () => {
  const { url, received } = await receiver([{ status: 200, body: 'ok' }]);
  await createSlackNotifier({ url }).send(group);
  const message = JSON.parse(received[0]!.body) as { text: string; blocks: unknown[] };
  expect(message).toEqual(slackMessage(group));
  const title =
    '[ticket] digits@1.1.0: Values of ink are lower than in training: one in five is lower than ' +
    'almost all of the training set.';
  expect(message.text).toBe(title);
  expect(message.blocks).toEqual([
    {
      type: 'header',
      text: { type: 'plain_text', text: title },
    },
    {
      type: 'section',
      text: {
        type: 'mrkdwn',
        text: `*${title}*\nNo session fails.`,
      },
      fields: [
        { type: 'mrkdwn', text: '*Effect*\n0.0614 (95 % interval 0.05 to 0.07; threshold 0.03)' },
        { type: 'mrkdwn', text: '*Device-hours*\n1,400 (effective n 912)' },
        { type: 'mrkdwn', text: '*Since*\n2025-11-24T15:00:00.000Z' },
        { type: 'mrkdwn', text: '*First version seen*\n1.1.0' },
        {
          type: 'mrkdwn',
          text: '*Top features*\nink 50 %, slant 25 %, width 12.5 %, height 6.25 %, loops 3.13 %',
        },
        {
          type: 'mrkdwn',
          text: '*Details*\nfeature-drift: ink differs from the reference by 0.061.',
        },
        { type: 'mrkdwn', text: expect.stringMatching(/^\*What to do\*\nCompare the feature /) },
        { type: 'mrkdwn', text: '*Runbook*\nhttps://perigee.example/runbooks/feature-drift' },
      ],
    },
    {
      type: 'context',
      elements: [
        {
          type: 'mrkdwn',
          text: '<https://perigee.example/alerts/a1|Open in the dashboard>',
        },
      ],
    },
  ]);
});

test("Slack's refusal of a message is an error with its reason", async () => {
  const { url } = await receiver([{ status: 400, body: 'invalid_blocks' }]);
  await expect(createSlackNotifier({ url }).send(group)).rejects.toThrow(
    'it answered 400: invalid_blocks',
  );
  expect(() => createSlackNotifier({ url: 'hooks.slack.com' })).toThrow(
    'Invalid Slack webhook URL: expected https://…, got no URL',
  );
});

test('names from devices notify nobody, break no line and are cut to a length', () => {
  const nasty = notice({
    findings: [
      finding({
        subject: '<!channel>\n*x*',
        summary: `a & b <@U1>${'x'.repeat(5_000)}`,
        topFeatures: [{ name: '<http://evil|click>', contribution: 1 }],
      }),
    ],
  });
  const { text, blocks } = slackMessage({ ...group, notices: [nasty] });
  const all = JSON.stringify(blocks.slice(1, 2)) + text;
  expect(all).toContain('&lt;!channel&gt; *x*');
  expect(all).toContain('a &amp; b &lt;@U1&gt;');
  expect(all).not.toMatch(/<[!@h]/);
  for (const block of blocks) expect(JSON.stringify(block).length).toBeLessThan(3_000);
  expect(blocks[0]).toMatchObject({ type: 'header', text: { type: 'plain_text' } });
});

test('many alerts fit the fifty blocks Slack takes, and the rest is counted', () => {
  const notices = Array.from({ length: 40 }, (_, i) =>
    notice({
      alert: `a${i}`,
      event: i < 30 ? 'opened' : 'resolved',
      severity: i === 3 ? 'page' : 'ticket',
    }),
  );
  const { text, blocks } = slackMessage({ ...group, notices });
  expect(blocks.length).toBeLessThanOrEqual(50);
  expect(text).toBe('[page] digits@1.1.0: 30 opened, 10 resolved');
  expect(JSON.stringify(blocks.at(-1))).toContain('and 25 more');
});

test('texts carry units, segments and how many more', () => {
  const effect = { value: 0.0123, low: 0.01, high: 0.02, threshold: 0.005 };
  expect(effectText({ ...effect, unit: 'share' })).toBe(
    '1.23 % (95 % interval 1 % to 2 %; threshold 0.5 %)',
  );
  expect(effectText({ ...effect, value: 1_234.5, unit: 'ms' })).toMatch(/^1\.23\ss /);
  expect(effectText({ ...effect, value: 1.5, unit: 'ratio' })).toMatch(/^1.5× /);
  const findings = ['ink', 'slant', 'width'].map((subject) =>
    finding({ subject, segment: 'beta' }),
  );
  expect(describeNotice(notice({ findings, event: 'updated' })).title).toMatch(
    /^\[ticket\] digits@1\.1\.0 got worse: Segment beta: Values of ink .* 2 more features have /,
  );
  expect(describeGroup({ ...group, notices: [notice({ event: 'resolved' })] })).toMatch(
    /^\[ticket\] digits@1\.1\.0 resolved: Values of ink are lower/,
  );
});

test('a message shows hours of silence, a fault without figures, and no advice once resolved', () => {
  const labels = (change: Partial<Parameters<typeof describeNotice>[0]>): string[] =>
    describeNotice(notice(change)).facts.map(([label, text]) =>
      label === 'Effect' ? `${label} ${text}` : label,
    );
  const effect = { value: 7, low: 7, high: 7, threshold: 6, unit: 'hours' } as const;
  const findings = [finding({ effect, devices: 0, topFeatures: [] })];
  expect(labels({ rule: 'silence', findings })).toEqual([
    'Effect 7 h (threshold 6 h)',
    'Since',
    'First version seen',
    'Details',
    'What to do',
    'Runbook',
  ]);
  expect(labels({ rule: 'cannot-judge', findings, event: 'resolved' })).toEqual([
    'Since',
    'First version seen',
    'Details',
  ]);
});

test('links keep the path of the dashboard and escape names', () => {
  expect(permalink('https://example.com/perigee', 'a/b', '1.0.0+x')).toBe(
    'https://example.com/perigee/models/a%2Fb?version=1.0.0%2Bx',
  );
});
