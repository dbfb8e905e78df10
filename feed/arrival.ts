/**
 * How long a request may take to arrive, milliseconds, for `createServer`: heads half sent and bodies that trickle hold no
 * connection for longer. Answers, such as streams, may take as long as they like.
 */
export const ARRIVAL = {
  headersTimeout: 15_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
} as const;
