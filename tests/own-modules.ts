import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll, vi } from 'vitest';

// The test files of one worker share what comes from node_modules, which takes longer to load than most files take to
// run, and nothing of the project: its modules, its environment and the clocks are new for each file.
vi.resetModules();

const shared = globalThis as { environmentAtStart?: NodeJS.ProcessEnv; AsyncLocalStorage?: unknown };
shared.environmentAtStart ??= { ...process.env };
process.env = { ...shared.environmentAtStart };
// Next.js looks for it once, when the first file loads it; its own server sets it before anything else.
shared.AsyncLocalStorage ??= AsyncLocalStorage;

afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
