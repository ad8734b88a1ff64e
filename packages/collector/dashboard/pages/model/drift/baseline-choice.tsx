import { Segments } from '../../../parts/segments.tsx';
import { Select } from '../../../parts/select.tsx';

const PERIODS = [
  { id: 'reference', label: 'Reference' },
  { id: 'previous', label: 'Previous period' },
  { id: 'week-before', label: 'Week before' },
] as const;

interface Props {
  /** A period, another version, or undefined for the reference. */
  readonly against: string | undefined;
  /** The other versions of the model. */
  readonly versions: readonly string[];
  readonly onChange: (against: string | undefined) => void;
}

/** Chooses what the current period is compared with. */
export function BaselineChoice({ against = 'reference', versions, onChange }: Props) {
  const period = PERIODS.find(({ id }) => id === against)?.id;
  return (
    <div className="row against" role="group" aria-label="Compared with">
      <Segments
        label="Period or reference"
        options={PERIODS}
        value={period}
        onChange={(id) => onChange(id === 'reference' ? undefined : id)}
      />
      {versions.length > 0 && (
        <Select
          label="or version"
          value={period === undefined ? against : undefined}
          all="none"
          options={versions.map((version) => ({ value: version, label: version }))}
          onChange={onChange}
        />
      )}
    </div>
  );
}
