import type { ModelSummary } from '../../src/api.ts';
import { SLICES, WINDOWS } from '../address.ts';
import type { Parameters, View } from '../address.ts';
import { dateTime, sliceName } from '../format.ts';
import { FilterChips } from './filter-chips.tsx';
import { Segments } from './segments.tsx';
import { Select } from './select.tsx';
import { fixedFilters } from './share/access.ts';

interface Props {
  readonly model: ModelSummary;
  /** Undefined: all versions. */
  readonly version: string | undefined;
  /**
   * `one`: the page shows one version. `all`: it can show all. `none`: it has its own version
   * inputs.
   */
  readonly versions: 'one' | 'all' | 'none';
  readonly parameters: Parameters;
  readonly view: View;
}

const ALL = { backend: 'All backends', browser: 'All browsers', segment: 'All segments' } as const;
const CHIPS = ['version', 'backend', 'browser', 'segment', 'feature'] as const;
const LABEL = { backend: 'Backend', browser: 'Browser', segment: 'Segment' } as const;

/** Chooses version, period and slice of the fleet. Choices with a single option are hidden. */
export function Filters({ model, version, versions, parameters, view }: Props) {
  const known = {
    backend: namesOf(model, 'backends'),
    browser: namesOf(model, 'browsers'),
    segment: namesOf(model, 'segments'),
  };
  const fixed = fixedFilters();
  const end = view.to ?? new Date().toISOString();
  return (
    <div className="filters" role="group" aria-label="Filters">
      {versions !== 'none' && !('version' in fixed) && (
        <Select
          label="Version"
          value={version}
          {...(versions === 'all' && { all: 'All versions' })}
          options={model.versions.map((one) => ({ value: one.version, label: one.version }))}
          onChange={(next) => parameters.set({ version: next })}
        />
      )}
      {SLICES.map(
        (slice) =>
          !(slice in fixed) &&
          (known[slice].length > 1 || parameters.get(slice) !== undefined) && (
            <Select
              key={slice}
              label={LABEL[slice]}
              value={parameters.get(slice)}
              all={ALL[slice]}
              options={known[slice].map((value) => ({ value, label: sliceName(value) }))}
              onChange={(next) => parameters.set({ [slice]: next })}
            />
          ),
      )}
      <div className="period">
        {view.window === undefined && (
          <span className="small">
            {dateTime(view.from)} – {view.to === undefined ? 'now' : dateTime(view.to)}
          </span>
        )}
        {view.window !== undefined && (
          <button
            type="button"
            className="button small"
            onClick={() =>
              parameters.set({
                from: view.from,
                to: new Date(Math.ceil(Date.parse(end) / 3_600_000) * 3_600_000).toISOString(),
              })
            }
            title="Keep this exact period in the address, so that the link shows the same data later"
          >
            Pin period
          </button>
        )}
        <Segments
          label="Period"
          options={WINDOWS}
          value={view.window}
          onChange={(window) => parameters.set({ window, from: undefined, to: undefined })}
        />
      </div>
      <FilterChips parameters={parameters} names={CHIPS} />
    </div>
  );
}

function namesOf(model: ModelSummary, part: 'backends' | 'browsers' | 'segments'): string[] {
  return [
    ...new Set(model.versions.flatMap((version) => Object.keys(version[part] ?? {}))),
  ].toSorted();
}
