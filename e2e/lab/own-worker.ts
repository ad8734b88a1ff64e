// A worker of the app that imports perigee.
import { answerJobs } from './answer-to.ts';

answerJobs(globalThis as unknown as EventTarget);
