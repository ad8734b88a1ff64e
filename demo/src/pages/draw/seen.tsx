import { SIDE } from './explain.ts';
import type { Explanation, Strongest } from './explain.ts';

/** The image that the model gets, and the parts of it that its answer rests on. */
export function Seen({ explanation }: { readonly explanation: Explanation | undefined }) {
  return (
    <section className="card stack" aria-label="What the model sees">
      <h2>What the model sees</h2>
      <div className="seen">
        <figure>
          <PixelGrid
            label={`The drawing as ${SIDE} by ${SIDE} squares`}
            fills={explanation?.seen}
            classOf={() => 'ink'}
          />
          <figcaption className="small muted">
            your drawing, cut out and reduced to {SIDE} × {SIDE}
          </figcaption>
        </figure>
        <figure>
          <PixelGrid
            label={explanation ? sentenceOf(explanation.strongest) : 'No drawing yet'}
            fills={explanation?.weights}
            classOf={(weight) => (weight >= 0 ? 'for' : 'against')}
          />
          <figcaption className="small muted seen-key">
            <span className="for">speaks for the answer</span>
            <span className="against">against it</span>
          </figcaption>
        </figure>
      </div>
      <p className="small muted seen-text">
        {explanation
          ? sentenceOf(explanation.strongest)
          : 'Each square is covered in turn, and the model answers again: 64 more answers in one call.'}
      </p>
    </section>
  );
}

function sentenceOf(strongest: Strongest | null): string {
  if (!strongest) return 'No single square speaks for the answer.';
  const { row, column, before, without } = strongest;
  return (
    `The strongest square is in row ${row + 1}, column ${column + 1}: without it the model ` +
    `would be ${percent(without)} sure of its answer, not ${percent(before)}.`
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(share > 0.999 ? 2 : 0)} %`;

function PixelGrid({
  label,
  fills,
  classOf,
}: {
  readonly label: string;
  readonly fills: ArrayLike<number> | undefined;
  readonly classOf: (value: number) => string;
}) {
  return (
    <svg className="pixels" viewBox={`0 0 ${SIDE} ${SIDE}`} role="img" aria-label={label}>
      {Array.from({ length: SIDE * SIDE }, (_, i) => {
        const value = fills?.[i] ?? 0;
        return (
          <rect
            key={i}
            x={i % SIDE}
            y={Math.floor(i / SIDE)}
            width="1"
            height="1"
            className={classOf(value)}
            fillOpacity={Math.abs(value).toFixed(3)}
          />
        );
      })}
    </svg>
  );
}
