declare const nothing: Record<never, never>;
export = nothing;
