/** A small chart of the course of a day. Its numbers are elsewhere on the page. */
export function Sparkline({
  values,
  color = 'var(--accent)',
  label,
}: {
  readonly values: readonly number[];
  readonly color?: string;
  readonly label: string;
}) {
  const max = Math.max(1, ...values);
  const step = 100 / Math.max(1, values.length - 1);
  const line = values
    .map((value, i) => `${(i * step).toFixed(2)},${(27 - (value / max) * 24).toFixed(2)}`)
    .join(' ');
  if (values.every((value) => value === 0)) return <span className="muted">–</span>;
  return (
    <svg
      className="sparkline"
      viewBox="0 0 100 28"
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <polygon points={`0,28 ${line} 100,28`} fill={color} opacity="0.14" />
      <polyline
        points={line}
        fill="none"
        stroke={color}
        strokeWidth="1.6"
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
