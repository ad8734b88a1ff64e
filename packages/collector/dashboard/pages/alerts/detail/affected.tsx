import { Link } from 'wouter';
import type { Affected as AffectedParts, FleetPart } from '../../../../src/api-alerts.ts';
import type { AlertView } from '../../../../src/api.ts';
import { count, percent, sliceName } from '../../../format.ts';
import { alertPage } from '../../../parts/alert-page.ts';
import { FIGURE_PRINT, figureText } from '../../../parts/figure.tsx';

const NAMES: Readonly<Record<FleetPart['dimension'], string>> = {
  backend: 'Backend',
  browser: 'Browser',
  segment: 'Segment',
  version: 'Version',
};

/** The affected devices, and the part of the fleet by which the problem differs most. */
export function Affected({
  affected,
  alert,
}: {
  readonly affected: AffectedParts | null;
  readonly alert: AlertView;
}) {
  return (
    <section className="card stack tight" aria-labelledby="affected">
      <h2 id="affected">Who is affected</h2>
      {affected === null ? (
        <p className="muted">Nothing of this version was counted since then.</p>
      ) : (
        <>
          <p>{sizeOf(affected)}</p>
          <p>
            <Difference affected={affected} alert={alert} />
          </p>
          {affected.parts.length > 0 && <Parts affected={affected} alert={alert} />}
        </>
      )}
    </section>
  );
}

/** Devices have no identity, so only device-hours and devices of one hour are known. */
function sizeOf({ deviceHours, mostDevices, share }: AffectedParts): string {
  const part =
    share === null ? '' : `, ${percent(share, share < 0.1 ? 1 : 0)} of those of the model`;
  return (
    `At least ${count(mostDevices)} device${mostDevices === 1 ? '' : 's'} in the busiest hour; ` +
    `${count(deviceHours)} device-hours since then${part}.`
  );
}

interface Props {
  readonly affected: AffectedParts;
  readonly alert: AlertView;
}

function Difference({ affected: { differsMostBy, unit, parts }, alert }: Props) {
  if (unit === null) return 'This alert is about the version as a whole.';
  if (differsMostBy === null)
    return parts.length === 0
      ? 'No part of the fleet is large enough to be shown by itself.'
      : 'No backend, browser, segment or version differs beyond chance: it is the whole fleet.';
  const { dimension, name, value, others } = differsMostBy;
  const rest = dimension === 'version' ? 'the best other version' : 'the others';
  return (
    <>
      It differs most by {dimension}: <PartLink alert={alert} dimension={dimension} name={name} />{' '}
      {`has ${figureText(value, unit)}, ${rest} ${figureText(others, unit)}.`}
    </>
  );
}

/** Opens the page of the alert, filtered by a part of the fleet. */
function PartLink({
  alert,
  dimension,
  name,
}: Pick<Props, 'alert'> & Pick<FleetPart, 'dimension' | 'name'>) {
  return (
    <Link
      href={alertPage(alert, { [dimension]: name })}
      className="filter-link"
      title={`Show the page of ${alert.model}, only ${dimension} ${sliceName(name)}`}
    >
      {sliceName(name)}
    </Link>
  );
}

function Parts({ affected: { parts, unit, differsMostBy }, alert }: Props) {
  if (unit === null) return null;
  const most = Math.max(...parts.map(({ value }) => value.value)) || 1;
  return (
    // Explicit roles: the layout for narrow screens removes the table's implicit ones.
    <table className="folding parts" role="table">
      <caption className="visually-hidden">Parts of the fleet, worst first</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">
            Part of the fleet
          </th>
          <th role="columnheader" scope="col" className="number">
            Device-hours
          </th>
          <th role="columnheader" scope="col">
            Figure of this alert
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {parts.map((part) => {
          const isMost =
            differsMostBy?.dimension === part.dimension && differsMostBy.name === part.name;
          return (
            <tr role="row" key={`${part.dimension} ${part.name}`}>
              <th role="rowheader" scope="row">
                <span>
                  <span className="muted">{NAMES[part.dimension]}</span>{' '}
                  <PartLink alert={alert} dimension={part.dimension} name={part.name} />
                </span>
                {isMost && <span className="badge warn">differs most</span>}
              </th>
              <td role="cell" className="number" data-label="Device-hours">
                {count(part.deviceHours)}
              </td>
              <td role="cell" data-label="Figure of this alert">
                <span className="meter" aria-hidden="true">
                  <i
                    className={isMost ? 'warn' : ''}
                    style={{ width: `${(part.value.value / most) * 100}%` }}
                  />
                </span>
                <span className="small">
                  {FIGURE_PRINT[unit](part.value.value)}
                  <span className="muted">
                    {figureText(part.value, unit).slice(
                      FIGURE_PRINT[unit](part.value.value).length,
                    )}
                  </span>
                </span>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
