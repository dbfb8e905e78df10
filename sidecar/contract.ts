import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Guard } from '#sdk/guard';
import type { Degraded, Evaluator } from './evaluator.ts';
import type { Call } from './metrics.ts';

/** What an adapter works with. */
export interface Desk {
  guard: Guard;
  evaluator: Evaluator;
  /** Counts a call; it shows in `/metrics` and in the coverage of the fleet. */
  count(call: Call): void;
  /** The header that tells a caller why an answer is not to be trusted fully. */
  note(response: ServerResponse, degraded: Degraded | null): void;
}

export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> | void;

/** How one serving layer asks: its routes, and its own words for what went wrong. */
export interface Contract {
  name: string;
  /** `METHOD /path`; a path may end in `/*`. */
  routes: Record<string, Handler>;
  /** Answers a refusal in the shape that this contract's callers read. */
  refuse(response: ServerResponse, status: number, error: { code: string; message: string }): void;
}
