/** Says what the page lacks where its host does not isolate it. Nothing elsewhere. */
export function IsolationNote() {
  if (crossOriginIsolated) return null;
  return (
    <p className="small muted" data-testid="isolation-note">
      The host of this site does not send the headers COOP and COEP, which isolate a page. So wasm
      runs on one thread here, and the browser’s clock is coarser.
    </p>
  );
}
