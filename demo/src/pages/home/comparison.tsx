const TOOLS = [
  'Perigee',
  'transformers.js',
  'ONNX Runtime Web',
  'TensorFlow.js',
  'Firebase ML',
  'Sentry',
  'Evidently',
] as const;

/** A cell: yes, no, or in words. An asterisk marks who is best at it. */
type Cell = string;

const ROWS: readonly (readonly [what: string, ...cells: readonly Cell[]])[] = [
  ['Runs models in the browser', 'yes', 'yes', 'yes', 'yes', 'no: Android, iOS', 'no', 'no'],
  [
    'Ready-made tasks and models',
    'no: bring a model',
    '*many tasks, thousands of models',
    'no',
    'some models',
    'with ML Kit',
    'no',
    'no',
  ],
  ['Large language models', 'no', '*yes', 'with own code', 'no', 'no', 'no', 'no'],
  ['Trains in the browser', 'no', 'no', 'no', '*yes', 'no', 'no', 'no'],
  ['Releases signed, checked on the device', '*yes', 'no', 'no', 'no', 'no', 'no', 'no'],
  ['Updates fetch only what changed', '*yes', 'no', 'no', 'no', 'no', 'no', 'no'],
  ['Rollout to a share of devices', 'yes', 'no', 'no', 'no', 'yes, with Remote Config', 'no', 'no'],
  [
    'A bad version goes back by itself',
    '*on the device, and by the guard',
    'no',
    'no',
    'no',
    'no',
    'alerts only',
    'no',
  ],
  [
    'Drift without raw data',
    '*yes, from counts',
    'no',
    'no',
    'no',
    'no',
    'no',
    'no: on data that you collect',
  ],
  ['Kinds of drift tests and reports', 'some', 'no', 'no', 'no', 'no', 'no', '*most'],
  ['Stack traces of errors', 'no: codes only', 'no', 'no', 'no', 'with Crashlytics', '*yes', 'no'],
  [
    'Works offline',
    'yes: model and page',
    'model, in a cache',
    'with own code',
    'model',
    'model',
    'keeps events',
    'no',
  ],
  ['Years in use, and users', 'new', '*many', '*many', '*many', '*many', '*many', '*many'],
];

/** Perigee and other tools side by side, also where others are better. */
export function Comparison() {
  return (
    <section className="card stack" aria-label="Comparison">
      <h2>Compared with others, also where they are better</h2>
      <p className="muted">
        transformers.js runs models. Perigee also ships them, watches them and takes them back. For
        a model from a hub in one line, or for text that is generated, take transformers.js.
      </p>
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Comparison table">
        <table className="comparison">
          <thead>
            <tr>
              <td />
              {TOOLS.map((tool) => (
                <th key={tool} scope="col">
                  {tool}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ROWS.map(([what, ...cells]) => (
              <tr key={what}>
                <th scope="row">{what}</th>
                {cells.map((cell, i) => (
                  <td key={TOOLS[i]} className={classOf(cell)}>
                    {cell.replace('*', '')}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="small muted">
        Bold: the best at it. Perigee is not the fastest to start: on a first visit it took 1.3
        times as long to the first answer as transformers.js, and small calls took 1.15 times as
        long as with Comlink (<code>bench/RESULTS.md</code>, which also has where it is faster).
      </p>
    </section>
  );
}

function classOf(cell: Cell): string {
  if (cell.startsWith('*')) return 'best';
  return cell === 'no' ? 'none' : '';
}
