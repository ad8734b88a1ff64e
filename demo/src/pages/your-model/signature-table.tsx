import type { Model } from 'perigee';
import { shapeText } from '../../format.ts';

interface Props {
  readonly name: string;
  readonly signature: Model['signature'];
}

/** The inputs and outputs that a model file declares. */
export function SignatureTable({ name, signature }: Props) {
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Inputs and outputs">
      <table>
        <caption className="caption">{name}</caption>
        <thead>
          <tr>
            <th scope="col">kind</th>
            <th scope="col">name</th>
            <th scope="col">dtype</th>
            <th scope="col">shape</th>
          </tr>
        </thead>
        <tbody>
          {(['inputs', 'outputs'] as const).flatMap((side) =>
            signature[side].map(({ name, dtype, shape }) => (
              <tr key={`${side} ${name}`}>
                <td className="muted">{side.slice(0, -1)}</td>
                <td>{name}</td>
                <td>{dtype}</td>
                <td>{shapeText(shape)}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  );
}
