const collector = document.querySelector<HTMLMetaElement>(
  'meta[name="perigee-collector"]',
)?.content;

/** Address of the collector. Null where none is configured, as on a static host. */
export const collectorUrl = collector || null;
