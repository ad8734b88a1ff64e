import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { undefinedIfAbsent } from '../absent-file.ts';
import { CommandError } from '../command.ts';
import { ADMIN_KEY, adminHeaders } from '../guard/collector-client.ts';

/**
 * Downloads to a file beside the target and renames it when it is complete. An interrupted download
 * leaves nothing behind and keeps the existing file.
 */
export async function downloadExport(url: URL, out: string, force: boolean): Promise<number> {
  const response = await fetch(url, { headers: adminHeaders(process.env[ADMIN_KEY]) }).catch(
    (cause: unknown) => {
      throw new CommandError(
        `${url.origin} cannot be reached. Is the collector running there? (perigee collector)`,
        { cause },
      );
    },
  );
  if (!response.ok || !response.body) throw new CommandError(await errorText(response));
  const part = `${out}.${process.pid}.part`;
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.byteLength;
      done(null, chunk);
    },
  });
  try {
    await pipeline(Readable.from(response.body), count, createWriteStream(part, { flags: 'wx' }));
    if (!force) await refuseExisting(out);
    await rename(part, out);
  } catch (error) {
    await rm(part, { force: true });
    if (
      error instanceof CommandError ||
      (error instanceof Error && 'syscall' in error && 'path' in error)
    )
      throw error;
    throw new CommandError(
      `The collector's answer broke off after ${bytes} bytes; nothing was written. See the ` +
        "collector's log.",
      { cause: error },
    );
  }
  return bytes;
}

export async function refuseExisting(out: string): Promise<void> {
  if (await stat(out).catch(undefinedIfAbsent))
    throw new CommandError(`${out} exists; --force replaces it.`);
}

/** The collector's error message, if the answer has one. */
async function errorText(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } };
    if (error?.message)
      return response.status === 401
        ? `${error.message} Give the collector's admin key in ${ADMIN_KEY}.`
        : error.message;
  } catch {
    // The message below covers this.
  }
  return (
    `${response.url} answered HTTP ${response.status}. Is a collector of this version running ` +
    'there?'
  );
}
