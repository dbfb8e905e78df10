import { SHOWN_KEY } from '#feed/relayed';
import { log } from '#lib/log';
import { feedAddress } from '#sdk/follow';

const KEPT_BYTES_MAX = 16 * 1024 * 1024;
const RETRY_MS = 2_000;
const POST_MS = 10_000;

type Parcel = { body: Buffer; keySha256: string };

/**
 * Samples on their way to the review queue, passed on as they came. While upstream is away the newest 16 MiB are
 * kept in memory, never on disk: they hold what users wrote. A repeat changes nothing at the centre.
 */
export class SampleForward {
  readonly #feedUrl: string;
  readonly #apiKey: string;
  #parcels: Parcel[] = [];
  #bytes = 0;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  dropped = 0;

  constructor({ feedUrl, apiKey }: { feedUrl: string; apiKey: string }) {
    this.#feedUrl = feedUrl;
    this.#apiKey = apiKey;
  }

  /** The body of one call, known to be well formed, and the digest of the key that it came with. */
  add(body: Buffer, keySha256: string): void {
    this.#parcels.push({ body, keySha256 });
    this.#bytes += body.length;
    while (this.#bytes > KEPT_BYTES_MAX && this.#parcels.length > 1) {
      this.#bytes -= this.#parcels.shift()?.body.length ?? 0;
      this.dropped++;
    }
    this.#start();
  }

  /** Stops trying; what is still here is lost. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #start(): void {
    if (this.#isClosed) return;
    this.#running ??= this.#sendAll().finally(() => {
      this.#running = undefined;
      if (this.#parcels.length === 0 || this.#isClosed) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#start(), RETRY_MS);
    });
  }

  async #sendAll(): Promise<void> {
    for (let parcel = this.#parcels[0]; parcel && !this.#isClosed; parcel = this.#parcels[0]) {
      if (!(await this.#send(parcel))) return;
      const at = this.#parcels.indexOf(parcel);
      if (at === -1) continue;
      this.#parcels.splice(at, 1);
      this.#bytes -= parcel.body.length;
    }
  }

  /** Whether there is nothing left to do with it. */
  async #send({ body, keySha256 }: Parcel): Promise<boolean> {
    try {
      const response = await fetch(feedAddress(this.#feedUrl, '/v1/samples'), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.#apiKey}`,
          'content-type': 'application/json',
          [SHOWN_KEY]: keySha256,
        },
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(POST_MS),
      });
      await response.body?.cancel();
      if (response.ok) return true;
      const isRefused = [400, 403, 413].includes(response.status);
      if (isRefused) log('error', 'relay: samples were refused upstream', { status: response.status });
      return isRefused;
    } catch {
      return false;
    }
  }
}
