import { afterEach, expect, test, vi } from 'vitest';
import { chooseFileForm } from './file-form.ts';

const AGENTS = {
  chromium:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 ' +
    'Safari/537.36',
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
  safari:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like ' +
    'Gecko) Version/18.0 Safari/605.1.15',
};

afterEach(() => void vi.unstubAllGlobals());

test.each([
  ['chromium', 'there', 'blob'],
  ['firefox', 'there', 'opfs'],
  ['firefox', 'refused', 'blob'],
  ['firefox', 'absent', 'blob'],
  ['safari', 'there', 'opfs'],
  ['safari', 'refused', 'chunks'],
  ['safari', 'absent', 'chunks'],
] as const)(
  'in %s with the origin private file system %s, files are kept as %s',
  async (browser, opfs, form) => {
    const getDirectory = async (): Promise<object> => {
      if (opfs === 'refused')
        throw new DOMException('Security error when calling GetDirectory', 'SecurityError');
      return {};
    };
    vi.stubGlobal('navigator', { userAgent: AGENTS[browser], storage: { getDirectory } });
    vi.stubGlobal(
      'FileSystemFileHandle',
      opfs === 'absent'
        ? undefined
        : class {
            createSyncAccessHandle(): void {}
          },
    );
    expect(await chooseFileForm()).toBe(form);
  },
);
