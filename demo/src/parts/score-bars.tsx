/** One bar a label, in fixed order, so that only the bars move. */
export function ScoreBars({
  labels,
  scores,
  best,
}: {
  readonly labels: readonly string[];
  readonly scores: readonly number[] | undefined;
  readonly best: string | undefined;
}) {
  return (
    <ul className="bars" aria-label="Scores">
      {labels.map((label, i) => {
        const score = scores?.[i] ?? 0;
        return (
          <li key={label} className={label === best ? 'best' : ''}>
            <span>{label}</span>
            <span className="bar" aria-hidden="true">
              <i style={{ width: `${score * 100}%` }} />
            </span>
            <span className="bar-value">{scores ? `${(score * 100).toFixed(0)} %` : ''}</span>
          </li>
        );
      })}
    </ul>
  );
}
