import Module from 'node:module';

/** The part of Node's loader that turns the text in `require()` into a path. */
interface Loader {
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

/**
 * Testing Library and React's own packages require `react` and `react-dom`. Aliases of Vite reach
 * only the code that Vite transforms.
 */
const loader = Module as unknown as Loader;
const resolve = loader._resolveFilename;
loader._resolveFilename = (request, ...rest) =>
  resolve(request.replace(/^(react|react-dom)(?=\/|$)/, '$1-18'), ...rest);

// Testing Library is required from here on.
await import('./dom.setup.ts');
