import { useEffect, useRef, useState } from 'react';
import type { RefObject } from 'react';
import type { Snapshot } from '../../fleet/protocol.ts';
import type { Story } from './story.ts';

const STILL = '(prefers-reduced-motion: reduce)';

/** Tells the story while the element is on the screen. Null until it has begun. */
export function useStory(element: RefObject<Element | null>): Snapshot | null {
  const [snapshot, setSnapshot] = useState<Snapshot | null>(null);
  const story = useRef<Story>(null);
  useEffect(() => {
    if (!element.current) return;
    let isGone = false;
    let begun: Promise<void> | undefined;
    const begin = async (): Promise<void> => {
      const { tellStory } = await import('./story.ts');
      if (isGone) return;
      story.current = tellStory(setSnapshot, { isStill: matchMedia(STILL).matches });
    };
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) begun ??= begin().catch(() => undefined);
      if (!matchMedia(STILL).matches) story.current?.pause(!entry?.isIntersecting);
    });
    observer.observe(element.current);
    return () => {
      isGone = true;
      observer.disconnect();
      story.current?.stop();
      story.current = null;
    };
  }, [element]);
  return snapshot;
}
