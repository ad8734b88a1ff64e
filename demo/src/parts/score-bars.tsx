interface Props {
  readonly labels: readonly string[];
  readonly scores: readonly number[] | undefined;
  readonly best: string | undefined;
  /** The scores change many times a second: bars follow at once instead of gliding. */
  readonly isLive?: boolean;
}

/** One bar per label, in a fixed order, so that only the lengths change. */
export function ScoreBars({ labels, scores, best, isLive = false }: Props) {
  return (
    <ul className={`bars ${isLive ? 'live' : ''}`} aria-label="Scores">
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
