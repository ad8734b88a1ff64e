/** A kind of app that can be started. */
export interface Template {
  readonly name: string;
  readonly title: string;
  /** The folders of `templates/` that are copied, and the folders of the app that get them. */
  readonly layers: readonly (readonly [from: string, to: string])[];
  /** The script of its package.json that shows something. */
  readonly script: 'dev' | 'start';
}

export const TEMPLATES: readonly Template[] = [
  {
    name: 'vanilla',
    title: 'A page with Vite, in JavaScript',
    layers: [
      ['vanilla', '.'],
      ['style', 'src'],
      ['model', 'model'],
    ],
    script: 'dev',
  },
  {
    name: 'react',
    title: 'A page with Vite and React, in TypeScript',
    layers: [
      ['react', '.'],
      ['style', 'src'],
      ['model', 'model'],
    ],
    script: 'dev',
  },
  {
    name: 'node',
    title: 'A program for Node, in JavaScript',
    layers: [
      ['node', '.'],
      ['model', 'model'],
    ],
    script: 'start',
  },
];
