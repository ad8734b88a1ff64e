/** Sections of a model's page that a link can be limited to. */
export const SHARED_SECTIONS = ['drift', 'quality', 'performance', 'releases', 'latency'] as const;

/**
 * The part of a model that a share link opens: all sections, one section with its filters, or one
 * alert.
 */
export interface SharedScope {
  readonly model: string;
  /** Null: every section. */
  readonly section: (typeof SHARED_SECTIONS)[number] | null;
  /** Id of the only alert that the link opens; null: no alert. */
  readonly alert: string | null;
  /** Values that each request of the section has to name. */
  readonly filters: Readonly<Partial<Record<SharedFilter, string>>>;
}

export type SharedFilter = 'version' | 'backend' | 'browser' | 'segment';

export interface ShareLink {
  readonly id: string;
  /** Name of the person who made the link. */
  readonly by: string;
  readonly at: string;
  readonly expiresAt: string;
  readonly scope: SharedScope;
  /** Null while the link is not revoked. */
  readonly revoked: { readonly by: string; readonly at: string } | null;
}

/** GET /v1/share-links: all links, the newest first. They do not contain the tokens. */
export interface ShareLinksAnswer {
  readonly links: readonly ShareLink[];
}

/** POST /v1/share-links → 201 */
export interface ShareLinkMade extends ShareLink {
  /** Sent as `Authorization: Bearer …`. The collector does not keep it. */
  readonly token: string;
}
