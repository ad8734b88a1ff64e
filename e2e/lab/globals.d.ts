declare global {
  /** What journeys reach the SDK by: set in main.ts. */
  var lab: import('./main.ts').Lab;
}
export {};
