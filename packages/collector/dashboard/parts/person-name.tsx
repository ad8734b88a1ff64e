interface Props {
  readonly label?: string;
  readonly value: string;
  readonly required?: boolean;
  readonly onChange: (name: string) => void;
}

/** The field for the name of the person at this browser. */
export function PersonName({ label = 'Your name', value, required = false, onChange }: Props) {
  return (
    <label className="select">
      <span>{label}</span>
      <input
        className="button"
        name="name"
        autoComplete="name"
        required={required}
        maxLength={100}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    </label>
  );
}
