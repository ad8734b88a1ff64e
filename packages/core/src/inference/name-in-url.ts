import type { ModelFormat } from '../config.ts';
import { formatByName, named } from '../engines/formats.ts';

/** The file's name in a URL. A name without a known extension gets the one of `format`. */
export function nameIn(url: string, format: ModelFormat | undefined): string {
  const { protocol, pathname } = new URL(url);
  const last =
    protocol === 'data:' || protocol === 'blob:' ? '' : (pathname.split('/').pop() ?? '');
  const name = decoded(last) || 'model';
  return format && !formatByName(name) ? named(name, format) : name;
}

/** Decodes percent-encoding. A name with a stray percent sign is not encoded: it stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
