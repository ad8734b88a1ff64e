export function Switch({
  label,
  checked,
  onChange,
  testId,
}: {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly testId: string;
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      className="switch"
      data-testid={testId}
      onClick={() => onChange(!checked)}
    >
      <span className="knob" aria-hidden="true" /> {label}
    </button>
  );
}
