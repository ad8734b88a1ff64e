import { useEffect, useSyncExternalStore } from 'react';
import { useModel } from '@perigee/react';
import { COUNTED, PREVIEW } from '../../perigee.ts';
import { correction } from './correction.ts';
import { drawing } from './drawing.ts';

/** The drawing, its answer, and the models that give it. */
export function useDigits() {
  const model = useModel('digits', COUNTED);
  const preview = useModel('digits', PREVIEW).data;
  const counted = model.data;
  useEffect(() => {
    drawing.use({ ...(counted && { counted }), ...(preview && { preview }) });
    correction.use(counted);
  }, [counted, preview]);
  useEffect(() => leaveWithPage(), []);
  return {
    model,
    state: useSyncExternalStore(drawing.subscribe, drawing.getState),
    correction: useSyncExternalStore(correction.subscribe, correction.getState),
  };
}

/** A visitor who leaves the page has finished the drawing, and no longer changes the report. */
function leaveWithPage(): () => void {
  const finish = (): void => {
    void drawing.finish();
    void correction.send();
  };
  const onHide = (): void => {
    if (document.visibilityState === 'hidden') finish();
  };
  document.addEventListener('visibilitychange', onHide);
  return () => {
    document.removeEventListener('visibilitychange', onHide);
    finish();
  };
}
