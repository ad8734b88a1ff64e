interface Props {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  /** Label of the option "no choice". Without it, one option must be chosen. */
  readonly all?: string;
  readonly onChange: (value: string | undefined) => void;
}

/** A value that no option has. Empty strings can be segment names. */
const ALL = '\u0000';

/** A labelled drop-down list. */
export function Select({ label, value, options, all, onChange }: Props) {
  const known = value === undefined || options.some((option) => option.value === value);
  return (
    <label className="select">
      <span>{label}</span>
      <select
        className="button"
        value={value ?? ALL}
        onChange={({ target }) => onChange(target.value === ALL ? undefined : target.value)}
      >
        {all !== undefined && <option value={ALL}>{all}</option>}
        {!known && <option value={value}>{value}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}
