import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { FILTERS, useParameters } from '../address.ts';
import type { FilterName } from '../address.ts';
import { sliceName } from '../format.ts';

interface Props {
  readonly name: FilterName;
  readonly value: string;
  /** Default: the value. */
  readonly children?: ReactNode;
}

/** Filters the page by a value. The filter is in the address, and the back button removes it. */
export function FilterLink({ name, value, children = sliceName(value) }: Props) {
  const [path] = useLocation();
  const parameters = useParameters();
  if (parameters.get(name) === value) return <span>{children}</span>;
  return (
    <Link
      href={path + parameters.with({ [name]: value })}
      className="filter-link"
      title={`Show only ${FILTERS[name].toLowerCase()} ${sliceName(value)}`}
    >
      {children}
    </Link>
  );
}
