import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CommandError } from '../command.ts';

const VARIABLE = 'PERIGEE_KEY_PASSPHRASE';

/**
 * Gets the passphrase of the keys from a file, the environment, or a prompt without echo. It is
 * never printed, and never an argument, which other users of the machine could see.
 */
export async function passphrase(file: string | undefined): Promise<string> {
  if (file !== undefined) return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  const given = process.env[VARIABLE];
  if (given !== undefined) return given;
  if (!process.stdin.isTTY)
    throw new CommandError(`The keys are encrypted: set ${VARIABLE}, or give --passphrase-file.`);
  return ask('Passphrase of the keys: ');
}

async function ask(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await new Promise<string>((resolve) => lines.question('', resolve));
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
