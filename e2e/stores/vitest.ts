// The part of vitest that the contract of the stores uses, for a worker of a browser: the same
// matchers, and tests one after the other.
import { chai, JestChaiExpect } from '@vitest/expect';

const TIMEOUT_MS = 120_000;

export interface TestResult {
  readonly name: string;
  /** Null if the test passed. */
  readonly fault: string | null;
}

const tests: { readonly name: string; run(): Promise<void> }[] = [];

chai.use(JestChaiExpect);
/** @public The contract of the stores imports it by vitest's name. */
export const expect = (value: unknown) => chai.expect(value);

export function test(name: string, run: () => Promise<void>): void {
  tests.push({ name, run });
}
test.skipIf = (isLeftOut: boolean) => (isLeftOut ? () => undefined : test);

export async function runTests(): Promise<TestResult[]> {
  const results: TestResult[] = [];
  for (const { name, run } of tests) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>(
      (_, reject) =>
        (timer = setTimeout(
          () => reject(new Error(`not done after ${TIMEOUT_MS} ms`)),
          TIMEOUT_MS,
        )),
    );
    const fault = await Promise.race([run(), late]).then(() => null, String);
    clearTimeout(timer);
    results.push({ name, fault });
  }
  return results;
}
