import { PerigeeError } from '../error.ts';
import { folderOf, foldersOfHashed, isNamedByContent, isPage } from './app-files.ts';
import type { AppFile } from './app-files.ts';
import { hasIntegrity } from './integrity.ts';

/** Headers that describe the bytes on the way, and not the bytes that are kept. */
const OF_THE_TRANSFER = ['content-encoding', 'content-length', 'transfer-encoding'];

/**
 * Checks that a host sent the file that was built, and makes the response that is kept. Many hosts
 * answer with the page when a file is absent; such an answer is refused.
 * @throws PerigeeError WRONG_CONTENT or NETWORK
 */
export async function checkedResponse(
  file: AppFile,
  response: Response,
  files: readonly AppFile[],
): Promise<Response> {
  checkHeaders(file, response);
  const body = await response.blob();
  if (isPage(file)) checkPage(file, { html: await body.text(), bytes: body.size }, files);
  else if (file.bytes !== undefined && body.size !== file.bytes)
    throw wrong(file, `has ${body.size} bytes at the host, and ${file.bytes} in this build`);
  if (file.integrity !== undefined && !(await hasIntegrity(body, file.integrity)))
    throw wrong(file, 'has another digest at the host than in this build');
  const headers = new Headers(response.headers);
  for (const name of OF_THE_TRANSFER) headers.delete(name);
  return new Response(body, { status: response.status, headers });
}

/**
 * Checks where a page came from. Hosts may redirect it to its address without `index.html` or
 * `.html`. The page of another address, such as a login, is refused.
 * @throws PerigeeError WRONG_CONTENT
 */
export function checkAddress(
  file: AppFile,
  { redirected, url }: Pick<Response, 'redirected' | 'url'>,
): void {
  if (isPage(file) && redirected && withoutEnding(url) !== withoutEnding(file.url))
    throw wrong(file, `is redirected to ${url}`);
}

function withoutEnding(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/(\/index)?(\.html?)?\/?$/, '');
}

function checkHeaders(file: AppFile, { ok, status, headers }: Response): void {
  if (status >= 500 || status === 429)
    throw new PerigeeError(
      'NETWORK',
      `The host answered HTTP ${status} for ${file.url}. Try again later.`,
      { details: { url: file.url, status } },
    );
  if (!ok || status === 206) throw wrong(file, `got HTTP ${status} from the host`);
  const type = headers.get('content-type') ?? '';
  if (type.includes('text/html') !== isPage(file) && (type !== '' || isPage(file)))
    throw wrong(file, `has the type "${type}" at the host`);
}

/**
 * A host may add to a page, so its size alone proves nothing. A page of another build names scripts
 * and styles that this build does not have. A page of the host itself, such as one about a fault,
 * names no file of this build.
 */
function checkPage(
  file: AppFile,
  { html, bytes }: { readonly html: string; readonly bytes: number },
  files: readonly AppFile[],
): void {
  const known = new Set(files.map(({ url }) => url));
  const folders = foldersOfOnlyHashed(files);
  const names = namesIn(html, file.url);
  for (const url of names)
    if (!known.has(url) && folders.has(folderOf({ url })) && /\.(m?js|css)$/.test(url))
      throw wrong(file, `names ${url}, which is not in this build`);
  const hasOtherSize = file.bytes !== undefined && bytes !== file.bytes;
  if (hasOtherSize && !names.some((url) => known.has(url)))
    throw wrong(
      file,
      `has ${bytes} bytes at the host, and ${file.bytes} in this build, and names no file of it`,
    );
}

/** The addresses that a page names. */
function namesIn(html: string, address: string): readonly string[] {
  const [, folder = ''] = /<base\s[^>]*?href\s*=\s*["']?([^"'\s>]+)/i.exec(html) ?? [];
  const base = absolute(folder, address) ?? address;
  return [...html.matchAll(/\s(?:src|href)\s*=\s*["']?([^"'\s>]+)/gi)]
    .map(([, name = '']) => absolute(name, base))
    .filter((url) => url !== undefined);
}

/** The folders in which the build tool writes everything, such as `/assets/`. */
function foldersOfOnlyHashed(files: readonly AppFile[]): ReadonlySet<string> {
  const mixed = new Set(files.filter((file) => !isNamedByContent(file)).map(folderOf));
  return new Set([...foldersOfHashed(files)].filter((folder) => !mixed.has(folder)));
}

function absolute(name: string, base: string): string | undefined {
  return URL.canParse(name, base) ? new URL(name, base).href : undefined;
}

function wrong({ url }: AppFile, what: string): PerigeeError {
  return new PerigeeError(
    'WRONG_CONTENT',
    `${url} ${what}, so the app is not kept for offline use. Deploy all files of the build ` +
      'before the script of the service worker. If a new build was deployed, reload the page.',
    { details: { url } },
  );
}
