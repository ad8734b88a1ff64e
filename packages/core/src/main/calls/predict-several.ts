/** The methods that make several calls, as one module, which makes one file in a bundle. */
export { predictMany } from './predict-many.ts';
export { predictStream } from './predict-stream.ts';
