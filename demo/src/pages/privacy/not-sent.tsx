const NOT_SENT = [
  ['The picture', 'Five numbers of it are counted in coarse bins: brightness, contrast and so on.'],
  ['Who you are', 'No account, no cookie, no id of the device or the browser.'],
  ['Where you are', 'No address of the page, no referrer, no place.'],
  ['When exactly', 'The hour, no minute and no order of your predictions.'],
  ['Your browser', 'Its family only: no version, no user agent, no screen size.'],
  ['Texts', 'No input, no message of an error, no stack: faults are counted by their code.'],
] as const;

/** Facts that no upload has. */
export function NotSent() {
  return (
    <section className="card stack" aria-label="What is not sent">
      <h2>What is not in it</h2>
      <table>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">What</th>
            <th scope="col">Instead</th>
          </tr>
        </thead>
        <tbody>
          {NOT_SENT.map(([what, instead]) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td className="muted">{instead}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="small muted">
        A device says in which of 16 groups it is. A sixteenth of all devices shares each group, so
        that the collector can tell chance from change. A host always sees the network address of a
        connection; the collector does not store it.
      </p>
    </section>
  );
}
