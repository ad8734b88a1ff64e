import { createPerigee, loadModel } from 'perigee';
import { answersOf } from './answers.cjs';

console.log(JSON.stringify(await answersOf({ createPerigee, loadModel })));
