import { useRef } from 'react';
import { FILTERS } from '../address.ts';
import type { FilterName, Parameters } from '../address.ts';
import { sliceName } from '../format.ts';
import { fixedFilters } from './share/access.ts';

interface Props {
  readonly parameters: Parameters;
  /** The filters that this page applies. */
  readonly names: readonly FilterName[];
  /** Prints a value of a filter. */
  readonly print?: (name: FilterName, value: string) => string;
}

/** The filters in the address. A click on one removes it. */
export function FilterChips({
  parameters,
  names,
  print = (_name, value) => sliceName(value),
}: Props) {
  const list = useRef<HTMLUListElement>(null);
  const active = names.flatMap((name) => {
    const value = parameters.get(name);
    return value === undefined ? [] : [{ name, value }];
  });
  const fixed = fixedFilters();
  const removable = active.filter(({ name }) => !(name in fixed));
  const remove = (removed: readonly FilterName[]): void => {
    parameters.set(Object.fromEntries(removed.map((name) => [name, undefined])));
    // The button goes with its filter, so the keyboard goes on at the first filter.
    list.current?.closest('.filters')?.querySelector<HTMLElement>('select, input')?.focus();
  };
  return (
    <ul className="plain chips" aria-label="Active filters" ref={list}>
      {active.map(({ name, value }) => (
        <li key={name}>
          {name in fixed ? (
            <span className="chip">
              <span className="muted">{FILTERS[name]}</span> {print(name, value)}
            </span>
          ) : (
            <button type="button" className="chip" onClick={() => remove([name])}>
              <span className="visually-hidden">Remove filter: </span>
              <span className="muted">{FILTERS[name]}</span> {print(name, value)}
              <span aria-hidden="true">×</span>
            </button>
          )}
        </li>
      ))}
      {removable.length > 1 && (
        <li>
          <button
            type="button"
            className="quiet"
            onClick={() => remove(removable.map(({ name }) => name))}
          >
            Remove all
          </button>
        </li>
      )}
    </ul>
  );
}
