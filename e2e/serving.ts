import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

export type Answer = {
  decision: { verdict: string; rules: { id: string; ref: string }[]; seq: number; text?: string };
  status: { seq: number; state: string };
  at: number;
};

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16)}`;
const HARMLESS = { prompt: '', completion: 'total = 1\n' };

/** A real SDK client in another process. */
export class Serving {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly ready: Promise<void>;
  #asked = 0;

  constructor(options: { feed: string; key: string; instanceId: string; dir: string }) {
    this.#child = spawn(process.execPath, [path.resolve(import.meta.dirname, 'serving-process.ts')], {
      env: {
        ...process.env,
        FEED_URL: options.feed,
        FEED_KEY: options.key,
        INSTANCE_ID: options.instanceId,
        GOOD_DIR: options.dir,
      },
    });
    this.#child.stderr.pipe(process.stderr);
    let announce: () => void = () => undefined;
    this.ready = new Promise((resolve) => {
      announce = resolve;
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const message = JSON.parse(line);
      if (message.ready) announce();
      else this.#waiting.get(message.ask)?.(message);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  decide(request: object): Promise<Answer> {
    this.#asked += 1;
    const ask = this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(ask, (answer) => {
        this.#waiting.delete(ask);
        resolve(answer);
      });
      // Readline ends a line at these two as well, which JSON leaves as they are.
      const line = JSON.stringify({ ask, request }).replace(/[\u2028\u2029]/g, escaped);
      this.#child.stdin.write(`${line}\n`);
    });
  }

  /** Asks again and again until the verdict is the wanted one; answers when that was, by this machine's clock. */
  async until(verdict: string, request: object, withinMs = 180_000): Promise<Answer> {
    const giveUpAt = Date.now() + withinMs;
    for (;;) {
      const answer = await this.decide(request);
      if (answer.decision.verdict === verdict) return answer;
      // Among what is harmless, as in life: an instance demotes a rule that hits everything by itself.
      for (let other = 0; other < 2; other += 1) await this.decide({ ...request, ...HARMLESS });
      if (Date.now() > giveUpAt)
        throw new Error(`still ${answer.decision.verdict} after ${withinMs} ms, not ${verdict}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** So much harmless traffic: what a canary learns from. */
  async traffic(request: object, decisions: number): Promise<void> {
    for (let each = 0; each < decisions; each += 1) await this.decide({ ...request, ...HARMLESS });
  }

  async stop(): Promise<void> {
    this.#child.stdin.end();
    await new Promise((resolve) => this.#child.once('exit', resolve));
  }
}
