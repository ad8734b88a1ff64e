/**
 * For `catch()` where a file may be absent: the result is undefined then, and other errors stay.
 * @example
 * const text = await readFile(path, 'utf8').catch(undefinedIfAbsent);
 */
export function undefinedIfAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
