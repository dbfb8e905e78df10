/** Where to find a JetStream key-value bucket that rulesets come through. */
export interface NatsOptions {
  /** `nats://host:4222`, one or several. */
  servers: string | string[];
  /** The bucket; `stopgap` unless the feed was told otherwise. */
  bucket?: string;
  /** Path of a credentials file (JWT and seed), where the servers ask for one. */
  credentials?: string;
}
