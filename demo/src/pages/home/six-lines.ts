/** The code of the first page. A test checks its types and runs it. */
export const SIX_LINES = `import { createPerigee } from 'perigee';

const perigee = createPerigee({ registry: '/registry/' });
const digits = await perigee.load('digits');
const { id, output } = await digits.predict(document.querySelector('canvas') as HTMLCanvasElement);
console.log(output.label, output.score);
await digits.feedback(id, { label: '7' });
`;
