import { loadModel } from 'perigee';
import { answerOf } from '../../src/check.js';

// In Node: while a page is prerendered, and in development.
export async function load() {
  return { server: await answerOf(loadModel(process.env.MODEL, { backend: 'cpu' })) };
}
