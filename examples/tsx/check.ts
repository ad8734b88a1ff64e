import { createPerigee, loadModel } from 'perigee';
import { print } from './answers.ts';

await print({ createPerigee, loadModel });
