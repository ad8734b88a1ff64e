import { loadModel } from 'perigee';
import { answerOf } from '../src/check.js';
import { Answers } from './answers.js';

// A server component: the model runs in Node, while the page is built or served.
export default async function Page() {
  const server = await answerOf(loadModel(process.env.MODEL, { backend: 'cpu' }));
  return <Answers server={server} />;
}
