import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { expect, onTestFinished, test } from 'vitest';
import { finding, notice } from '../alerts.fixture.ts';
import { createEmailNotifier, emailOf } from './email.ts';

const group = {
  model: 'digits',
  version: '1.1.0',
  url: 'https://perigee.example/models/digits?version=1.1.0',
  notices: [notice()],
};
const people = { from: 'perigee@example.com', to: ['on-call@example.com', 'ml@example.com'] };

/** A real SMTP server. `refuse` is its response to every mail. */
async function mailServer(refuse?: string) {
  const mails: { readonly to: string[]; readonly user: string; readonly text: string }[] = [];
  const logins: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    logger: false,
    onAuth: ({ username, password }, _session, done) => (
      logins.push(username ?? ''),
      password === 'p@ss' ? done(null, { user: username ?? '' }) : done(new Error('Wrong password'))
    ),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (refuse !== undefined)
          return done(Object.assign(new Error(refuse), { responseCode: 451 }));
        mails.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          user: String(session.user ?? ''),
          text: Buffer.concat(chunks).toString(),
        });
        return done();
      });
    },
  });
  await new Promise<void>((resolve) => void server.listen(0, '0.0.0.0', () => resolve()));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return {
    mails,
    logins,
    at: (user = '') => ({
      PERIGEE_SMTP_URL: `smtp://${user}127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    }),
  };
}

test('a mail with text and HTML reaches every recipient and has the whole message', async () => {
  const { mails, at } = await mailServer();
  await createEmailNotifier({ ...people, env: at('mailer:p%40ss@') }).send(group);
  expect(mails).toHaveLength(1);
  const { to, user, text } = mails[0]!;
  expect(to).toEqual(people.to);
  expect(user).toBe('mailer');
  expect(text).toContain('Subject: [ticket] digits@1.1.0: Values of ink are lower');
  expect(text).toContain('Content-Type: text/plain');
  expect(text).toContain('Content-Type: text/html');
  const plain = emailOf(group).text;
  for (const part of [
    'Effect: 0.0614 (95 % interval 0.05 to 0.07; threshold 0.03)',
    'one in five is lower than almost all of the training set.',
    'No session fails.',
    'Details: feature-drift: ink differs from the reference by 0.061.',
    'Runbook: https://perigee.example/runbooks/feature-drift',
    'Device-hours: 1,400 (effective n 912)',
    'ink 50 %, slant 25 %, width 12.5 %, height 6.25 %, loops 3.13 %',
    'First version seen: 1.1.0',
    'https://perigee.example/alerts/a1',
  ])
    expect(plain).toContain(part);
});

test('names from devices cannot begin a header or a tag', async () => {
  const { mails, at } = await mailServer();
  const nasty = notice({
    model: 'm\r\nBcc: all@example.com',
    findings: [finding({ subject: '<script>"x"&' })],
  });
  await createEmailNotifier({ ...people, env: at() }).send({ ...group, notices: [nasty] });
  expect(mails[0]!.to).toEqual(people.to);
  expect(mails[0]!.text.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/m);
  expect(emailOf({ ...group, notices: [nasty] }).html).toContain(
    '&lt;script&gt;&quot;x&quot;&amp;',
  );
});

test('a server that refuses, a wrong password and a server that is not there are errors naming it', async () => {
  const refusing = await mailServer('Come again later');
  await expect(createEmailNotifier({ ...people, env: refusing.at() }).send(group)).rejects.toThrow(
    /The mail server 127\.0\.0\.1:\d+ did not take the mail: .*Come again later/,
  );
  await expect(
    createEmailNotifier({ ...people, env: refusing.at('mailer:wrong@') }).send(group),
  ).rejects.toThrow('did not take the mail');
  await expect(
    createEmailNotifier({ ...people, env: { PERIGEE_SMTP_URL: 'smtp://127.0.0.1:1' } }).send(group),
  ).rejects.toThrow('The mail server 127.0.0.1:1 did not take the mail');
});

test('a password is not sent to another machine in the clear', async () => {
  const { logins, at } = await mailServer();
  // The same server under an address that does not count as this machine.
  const env = {
    PERIGEE_SMTP_URL: at('mailer:p%40ss@').PERIGEE_SMTP_URL.replace('127.0.0.1', '127.0.0.2'),
  };
  const elsewhere = createEmailNotifier({ ...people, env, timeoutMs: 60_000 });
  await expect(elsewhere.send(group)).rejects.toThrow(/TLS/);
  expect(logins).toEqual([]);
});

test.each([
  ['no variable', {}, people.to, 'PERIGEE_SMTP_URL is not set'],
  [
    'no SMTP URL',
    { PERIGEE_SMTP_URL: 'mail.example.com:25' },
    people.to,
    'PERIGEE_SMTP_URL is not an SMTP URL: expected smtp://',
  ],
  ['nobody to tell', { PERIGEE_SMTP_URL: 'smtp://mail.example.com' }, [], 'has no recipient'],
])('%s is refused at the start', (_what, env, to, message) => {
  expect(() => createEmailNotifier({ ...people, to, env })).toThrow(message);
});
