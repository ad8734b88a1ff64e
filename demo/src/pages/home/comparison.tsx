import comparison from './comparison.json';

/** docs/comparison.md has the same rows, with the source of each. */
const { tools: TOOLS, rows: ROWS } = comparison;

/** A cell: yes, no, or in words. An asterisk marks the tool that is best at it. */
type Cell = string;

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
            {ROWS.map(({ what, cells }) => (
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
