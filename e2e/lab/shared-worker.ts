// A shared worker that imports perigee. Chromium has no Worker in it.
import { answerJobs } from './answer-to.ts';

addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports;
  if (!port) return;
  answerJobs(port);
  port.start();
});
